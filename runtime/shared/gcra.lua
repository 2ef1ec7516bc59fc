-- Generic cell rate algorithm on one key (ITU-T I.371): the key holds the theoretical arrival time in microseconds.
-- KEYS[1] the subject's key; ARGV[1] emission interval, ARGV[2] burst tolerance, both in microseconds.
-- Returns { allowed 0|1, microseconds until the next unit is free }.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local tolerance = tonumber(ARGV[2])

local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = arrival - tolerance - now
if wait > 0 then
  return { 0, wait }
end

local next_arrival = arrival + interval
redis.call('SET', KEYS[1], string.format('%.0f', next_arrival), 'PX', math.ceil((next_arrival - now) / 1000) + 1)
return { 1, math.max(0, next_arrival - tolerance - now) }
