-- One pod's sockets in the room, and everyone's. KEYS[1] hash pod → 'sockets expiry'; ARGV[1] pod, ARGV[2] sockets,
-- ARGV[3] milliseconds that the figure counts. Returns the sum over all pods.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local pods, sum = redis.call('HGETALL', KEYS[1]), 0
for index = 1, #pods, 2 do
  local sockets, expiry = string.match(pods[index + 1], '^(%d+) (%d+)$')
  if tonumber(expiry) < now then
    redis.call('HDEL', KEYS[1], pods[index])
  else
    sum = sum + sockets
  end
end
return sum
