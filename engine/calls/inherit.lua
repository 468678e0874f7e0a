-- Takes over the stories of contacts of a node that has been silent for so long.
--
-- KEYS  1 beats  2 what this node tells of itself  3 the dead node's stories  4 this node's
--       5 what the dead node has lost (contact -> node)  6 what this node has lost
-- ARGV  1 the dead node  2 this node  3 for how long it must have been silent (ms)
--       4… contacts
-- Reply the stories that changed hands.
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local last = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or now_ms)
local since = tonumber(redis.call('HGET', KEYS[2], 'since') or now_ms)
if now_ms - math.max(last, since) < tonumber(ARGV[3]) then return {} end
local taken = {}
for n = 4, #ARGV do
  local story = redis.call('HGET', KEYS[3], ARGV[n])
  if story then
    redis.call('HDEL', KEYS[3], ARGV[n])
    redis.call('HSET', KEYS[4], ARGV[n], story)
    redis.call('HSET', KEYS[5], ARGV[n], ARGV[2])
    redis.call('EXPIRE', KEYS[5], 2592000)
    redis.call('HDEL', KEYS[6], ARGV[n])
    taken[#taken + 1] = story
  end
end
return taken
