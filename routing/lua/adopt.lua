-- Takes over the contacts of a node that has been silent for longer than it is waited for.
--
-- KEYS  1 beats  2 the dead node's contacts (set)  3 this node's contacts (set)
--       4 what this node tells of itself
-- ARGV  1 the dead node  2 this node  3 for how long it must have been silent (ms)
--       4 prefix of all keys  5 "all" = those in conversation too
-- Reply the contacts that changed hands; nil when the node is not dead for so long.
--
-- A conversation goes on without its engine, and only that can tell when it ended: it is
-- left to the node, should it come back, and with it the node's name.
local dead, me = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local last = tonumber(redis.call('ZSCORE', KEYS[1], dead) or now_ms)
local since = tonumber(redis.call('HGET', KEYS[4], 'since') or now_ms)
if now_ms - math.max(last, since) < tonumber(ARGV[3]) then return nil end
local taken = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  local key = ARGV[4] .. 'contact:' .. id
  local now = redis.call('HMGET', key, 'node', 'kind')
  if now[1] ~= dead then
    redis.call('SREM', KEYS[2], id)
  elseif now[2] ~= 'Talking' or ARGV[5] == 'all' then
    redis.call('SMOVE', KEYS[2], KEYS[3], id)
    redis.call('ZREM', ARGV[4] .. 'leases', id)
    redis.call('HSET', key, 'node', me)
    redis.call('HDEL', ARGV[4] .. 'node:' .. me .. ':gone', id)
    redis.call('HINCRBY', key, 'v', 1)
    -- Should the node only have been paused: of a contact without a caller on its switch it
    -- cannot know that it is another's, once that has served and forgotten it.
    if cjson.decode(redis.call('HGET', key, 'facts')).leg == '' then
      local gone = ARGV[4] .. 'node:' .. dead .. ':gone'
      redis.call('HSET', gone, id, me)
      redis.call('EXPIRE', gone, 2592000)
    end
    taken[#taken + 1] = id
  end
end
if #taken > 0 then
  local line = dead .. ' ' .. #taken .. ' ' .. now_ms
  local earlier = redis.call('HGET', KEYS[4], 'adopted')
  redis.call('HSET', KEYS[4], 'adopted', earlier and line .. ',' .. string.sub(earlier, 1, 200) or line)
end
if redis.call('SCARD', KEYS[2]) == 0 then
  redis.call('ZREM', KEYS[1], dead)
  local of = ARGV[4] .. 'node:' .. dead
  redis.call('DEL', of .. ':reach', of .. ':kept', of .. ':about')
end
return taken
