/**
 * Which replica serves what, when, and at what use of time and energy? Many engine instances behind a router as one process,
 * with their start-ups, drains, faults and handoffs between prefill and decode pools.
 * Assumes: what docs/models/fleet.md lists as simplified.
 */
export { decisionOf, decisionsByReplica, decisionsOf, type ReplicaDecisions } from './decisions.ts'
export { createFleet } from './fleet.ts'
export type { EngineFactory } from './state.ts'
export type {
  Fault,
  Fleet,
  FleetEvent,
  FleetInput,
  FleetSettings,
  PoolSettings,
  PoolUsage,
  ReplicaInfo,
  ReplicaLifecycle,
} from './types.ts'
