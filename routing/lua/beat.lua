-- One heartbeat: this node lives, its leases are renewed; whose leases ran out?
--
-- KEYS  1 leases  2 this node's heartbeat  3 nodes (set)
-- ARGV  1 this node  2 heartbeat_ms  3 lease_ms  4… contacts whose leases to renew
-- Reply contacts whose lease ran out, at most 100 at a time.
--
-- Only a lease that is still there is renewed: one that ran out and was given back by
-- another node does not rise again.
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('SET', KEYS[2], now_ms, 'PX', ARGV[2])
redis.call('SADD', KEYS[3], ARGV[1])
for n = 4, #ARGV do
  redis.call('ZADD', KEYS[1], 'XX', now_ms + ARGV[3], ARGV[n])
end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms, 'LIMIT', 0, 100)
