-- One heartbeat of one player, or only a look. Viewers are counted by session, so that a repeated heartbeat changes
-- nothing; watched time is what passed since the session's last heartbeat, as far as it was due.
-- KEYS[1] sorted set session → end of its lease, KEYS[2] hash session → 'transport region last-heard',
-- KEYS[3] totals, KEYS[4] unique viewers (HyperLogLog), KEYS[5] the minute's figures. Times are Unix milliseconds.
-- ARGV[1] session, or '' to look; ARGV[2] viewer; ARGV[3] transport; ARGV[4] region; ARGV[5] 1 while playing;
-- ARGV[6] length of the lease; ARGV[7] the longest pause that counts as watched.
-- Returns { viewers, peak, flat totals }.
local sessions, facts, totals, uniques, minute = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local session, viewer, transport, region = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local is_playing, lease, longest_pause = ARGV[5] == '1', tonumber(ARGV[6]), tonumber(ARGV[7])
local ttl_seconds = 86400
local swept_at_once = 500

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function facts_of(one)
  local known = redis.call('HGET', facts, one)
  if not known then
    return nil
  end
  return string.match(known, '^(%S+) (%S+) (%d+)$')
end

local function count(of_transport, of_region, change)
  redis.call('HINCRBY', totals, 'now:transport:' .. of_transport, change)
  redis.call('HINCRBY', totals, 'now:region:' .. of_region, change)
end

local function forget(one)
  local of_transport, of_region = facts_of(one)
  if of_transport then
    count(of_transport, of_region, -1)
  end
  redis.call('HDEL', facts, one)
  redis.call('ZREM', sessions, one)
end

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', sessions, '-inf', now, 'LIMIT', 0, swept_at_once)) do
  forget(gone)
end

if session ~= '' then
  local of_transport, of_region, last = facts_of(session)
  if of_transport then
    local watched = math.min(now - last, longest_pause)
    redis.call('HINCRBY', minute, 'watch:' .. of_transport .. ':' .. of_region, watched)
  end
  if is_playing then
    if of_transport ~= transport or of_region ~= region then
      if of_transport then
        count(of_transport, of_region, -1)
      end
      count(transport, region, 1)
    end
    redis.call('HSET', facts, session, string.format('%s %s %.0f', transport, region, now))
    redis.call('ZADD', sessions, now + lease, session)
    redis.call('PFADD', uniques, viewer)
  elseif of_transport then
    forget(session)
  end
end

local viewers = redis.call('ZCARD', sessions)
local peak = tonumber(redis.call('HGET', totals, 'peak') or 0)
if viewers > peak then
  peak = viewers
  redis.call('HSET', totals, 'peak', peak)
end
if session ~= '' then
  if viewers > tonumber(redis.call('HGET', minute, 'peak') or 0) then
    redis.call('HSET', minute, 'peak', viewers)
  end
  for _, key in ipairs(KEYS) do
    redis.call('EXPIRE', key, ttl_seconds)
  end
end
return { viewers, peak, redis.call('HGETALL', totals) }
