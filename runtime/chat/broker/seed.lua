-- Fills a room that Redis does not know (new, expired or flushed) from what is durable, once.
-- ARGV[2] policy, then pairs of user id and the end of the sanction in Unix milliseconds, or 'ban'.
position()
if redis.call('HSETNX', meta, 'seeded', '1') == 0 then
  return 0
end
redis.call('HSET', meta, 'policy', ARGV[2])
for index = 3, #ARGV, 2 do
  redis.call('HSET', meta, 'sanction:' .. ARGV[index], ARGV[index + 1])
end
redis.call('EXPIRE', meta, ttl_seconds)
return 1
