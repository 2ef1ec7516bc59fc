-- A shard that drains is no longer given connections. KEYS as in heartbeat.lua; ARGV[1] shard.
redis.call('HDEL', KEYS[2], ARGV[1])
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('INCR', KEYS[3])
end
return 1
