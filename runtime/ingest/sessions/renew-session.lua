-- Keeps a session alive, or replaces it by the same publisher's next one. KEYS[1] session, KEYS[2] end mark.
-- ARGV[1] id of the session that is renewed, ARGV[2] session as JSON, ARGV[3] its time to live in ms.
-- Returns 'held', 'replaced' by another publisher, or 'ended' by the stream service.
if redis.call('EXISTS', KEYS[2]) == 1 then
  return 'ended'
end
local present = redis.call('GET', KEYS[1])
if present and cjson.decode(present).sessionId ~= ARGV[1] then
  return 'replaced'
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 'held'
