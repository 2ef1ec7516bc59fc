-- Keeps a lease that is still held. KEYS: lease. ARGV: owner, token, lease milliseconds. Returns 1, or 0 when lost.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then
  return 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
