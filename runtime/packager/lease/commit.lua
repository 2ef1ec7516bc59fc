-- Writes progress if the lease is still held: the fence before every playlist.
-- KEYS: lease, progress, timeline. ARGV: owner, token, progress, milliseconds to keep, timeline entries to append…
-- Returns 1, or 0 when the lease was lost.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
for index = 5, #ARGV do
  redis.call('RPUSH', KEYS[3], ARGV[index])
end
redis.call('PEXPIRE', KEYS[3], ARGV[4])
return 1
