-- What scripts that add an event share. KEYS[3] outbox, KEYS[4] receipt, KEYS[5] channel.
local outbox, receipt, channel = KEYS[3], KEYS[4], KEYS[5]

-- The answer this command had before, if it had one.
local function answered_before()
  local before = redis.call('GET', receipt)
  if not before then
    return nil
  end
  local epoch, offset = string.match(before, '^(%S+) (%d+)$')
  return { 'done', epoch, tonumber(offset), replicas, run }
end

-- Adds one event and tells every subscriber. `body` is the event's JSON without its opening brace, offset and time.
local function append(epoch, offset, body)
  local next_offset = offset + 1
  local entry = string.format('%s %d {"offset":%d,"at":%.0f,%s', epoch, next_offset, next_offset, now_ms(), body)
  redis.call('HSET', meta, 'offset', next_offset)
  redis.call('RPUSH', log, entry)
  redis.call('LTRIM', log, -log_length, -1)
  redis.call('RPUSH', outbox, entry)
  redis.call('LTRIM', outbox, -outbox_length, -1)
  redis.call('EXPIRE', meta, ttl_seconds)
  redis.call('EXPIRE', log, ttl_seconds)
  redis.call('EXPIRE', outbox, ttl_seconds)
  redis.call('SET', receipt, epoch .. ' ' .. next_offset, 'EX', receipt_seconds)
  redis.call('SPUBLISH', channel, entry)
  return { 'done', epoch, next_offset, replicas, run }
end
