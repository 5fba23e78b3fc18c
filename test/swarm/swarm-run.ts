/** One seed of the swarm: a random cluster under a random workload with random faults, its invariants checked at every event. */
import { RandomSource } from '../../src/core/random.ts'
import { decisionOf, decisionsByReplica, type ReplicaDecisions } from '../../src/fleet/decisions.ts'
import { createFleet } from '../../src/fleet/fleet.ts'
import type { FleetSettings } from '../../src/fleet/types.ts'
import type { RequestRecord } from '../../src/metrics/record.ts'
import { createAutoscalers } from '../../src/sim/autoscale.ts'
import { simulate } from '../../src/sim/driver.ts'
import { Auditor } from './auditor.ts'
import { randomCluster } from './random-cluster.ts'
import { randomHappenings, randomWorkload } from './random-workload.ts'

export interface SwarmOutcome {
  readonly requests: number
  readonly served: number
  readonly preemptions: number
  readonly events: number
  /** Of all events in order. */
  readonly hash: number
  /** Decisions of each replica; those of the front under '−'. */
  readonly decisions: ReadonlyMap<string, ReplicaDecisions>
  readonly records: readonly RequestRecord[]
}

export interface SwarmOptions {
  /** Instead of what the seed says. */
  readonly skipEvents?: boolean
}

/** Throws at the first thing that does not hold. */
export function swarmRun(seed: number, options: SwarmOptions = {}): SwarmOutcome {
  const source = new RandomSource(`swarm-${seed}`)
  const settings = overridden(randomCluster(source), options)
  const { inputs, faults, autoscalers } = randomHappenings(source, settings)
  const fleet = createFleet(settings)
  const auditor = new Auditor(fleet, settings.pools)
  const autoscaler = createAutoscalers(autoscalers, fleet)
  const decisions: string[] = []
  const records: RequestRecord[] = []
  let hash = 0x811c9dc5
  const end = simulate(
    randomWorkload(source),
    fleet,
    event => {
      auditor.hear(event)
      hash = hashText(JSON.stringify(event), hash)
      const decision = decisionOf(event)
      if (decision !== null) decisions.push(decision)
      if (event.kind === 'ended') records.push(event.record)
    },
    { inputs, faults, autoscaler, inspect: () => fleet.checkInvariants() },
  )
  auditor.close(end.nowUs, end.submitted)
  return {
    requests: end.submitted,
    served: records.filter(({ outcome }) => outcome === 'served').length,
    preemptions: records.reduce((sum, { preemptions }) => sum + preemptions, 0),
    events: end.events,
    hash: hash >>> 0,
    decisions: decisionsByReplica(decisions),
    records,
  }
}

function overridden(settings: FleetSettings, { skipEvents }: SwarmOptions): FleetSettings {
  if (skipEvents === undefined) return settings
  const pools = settings.pools.map(pool => ({ ...pool, engine: { ...pool.engine, skipEvents } }))
  return { ...settings, pools }
}

/** FNV-1a. */
function hashText(text: string, start: number): number {
  let hash = start
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}
