-- Takes over what a node held that is dead: it no longer beats.
--
-- KEYS  1 the dead node's heartbeat  2 its contacts (set)  3 this node's contacts (set)
--       4 nodes (set)  5 agents (set)
-- ARGV  1 the dead node  2 this node  3 prefix of contact keys  4 prefix of agent keys
-- Reply how many contacts and agents changed hands; -1 when the node lives.
local dead, me = ARGV[1], ARGV[2]
if redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
local moved = 0
local function take(key)
  if redis.call('HGET', key, 'node') == dead then
    redis.call('HSET', key, 'node', me)
    redis.call('HINCRBY', key, 'v', 1)
    moved = moved + 1
  end
end
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  take(ARGV[3] .. id)
  redis.call('SADD', KEYS[3], id)
end
for _, id in ipairs(redis.call('SMEMBERS', KEYS[5])) do take(ARGV[4] .. id) end
redis.call('DEL', KEYS[2])
redis.call('SREM', KEYS[4], dead)
return moved
