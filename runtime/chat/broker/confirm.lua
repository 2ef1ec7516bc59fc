-- A write of its own, so that a WAIT behind it covers everything this server took before. KEYS[1] any key of the room.
-- Returns the server's run id: the writes to confirm count only if they went to this very server.
redis.call('SET', KEYS[1], '1', 'PX', 1000)
return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
