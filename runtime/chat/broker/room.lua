-- What every script on a room begins with: KEYS[1] the room's meta hash, KEYS[2] its log, ARGV[1] a fresh epoch.
local meta, log, fresh_epoch = KEYS[1], KEYS[2], ARGV[1]

-- Which server this is, and how many replicas follow it. Costs 4 microseconds.
local info = redis.call('INFO', 'server', 'replication')
local run = string.match(info, 'run_id:(%x+)')
local replicas = tonumber(string.match(info, 'connected_slaves:(%d+)'))

-- The room's epoch and top offset. A server that was not the last to write the room (a promoted replica, a restarted
-- primary) starts a new epoch, because what came after the last replicated write may be lost. Offsets go on from the
-- newest entry that survived, so that what the log still holds stays readable.
local function position()
  local known = redis.call('HMGET', meta, 'run', 'epoch', 'offset')
  if known[1] == run then
    return known[2], tonumber(known[3])
  end
  local newest = redis.call('LINDEX', log, -1)
  local offset = math.max(tonumber(known[3] or 0), tonumber(newest and string.match(newest, '^%S+ (%d+)') or 0))
  redis.call('HSET', meta, 'run', run, 'epoch', fresh_epoch, 'offset', offset)
  redis.call('EXPIRE', meta, ttl_seconds)
  return fresh_epoch, offset
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
