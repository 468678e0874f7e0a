-- Removes records of ended contacts, once history has them.
--
-- KEYS  1 leases  2 this node's contacts  3… one key a contact
-- ARGV  one id a contact
-- Reply how many were removed. A contact that is not ended stays.
local removed = 0
for n = 3, #KEYS do
  if redis.call('HGET', KEYS[n], 'kind') == 'Ended' then
    redis.call('DEL', KEYS[n])
    redis.call('SREM', KEYS[2], ARGV[n - 2])
    redis.call('ZREM', KEYS[1], ARGV[n - 2])
    removed = removed + 1
  end
end
return removed
