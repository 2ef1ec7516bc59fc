-- Lets go of a lease that is still held. KEYS: lease. ARGV: owner, token. Returns 1, or 0 when it was lost.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then
  return 0
end
return redis.call('DEL', KEYS[1])
