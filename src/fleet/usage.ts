/** What a fleet has used: replica time, busy time, energy. */
import type { FleetState } from './state.ts'
import type { PoolUsage } from './types.ts'

/** One entry per pool, in the order of the settings. Exact between steps; a step counts when it has ended. */
export function usage(state: FleetState, nowUs: number): PoolUsage[] {
  return state.pools.map(({ settings }) => {
    let heldUs = 0
    let busyUs = 0
    let joules = 0
    for (const replica of state.replicas) {
      if (replica.settings !== settings) continue
      heldUs += replica.heldUs(nowUs)
      busyUs += replica.busyUs
      joules += replica.joules(nowUs)
    }
    return { pool: settings.name, replicaSeconds: heldUs / 1e6, joules, busySeconds: busyUs / 1e6 }
  })
}
