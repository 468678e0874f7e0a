-- Writes groups of live records, each group wholly or not at all, in one round trip.
--
-- KEYS  1 leases (zset: contact -> deadline)  2 this node's contacts (set)  3 agents (set)
--       4 beats (zset: node -> last beat)  5 news (stream)  6 number of the last news
--       7… one key a record
-- ARGV  1 this node  2 lease_ms  3 number of the news that the reservations were decided by
--       ("" = this node knows of no other)  4 ageing_ms ("" = strict)  5 prefix of all keys
--       then for each record: group, contact|agent, id, expected version, kind, data,
--       facts ("" = as they are)
-- Reply one item a record: its new version; or, when its group is refused,
--       {v, node, kind, data} as they are in Redis (nils when there is no record), and
--       "behind" where only news that this node has not heard is in the way.
--
-- A record is in the way when it has another version than expected. The exception is one
-- that this node wrote last: a node has one writer, so the reply to its own earlier write
-- was lost, and what it says now is the truth.
--
-- A contact belongs to one node, whoever writes it. Another may only undo a promise that
-- ran out, or begin anew what is over.
--
-- One order over all nodes: no contact is promised to anybody while another node has put
-- one before it in line that the deciding node has not heard of, nor is an agent whom
-- another keeps, by news that it has not heard either.
--
-- The deadline of a lease is this server's time: no node's clock is trusted.
local WIDTH, FIRST, MOST_NEWS = 7, 6, 20000
local node, ageing_ms = ARGV[1], tonumber(ARGV[4])
local call = redis.call
local held = { Reserved = true, Ringing = true }
local several = call('ZCARD', KEYS[4]) > 1

-- The key of routing/order.py.
local function place(id, facts)
  local contact = cjson.decode(facts)
  local came, priority = contact.arrived_ms, contact.priority
  if not ageing_ms then return { -priority, came, came, id } end
  return { 0, came - priority * ageing_ms, came, id }
end

local function before(one, other)
  for n = 1, 4 do
    if one[n] ~= other[n] then return one[n] < other[n] end
  end
  return false
end

local deadline_ms
local function lease_end()
  if not deadline_ms then
    local clock = call('TIME')
    deadline_ms = clock[1] * 1000 + math.floor(clock[2] / 1000) + tonumber(ARGV[2])
  end
  return deadline_ms
end

-- The first in line of those that this node has not heard of, true when that cannot be told;
-- and the agents whom others keep by then.
local function unheard()
  local seen, head = tonumber(ARGV[3]), tonumber(call('GET', KEYS[6]) or 0)
  if not seen then return true, {} end
  if seen == head then return nil, {} end
  local entries = call('XRANGE', KEYS[5], (seen + 1) .. '-0', '+')
  if not entries[1] or entries[1][1] ~= (seen + 1) .. '-0' then return true, {} end
  local first, kept = nil, {}
  for _, entry in ipairs(entries) do
    local told = entry[2]  -- see `publish`
    if told[2] ~= node then
      if told[4] == 'reach' then return true, {} end
      if told[4] == 'kept' then kept[told[6]] = told[10] == 'on' end
      if told[10] == 'Waiting' and
          call('HGET', ARGV[5] .. 'contact:' .. told[6], 'kind') == 'Waiting' then
        local at = place(told[6], told[14])
        if not first or before(at, first) then first = at end
      end
    end
  end
  return first, kept
end

local function publish(what, id, v, kind, data, facts)
  call('XADD', KEYS[5], 'MAXLEN', '~', MOST_NEWS, call('INCR', KEYS[6]) .. '-0',
    'node', node, 'what', what, 'id', id, 'v', v, 'kind', kind, 'data', data, 'facts', facts)
end

local count = #KEYS - FIRST
local first, kept
local function behind(n, at)
  if not kept then first, kept = unheard() end
  local agent = at + WIDTH  -- the record after the contact's
  if ARGV[agent + 1] == ARGV[at + 1] and kept[ARGV[agent + 3]] then return true end
  if first == nil or first == true then return first end
  local facts = ARGV[at + 7]
  if facts == '' then facts = call('HGET', KEYS[FIRST + n], 'facts') end
  return not facts or before(first, place(ARGV[at + 3], facts))
end

local found, owner, refused, heirs = {}, {}, {}, {}
for n = 1, count do
  local at = 5 + (n - 1) * WIDTH
  local group, is_contact, kind = ARGV[at + 1], ARGV[at + 2] == 'contact', ARGV[at + 5]
  local expected = tonumber(ARGV[at + 4])
  local now = call('HMGET', KEYS[FIRST + n], 'v', 'node', 'kind')
  found[n], owner[n] = tonumber(now[1]) or 0, now[2]
  local own = found[n] > 0 and now[2] == node
  local undone = kind == 'Waiting' and held[now[3]]
  local anew = kind ~= 'Ended' and now[3] == 'Ended'
  if found[n] ~= expected and not own then
    refused[group] = true
    if is_contact and found[n] == 0 then
      heirs[n] = call('HGET', ARGV[5] .. 'node:' .. node .. ':gone', ARGV[at + 3])
    end
  elseif is_contact and found[n] > 0 and not own and not undone and not anew then
    refused[group] = true
  end
  if is_contact and anew and not refused[group] then
    if not own then call('SREM', ARGV[5] .. 'node:' .. now[2] .. ':contacts', ARGV[at + 3]) end
    owner[n] = nil
  end
end
if several then
  for n = 1, count do
    local at = 5 + (n - 1) * WIDTH
    local group = ARGV[at + 1]
    if ARGV[at + 2] == 'contact' and ARGV[at + 5] == 'Reserved' and not refused[group]
        and behind(n, at) then
      refused[group] = 'behind'
    end
  end
end

local reply = {}
for n = 1, count do
  local key, at = KEYS[FIRST + n], 5 + (n - 1) * WIDTH
  local what, id, kind = ARGV[at + 2], ARGV[at + 3], ARGV[at + 5]
  local data, facts, is_contact = ARGV[at + 6], ARGV[at + 7], ARGV[at + 2] == 'contact'
  local no = refused[ARGV[at + 1]]
  if no then
    reply[n] = call('HMGET', key, 'v', 'node', 'kind', 'data')
    if heirs[n] then reply[n][2] = heirs[n] end
    if no == 'behind' then reply[n][5] = no end
  else
    reply[n] = found[n] + 1
    local writer = is_contact and owner[n] or node
    if facts == '' then
      call('HSET', key, 'v', reply[n], 'node', writer, 'kind', kind, 'data', data)
    else
      call('HSET', key, 'v', reply[n], 'node', writer, 'kind', kind, 'data', data, 'facts', facts)
    end
    if is_contact and not owner[n] then
      call('SADD', KEYS[2], id)
    elseif not is_contact and found[n] == 0 then
      call('SADD', KEYS[3], id)
    end
    if is_contact and held[kind] then
      call('ZADD', KEYS[1], lease_end(), id)
    elseif is_contact then
      call('ZREM', KEYS[1], id)
    end
    if several then publish(what, id, reply[n], kind, data, facts) end
  end
end
return reply
