-- Takes the room's outbox for archiving, unless another pod has it. KEYS[1] outbox, KEYS[2] claim.
-- ARGV[1] claimant, ARGV[2] milliseconds the claim lasts, ARGV[3] most entries. Returns the oldest entries, or none.
if redis.call('EXISTS', KEYS[1]) == 0 or not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {}
end
return redis.call('LRANGE', KEYS[1], 0, ARGV[3] - 1)
