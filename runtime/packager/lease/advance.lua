-- Gives the holder a new fencing token, for a new attempt at the same broadcast.
-- KEYS: lease, fence. ARGV: owner, present token, lease milliseconds, fence milliseconds. Returns the token, 0 when lost.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then
  return 0
end
local token = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(ARGV[2]) + 1)
redis.call('SET', KEYS[2], token, 'PX', ARGV[4])
redis.call('HSET', KEYS[1], 'token', token)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return token
