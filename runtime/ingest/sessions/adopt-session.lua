-- Takes over a session whose gate has gone, for the same publisher. KEYS[1] session, KEYS[2] end mark.
-- ARGV[1] session id, ARGV[2] session as JSON, ARGV[3] its time to live in ms,
-- ARGV[4] ms to live below which the session's gate has missed its renewals and counts as gone.
-- Returns 1 when it is ours.
if redis.call('EXISTS', KEYS[2]) == 1 or redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[4]) then
  return 0
end
local present = redis.call('GET', KEYS[1])
if present and cjson.decode(present).sessionId ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
