-- Removes archived entries and gives the claim back. KEYS[1] outbox, KEYS[2] claim; ARGV[1] claimant, ARGV[2..] the
-- entries that were archived, oldest first. An entry that overflowed meanwhile is gone already and is skipped.
-- Returns how many entries remain; a claim that lapsed changes nothing.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return redis.call('LLEN', KEYS[1])
end
for index = 2, #ARGV do
  if redis.call('LINDEX', KEYS[1], 0) == ARGV[index] then
    redis.call('LPOP', KEYS[1])
  end
end
redis.call('DEL', KEYS[2])
return redis.call('LLEN', KEYS[1])
