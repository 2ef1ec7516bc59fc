-- Where the room stands, and what came after a position. ARGV[2] epoch and ARGV[3] offset that the caller has.
-- Returns { epoch, offset, flat meta hash or {}, entries }: the entries after the caller's offset where its epoch is
-- the room's, else all that are kept; the meta hash only when the position moved.
local epoch, offset = position()
redis.call('EXPIRE', meta, ttl_seconds)
local missing = offset - tonumber(ARGV[3])
if ARGV[2] == epoch and missing == 0 then
  return { epoch, offset, {}, {} }
elseif ARGV[2] == epoch and missing > 0 then
  return { epoch, offset, redis.call('HGETALL', meta), redis.call('LRANGE', log, -missing, -1) }
end
return { epoch, offset, redis.call('HGETALL', meta), redis.call('LRANGE', log, 0, -1) }
