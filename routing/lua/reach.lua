-- Which agents' phones this node's switch can ring.
--
-- KEYS  1 this node's reach (set of agents)  2 beats  3 news (stream)  4 number of the last news
-- ARGV  1 this node  2 "anew" = nothing of before counts  then pairs: agent, on|off
local function publish(agent, how)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', 20000, redis.call('INCR', KEYS[4]) .. '-0',
    'node', ARGV[1], 'what', 'reach', 'id', agent, 'v', 0, 'kind', how, 'data', '', 'facts', '')
end
local several = redis.call('ZCARD', KEYS[2]) > 1
if ARGV[2] == 'anew' then
  redis.call('DEL', KEYS[1])
  if several then publish('', 'anew') end
end
for n = 3, #ARGV, 2 do
  redis.call(ARGV[n + 1] == 'on' and 'SADD' or 'SREM', KEYS[1], ARGV[n])
  if several then publish(ARGV[n], ARGV[n + 1]) end
end
return redis.call('SCARD', KEYS[1])
