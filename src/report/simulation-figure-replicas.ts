/** How many replicas there were over the run, from the changes in their lives. */
import type { ReplicaLifecycle } from '../fleet/types.ts'
import type { SimulationReport } from './simulation-report.ts'
import type { TimePoint } from './svg-time-panels.ts'

export interface ReplicaCounts {
  /** Ordered and not given back: starting, draining and down included. */
  readonly paid: readonly TimePoint[]
  readonly ready: readonly TimePoint[]
}

/** Steps over time, all pools together; null where nothing changed. */
export function replicaCounts({ fleet, run }: SimulationReport): ReplicaCounts | null {
  const { changes } = run
  if (changes.length === 0) return null
  const initial = fleet.pools.reduce((sum, { replicas }) => sum + replicas, 0)
  const states = new Map<number, ReplicaLifecycle>()
  for (let replica = 0; replica < initial; replica++) states.set(replica, 'ready')
  const paid = steps(initial)
  const ready = steps(initial)
  for (const { atSeconds, replica, state } of changes) {
    const before = states.get(replica)
    states.set(replica, state)
    paid.change(atSeconds, Number(isPaid(state)) - Number(isPaid(before)))
    ready.change(atSeconds, Number(state === 'ready') - Number(before === 'ready'))
  }
  return { paid: paid.until(run.endSeconds), ready: ready.until(run.endSeconds) }
}

function isPaid(state: ReplicaLifecycle | undefined): boolean {
  return state !== undefined && state !== 'gone'
}

interface Steps {
  readonly change: (atSeconds: number, by: number) => void
  readonly until: (endSeconds: number) => readonly TimePoint[]
}

function steps(initial: number): Steps {
  const points: TimePoint[] = [{ seconds: 0, value: initial }]
  let value = initial
  return {
    change(seconds, by) {
      if (by === 0) return
      points.push({ seconds, value })
      value += by
      points.push({ seconds, value })
    },
    until: endSeconds => [...points, { seconds: endSeconds, value }],
  }
}
