-- One message: receipt → sanction → slow mode → offset → log and outbox → sharded publish.
-- KEYS[6] the author's slow-mode key; ARGV[2] author, ARGV[3] event body, ARGV[4] slow mode in milliseconds, 0 for none.
-- Returns { 'done', epoch, offset, replicas, run id }, { 'unseeded' }, or { 'refused', code, milliseconds to wait }.
local author, body, slow_ms = ARGV[2], ARGV[3], tonumber(ARGV[4])
local epoch, offset = position()

local before = answered_before()
if before then
  return before
end
if redis.call('HEXISTS', meta, 'seeded') == 0 then
  return { 'unseeded' }
end

local until_ms = redis.call('HGET', meta, 'sanction:' .. author)
if until_ms == 'ban' then
  return { 'refused', 'banned', 0 }
elseif until_ms and tonumber(until_ms) > now_ms() then
  return { 'refused', 'timed-out', tonumber(until_ms) - now_ms() }
end

if slow_ms > 0 and not redis.call('SET', KEYS[6], '1', 'NX', 'PX', slow_ms) then
  return { 'refused', 'slow-mode', redis.call('PTTL', KEYS[6]) }
end
return append(epoch, offset, body)
