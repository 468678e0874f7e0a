-- One heartbeat: this node lives, its leases are renewed; whose leases ran out, who lives?
--
-- KEYS  1 leases  2 beats (zset: node -> last beat)  3 what this node tells of itself
-- ARGV  1 this node  2 dead_ms  3 lease_ms  4 how many contacts it has  5 prefix of all keys
--       6… contacts whose leases to renew
-- Reply {this server's time (ms), how long ago this node's last beat was (ms; -1 never),
--       contacts whose lease ran out (at most 100), nodes}, each node as
--       {name, silent for (ms), since, contacts, adopted}.
--
-- Only a lease that is still there is renewed: one that ran out and was given back by
-- another node does not rise again. Who was away itself, or could not reach this server,
-- cannot say who else was: it counts the silence of others from its own return.
local me, dead_ms, lease_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local last = tonumber(redis.call('ZSCORE', KEYS[2], me) or -1)
local gap = last < 0 and -1 or now_ms - last
if gap < 0 or gap >= dead_ms then redis.call('HSET', KEYS[3], 'since', now_ms) end
redis.call('HSET', KEYS[3], 'contacts', ARGV[4])
redis.call('ZADD', KEYS[2], now_ms, me)
local since = tonumber(redis.call('HGET', KEYS[3], 'since') or now_ms)
for n = 6, #ARGV do
  redis.call('ZADD', KEYS[1], 'XX', now_ms + lease_ms, ARGV[n])
end
local expired = {}
if now_ms - since >= lease_ms then
  expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms, 'LIMIT', 0, 100)
end
local nodes, beats = {}, redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for n = 1, #beats, 2 do
  local name = beats[n]
  local about = redis.call('HMGET', ARGV[5] .. 'node:' .. name .. ':about', 'since', 'contacts', 'adopted')
  local silent = now_ms - math.max(tonumber(beats[n + 1]), name == me and 0 or since)
  nodes[#nodes + 1] = { name, silent, about[1] or '0', about[2] or '0', about[3] or '' }
end
return { now_ms, gap, expired, nodes }
