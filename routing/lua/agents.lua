-- A fact of agents, as this node tells it: whose phones its switch can ring, whom it keeps.
--
-- KEYS  1 those of whom it is so (set of agents)  2 beats  3 news (stream)
--       4 number of the last news
-- ARGV  1 this node  2 the fact  3 "anew" = nothing of before counts  then pairs: agent, on|off
local function publish(agent, how)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', 20000, redis.call('INCR', KEYS[4]) .. '-0',
    'node', ARGV[1], 'what', ARGV[2], 'id', agent, 'v', 0, 'kind', how, 'data', '', 'facts', '')
end
local several = redis.call('ZCARD', KEYS[2]) > 1
if ARGV[3] == 'anew' then
  redis.call('DEL', KEYS[1])
  if several then publish('', 'anew') end
end
for n = 4, #ARGV, 2 do
  redis.call(ARGV[n + 1] == 'on' and 'SADD' or 'SREM', KEYS[1], ARGV[n])
  if several then publish(ARGV[n], ARGV[n + 1]) end
end
return redis.call('SCARD', KEYS[1])
