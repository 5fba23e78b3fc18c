/**
 * The exchange of lease-account.ts as one atomic script of Redis (7 or Valkey), step for step in the same order. Time is Redis's
 * own. One hash per account and window: fields `u:SLOT` (used), `l:REPLICA` (held total sequence expires charged chargedSlot),
 * `over`. Amounts are integers below 2^53, exact in Lua's doubles (see largestCap).
 */

/** How the script knows the time; 'argument' is for the test that holds it against the pure function. */
export type ScriptClock = 'redis' | 'argument'

/**
 * KEYS[1] the account's window. ARGV: 1 replica, 2 sequence, 3 total, 4 baseline, 5 keep, 6 need, 7 desire, 8 cap, 9 start of
 * the window, 10 its end (both '' when it slides), 11 slot in ms ('' for a calendar window), 12 slots, 13 term, 14 minimum,
 * 15 divisor, 16 'charge' or 'return', 17 how long a window is kept after its end, 18 now (clock 'argument' only).
 */
export function exchangeScript(clock: ScriptClock): string {
  const now =
    clock === 'argument'
      ? 'local now = tonumber(ARGV[18])'
      : `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`
  return `${now}
${exchangeBody}`
}

const exchangeBody = `
local key, replica = KEYS[1], ARGV[1]
local sequence, total, baseline = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local keep, need, desire, cap = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local starts, ends, slotMs, slots = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local term, minimum, divisor = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
local charge, keepWindow = ARGV[16] == 'charge', tonumber(ARGV[17])
local function text(number) return string.format('%.0f', number) end

if need > 0 and ends and (now < starts or now >= ends) then return { 'wrong-window', text(now) } end

local used, leases, over = {}, {}, 0
local stored = redis.call('HGETALL', key)
if ends and #stored == 0 then return { 'blank' } end
for at = 1, #stored, 2 do
  local field, value = stored[at], stored[at + 1]
  local kind, name = string.sub(field, 1, 2), string.sub(field, 3)
  if kind == 'u:' then used[tonumber(name)] = tonumber(value)
  elseif kind == 'l:' then
    local held, known, seen, expires, charged, chargedSlot =
      string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
    leases[name] = { held = tonumber(held), total = tonumber(known), sequence = tonumber(seen),
      expires = tonumber(expires), charged = tonumber(charged), chargedSlot = tonumber(chargedSlot) }
  else over = tonumber(value) end
end

local slot = slotMs and math.floor(now / slotMs) or 0
local changedSlots, changedLeases = {}, {}
local function add(at, amount)
  if amount ~= 0 then
    used[at] = (used[at] or 0) + amount
    changedSlots[at] = true
  end
end
local function usedInAll()
  local sum = 0
  for _, amount in pairs(used) do sum = sum + amount end
  return sum
end

if slotMs then
  local gone = {}
  for at in pairs(used) do if at < slot - slots then gone[#gone + 1] = at end end
  for _, at in ipairs(gone) do
    used[at] = nil
    redis.call('HDEL', key, 'u:' .. text(at))
  end
  gone = {}
  for name, lease in pairs(leases) do
    if lease.expires + slotMs * (slots + 1) + term <= now then gone[#gone + 1] = name end
  end
  for _, name in ipairs(gone) do
    leases[name] = nil
    redis.call('HDEL', key, 'l:' .. name)
  end
end
local usedBefore = usedInAll()

for name, lease in pairs(leases) do
  if lease.held ~= 0 and lease.expires <= now then
    if charge then
      add(slot, lease.held)
      lease.charged = lease.charged + lease.held
      lease.chargedSlot = slot
    end
    lease.held = 0
    changedLeases[name] = true
  end
end

local mine = leases[replica]
  or { held = 0, total = baseline, sequence = -1, expires = 0, charged = 0, chargedSlot = 0 }
local stale = sequence <= mine.sequence
if not stale then
  leases[replica] = mine
  changedLeases[replica] = true
  if mine.charged > 0 then
    if used[mine.chargedSlot] then add(mine.chargedSlot, -mine.charged) end
    mine.held = mine.held + mine.charged
    mine.charged = 0
  end
  local amount = total - mine.total
  mine.total = total
  if slotMs and amount < 0 then amount = 0 end
  add(slot, amount)
  mine.held = mine.held - amount
  if mine.held < 0 then
    over = over - mine.held
    mine.held = 0
    redis.call('HSET', key, 'over', text(over))
  end
end

local heldByOthers, live = 0, 1
for name, lease in pairs(leases) do
  if name ~= replica then
    heldByOthers = heldByOthers + lease.held
    if lease.held > 0 then live = live + 1 end
  end
end
local remaining = cap - usedInAll() - heldByOthers
local most = math.max(remaining, 0)
local short = false
if not stale then
  short = need > 0 and keep + need > most
  local target = keep
  if need > 0 and not short then
    local free, part = most - keep, divisor * live
    local share = (free - free % part) / part
    target = keep + math.max(need, desire, minimum, share)
  end
  mine.held = math.min(target, most)
  mine.sequence = sequence
  mine.expires = now + term
end

for at in pairs(changedSlots) do redis.call('HSET', key, 'u:' .. text(at), text(used[at])) end
for name in pairs(changedLeases) do
  local lease = leases[name]
  redis.call('HSET', key, 'l:' .. name, text(lease.held) .. ' ' .. text(lease.total) .. ' ' .. text(lease.sequence)
    .. ' ' .. text(lease.expires) .. ' ' .. text(lease.charged) .. ' ' .. text(lease.chargedSlot))
end
local live_for = slotMs and (slotMs * (slots + 1) + 2 * term) or math.max(ends - now, 0) + keepWindow
redis.call('PEXPIRE', key, text(live_for))

local retry = '0'
if short then
  local missing = need - (cap - usedInAll())
  if need > cap then retry = ''
  elseif missing <= 0 then retry = text(math.ceil(term / 3))
  elseif not slotMs then retry = text(math.max(1, ends - now))
  else
    retry = ''
    local order = {}
    for at in pairs(used) do order[#order + 1] = at end
    table.sort(order)
    for _, at in ipairs(order) do
      missing = missing - used[at]
      if missing <= 0 then
        retry = text(math.max(1, (at + slots + 1) * slotMs - now))
        break
      end
    end
  end
end
return { 'granted', text(mine.held), text(mine.total), text(usedBefore), text(usedInAll()), text(heldByOthers),
  text(over), short and '1' or '0', retry, text(now) }
`

/** KEYS[1] the account's window. ARGV: 1 used, 2 how long it is kept, in ms. Changes nothing that is known. */
export const seedScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'u:0', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`
