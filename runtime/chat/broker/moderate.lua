-- One act of moderation: receipt → effect on the room → offset → log and outbox → sharded publish.
-- ARGV[2] event body; ARGV[3] a field of the meta hash to change, or '' for none; ARGV[4] its value, or '' to remove it.
-- Returns { 'done', epoch, offset, replicas, run id } or { 'unseeded' }.
local body, field, value = ARGV[2], ARGV[3], ARGV[4]
local epoch, offset = position()

local before = answered_before()
if before then
  return before
end
if redis.call('HEXISTS', meta, 'seeded') == 0 then
  return { 'unseeded' }
end

if field ~= '' and value ~= '' then
  redis.call('HSET', meta, field, value)
elseif field ~= '' then
  redis.call('HDEL', meta, field)
end
return append(epoch, offset, body)
