/** How many replicas a pool has: changes of size and rolling upgrades. */
import { TokenwrightError } from '../core/errors.ts'
import { drain, isDrained, order, retire } from './life.ts'
import type { Replica } from './replica.ts'
import type { FleetState, Pool, Upgrade } from './state.ts'

/** Throws what a user would meet who named a pool that does not exist. */
export function poolNamed(state: FleetState, name: string): Pool {
  const pool = state.pools.find(candidate => candidate.settings.name === name)
  if (pool !== undefined) return pool
  throw new TokenwrightError('unknown-entry', `there is no pool called ${name}`, {
    where: 'fleet',
    fix: `use one of: ${state.pools.map(candidate => candidate.settings.name).join(', ')}`,
  })
}

/** Replicas of a pool that serve, will serve, or are to serve again. */
export function members(state: FleetState, pool: Pool): Replica[] {
  return state.replicas.filter(
    ({ settings, lifecycle }) =>
      settings === pool.settings && lifecycle !== 'gone' && lifecycle !== 'draining',
  )
}

export function scale(state: FleetState, pool: Pool, replicas: number): void {
  pool.target = replicas
  resize(state, pool)
}

/**
 * Orders or drains what is missing or too much. In an upgrade, a replica that drains before its successor is ordered counts
 * as there, and one of a pair that overlap does not. Goes first: what does not serve yet, then what has least to do.
 */
function resize(state: FleetState, pool: Pool): void {
  const present = members(state, pool)
  const slots = pool.upgrade?.slots ?? []
  let count = present.length
  for (const { old, successor } of slots) {
    if (successor === null) count++
    else if (present.includes(old) && present.includes(successor)) count--
  }
  for (; count < pool.target; count++) order(state, pool, false)
  const removable = present
    .filter(replica => !slots.some(slot => slot.old === replica || slot.successor === replica))
    .sort(
      (a, b) =>
        Number(a.lifecycle === 'ready') - Number(b.lifecycle === 'ready') ||
        a.requests - b.requests ||
        b.id - a.id,
    )
  for (const replica of removable.slice(0, Math.max(0, count - pool.target))) drain(state, replica)
}

/** Replaces every replica that is there now. A second upgrade replaces the successors of the first one, too. */
export function upgrade(state: FleetState, pool: Pool, atOnce: number, surge: boolean): void {
  const slots = pool.upgrade?.slots ?? []
  const waiting = members(state, pool).filter(replica => !slots.some(slot => slot.old === replica))
  pool.upgrade = { waiting, slots, atOnce, surge }
  state.poolsChanged = true
}

/** Lets drained replicas go and upgrades proceed, until nothing changes. */
export function lookAfterPools(state: FleetState): void {
  while (state.poolsChanged) {
    state.poolsChanged = false
    for (const pool of state.pools) {
      if (pool.upgrade === null) continue
      proceed(state, pool, pool.upgrade)
      if (pool.upgrade.slots.length === 0 && pool.upgrade.waiting.length === 0) {
        pool.upgrade = null
        resize(state, pool)
      }
    }
    for (const replica of state.draining) if (isDrained(replica)) retire(state, replica)
    state.draining = state.draining.filter(replica => replica.lifecycle === 'draining')
  }
}

function proceed(state: FleetState, pool: Pool, work: Upgrade): void {
  for (const slot of work.slots) {
    if (slot.successor === null && slot.old.lifecycle === 'gone') slot.successor = order(state, pool, false)
    else if (slot.successor?.lifecycle === 'ready') drain(state, slot.old)
  }
  // A successor that was sent away again by a smaller target ends its pair as well.
  work.slots = work.slots.filter(
    ({ old, successor }) =>
      successor === null ||
      old.lifecycle !== 'gone' ||
      !(
        successor.lifecycle === 'ready' ||
        successor.lifecycle === 'gone' ||
        successor.lifecycle === 'draining'
      ),
  )
  while (work.slots.length < work.atOnce) {
    const old = work.waiting.shift()
    if (old === undefined) return
    if (old.lifecycle === 'gone' || old.lifecycle === 'draining') continue
    const slot = { old, successor: work.surge ? order(state, pool, false) : null }
    work.slots.push(slot)
    if (!work.surge) drain(state, old)
  }
}
