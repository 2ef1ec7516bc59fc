-- A shard says that it is there. KEYS[1] sorted set shard → last heard, KEYS[2] hash shard → sockets, KEYS[3] version.
-- ARGV[1] shard, or '' to only look; ARGV[2] sockets; ARGV[3] milliseconds after which a silent shard is gone.
-- Returns { version, shard, sockets, … }. The version rises whenever the set of shards changes, and never falls.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local changes = 0
if ARGV[1] ~= '' then
  changes = redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
end
for _, shard in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])) do
  redis.call('ZREM', KEYS[1], shard)
  redis.call('HDEL', KEYS[2], shard)
  changes = changes + 1
end
local version = changes > 0 and redis.call('INCR', KEYS[3]) or tonumber(redis.call('GET', KEYS[3]) or 0)
local view = { version }
for _, shard in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  table.insert(view, shard)
  table.insert(view, tonumber(redis.call('HGET', KEYS[2], shard) or 0))
end
return view
