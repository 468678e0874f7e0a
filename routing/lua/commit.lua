-- Writes groups of live records, each group wholly or not at all, in one round trip.
--
-- KEYS  1 leases (zset: contact -> deadline)  2 this node's contacts (set)  3 agents (set)
--       4… one key a record
-- ARGV  1 this node  2 lease_ms
--       then for each record: group, contact|agent, id, expected version, kind, data,
--       facts ("" = as they are)
-- Reply one item a record: its new version; or, when its group is refused,
--       {v, node, kind, data} as they are in Redis (nils when there is no record).
--
-- A record is in the way when it has another version than expected. The exception is one
-- that this node wrote last: a node has one writer, so the reply to its own earlier write
-- was lost, and what it says now is the truth.
--
-- The deadline of a lease is this server's time: no node's clock is trusted.
local WIDTH = 7
local node, lease_ms = ARGV[1], tonumber(ARGV[2])
local clock = redis.call('TIME')
local now_ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local held = { Reserved = true, Ringing = true }

local found, refused = {}, {}
for n = 1, #KEYS - 3 do
  local at = 2 + (n - 1) * WIDTH
  local group, expected = ARGV[at + 1], tonumber(ARGV[at + 4])
  local now = redis.call('HMGET', KEYS[3 + n], 'v', 'node')
  found[n] = tonumber(now[1]) or 0
  local own = found[n] > 0 and now[2] == node
  if found[n] ~= expected and not own then refused[group] = true end
end

local reply = {}
for n = 1, #KEYS - 3 do
  local key, at = KEYS[3 + n], 2 + (n - 1) * WIDTH
  local is_contact, id, kind, facts = ARGV[at + 2] == 'contact', ARGV[at + 3], ARGV[at + 5], ARGV[at + 7]
  if refused[ARGV[at + 1]] then
    reply[n] = redis.call('HMGET', key, 'v', 'node', 'kind', 'data')
  else
    reply[n] = found[n] + 1
    redis.call('HSET', key, 'v', reply[n], 'node', node, 'kind', kind, 'data', ARGV[at + 6])
    if facts ~= '' then redis.call('HSET', key, 'facts', facts) end
    if found[n] == 0 then redis.call('SADD', is_contact and KEYS[2] or KEYS[3], id) end
    if is_contact and held[kind] then
      redis.call('ZADD', KEYS[1], now_ms + lease_ms, id)
    elseif is_contact then
      redis.call('ZREM', KEYS[1], id)
    end
  end
end
return reply
