/** Runs a simulation that was set up. Pure: whoever shows its progress brings that along. */
import { present } from '../core/assert.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { Fleet, FleetEvent, PoolSettings } from '../fleet/types.ts'
import { RunMetrics } from '../metrics/run-metrics.ts'
import type { ReplicaChange } from '../report/simulation-report.ts'
import type { Router } from '../routing/types.ts'
import { createAutoscalers } from '../sim/autoscale.ts'
import { type SimulationEnd, type SimulationOptions, simulate } from '../sim/driver.ts'
import { fleetObserver, type ReplicaFacts, type SimulationResult, simulationResult } from '../sim/result.ts'
import type { SimulationSetup } from './simulation-setup.ts'

/** Hears every event of the fleet, after the metrics did. */
export type EventListener = (event: FleetEvent) => void

export interface SimulationRun {
  readonly end: SimulationEnd
  readonly result: SimulationResult
  readonly metrics: RunMetrics
  readonly lastArrivalUs: number
  readonly changes: readonly ReplicaChange[]
}

/** `router` is that of the setup; `progress` is asked while it runs, and may throw to end it. */
export function runFleet(
  setup: SimulationSetup,
  router: Router,
  listeners: readonly EventListener[],
  progress: NonNullable<SimulationOptions['progress']>,
): SimulationRun {
  const { pools, workload, untilUs, objectives } = setup
  const fleet = createFleet({
    pools,
    router,
    decodeRouter: null,
    seed: setup.seed,
    firstTokenAfter: setup.firstTokenAfter,
    retryAfterCrash: setup.retryAfterCrash,
  })
  const metrics = new RunMetrics({
    objectives,
    warmUp: workload.warmUp,
    ...(workload.isWarmUp === null ? {} : { isWarmUp: workload.isWarmUp }),
  })
  const measure = fleetObserver(metrics, fleet, replica => replicaFacts(fleet, pools, replica))
  let lastArrivalUs = 0
  const changes: ReplicaChange[] = []
  const observe = (event: FleetEvent) => {
    measure(event)
    if (event.kind === 'ended') lastArrivalUs = Math.max(lastArrivalUs, event.record.scheduledUs)
    if (event.kind === 'replica') {
      const { replica, pool, atUs, state } = event
      changes.push({ atSeconds: atUs / 1e6, replica, pool, state })
    }
    for (const listen of listeners) listen(event)
  }
  const end = simulate(workload.workload, fleet, observe, {
    ...(untilUs === null ? {} : { untilUs }),
    faults: setup.faults,
    inputs: setup.inputs,
    autoscaler: setup.autoscalers.length === 0 ? null : createAutoscalers(setup.autoscalers, fleet),
    progress,
  })
  const result = simulationResult({
    endUs: end.nowUs,
    fleet,
    pools,
    metrics,
    energyPrice: name => {
      const { acceleratorId } = present(
        setup.poolFacts.find(pool => pool.name === name),
        `pool ${name} is one of the fleet`,
      )
      return setup.prices.accelerators.find(price => price.acceleratorId === acceleratorId)?.energy ?? null
    },
  })
  return { end, result, metrics, lastArrivalUs, changes }
}

function replicaFacts(fleet: Fleet, pools: readonly PoolSettings[], replica: number): ReplicaFacts {
  const { pool, idleWatts } = fleet.replicas[replica]!
  const { engine, role } = present(
    pools.find(({ name }) => name === pool),
    `pool ${pool} is one of the fleet`,
  )
  return {
    tokensPerSequence: engine.speculation?.tokensPerStep ?? 1,
    handedOver: role === 'decode',
    idleWatts,
  }
}
