-- Takes the lease of a broadcast that nobody holds, if there is anything to package.
-- KEYS: lease, fence, session, progress. ARGV: owner, lease milliseconds, fence milliseconds.
-- Returns the fencing token, 0 when held, -1 when there is nothing to do.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
if redis.call('EXISTS', KEYS[3]) == 0 then
  -- Without a publisher only an unfinished broadcast is of interest: its grace may run, or its end be due.
  local progress = redis.call('GET', KEYS[4])
  if not progress or cjson.decode(progress).ended then
    return -1
  end
end
-- Seconds since the epoch as a floor: tokens name objects, and must not repeat even if Redis loses the counter.
local token = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, tonumber(redis.call('TIME')[1]))
redis.call('SET', KEYS[2], token, 'PX', ARGV[3])
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'token', token)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return token
