-- Removes records of ended contacts, once history has them.
--
-- KEYS  1 leases  2 this node's contacts  3… one key a contact
-- ARGV  one id a contact
-- Reply how many were removed. A contact that is not ended, or is another node's, stays.
local removed = 0
for n = 3, #KEYS do
  local id = ARGV[n - 2]
  local is_ours = redis.call('SISMEMBER', KEYS[2], id) == 1
  if is_ours and redis.call('HGET', KEYS[n], 'kind') == 'Ended' then
    redis.call('DEL', KEYS[n])
    redis.call('SREM', KEYS[2], id)
    redis.call('ZREM', KEYS[1], id)
    removed = removed + 1
  end
end
return removed
