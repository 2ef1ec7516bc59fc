-- Removes a session, unless another publisher has the stream by now. KEYS[1] session, KEYS[2] end mark.
-- ARGV[1] session id, ARGV[2] seconds that the end mark stays, 0 for none: the encoder may come back.
local present = redis.call('GET', KEYS[1])
if not present or cjson.decode(present).sessionId ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
if tonumber(ARGV[2]) > 0 then
  redis.call('SET', KEYS[2], '1', 'EX', ARGV[2])
end
return 1
