-- Makes a publisher the one of its stream. KEYS[1] session, KEYS[2] end mark of an earlier life of the stream.
-- ARGV[1] session as JSON, ARGV[2] its time to live in ms, ARGV[3] 'refuse' or 'take-over' a publisher that is there,
-- ARGV[4] ms to live below which the present session's gate has missed its renewals and counts as gone.
-- Returns 1 when the stream is ours.
if ARGV[3] == 'refuse' and redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[4]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
return 1
