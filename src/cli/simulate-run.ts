/** Runs a simulation that was set up, and puts the report together. */
import { present } from '../core/assert.ts'
import { usdFromNano } from '../core/money.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { Fleet, FleetEvent, PoolSettings } from '../fleet/types.ts'
import { latencyCurves, RunMetrics } from '../metrics/index.ts'
import { formatCount, formatMilliseconds } from '../report/format-number.ts'
import type { ReplicaChange, SimulationReport } from '../report/simulation-report.ts'
import { createRouter } from '../routing/create-router.ts'
import { createAutoscalers } from '../sim/autoscale.ts'
import { type SimulationEnd, simulate } from '../sim/driver.ts'
import { fleetObserver, type ReplicaFacts, type SimulationResult, simulationResult } from '../sim/result.ts'
import { type Progress, startProgress } from './progress.ts'
import { comparisonOf } from './simulate-comparison.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationSetup } from './simulate-setup.ts'

/** Hears every event of the fleet, after the metrics did. */
export type EventListener = (event: FleetEvent) => void

export interface SimulationRun {
  readonly end: SimulationEnd
  readonly result: SimulationResult
  readonly metrics: RunMetrics
  readonly lastArrivalUs: number
  readonly changes: readonly ReplicaChange[]
}

/** Events between two looks at the clock of the progress line. */
const progressEvents = 2_000

export function runSimulation(setup: SimulationSetup, listeners: readonly EventListener[]): SimulationRun {
  const { pools, workload, random, untilUs, objectives } = setup
  const fleet = createFleet({
    pools,
    router: createRouter(setup.router, random),
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
  const progress = startProgress()
  try {
    const end = simulate(workload.workload, fleet, observe, {
      ...(untilUs === null ? {} : { untilUs }),
      faults: setup.faults,
      inputs: setup.inputs,
      autoscaler: setup.autoscalers.length === 0 ? null : createAutoscalers(setup.autoscalers, fleet),
      progress: { everyEvents: progressEvents, report: state => showProgress(progress, state) },
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
  } finally {
    progress.finish()
  }
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

function showProgress(
  progress: Progress,
  { nowUs, ended, totalRequests }: Pick<SimulationEnd, 'nowUs' | 'ended' | 'totalRequests'>,
): void {
  const of = totalRequests === null ? '' : ` of ${formatCount(totalRequests)}`
  progress.update(
    `simulating: ${formatCount(ended)}${of} requests, ${formatMilliseconds(nowUs / 1000)} of the run`,
  )
}

export function simulationReport(
  setup: SimulationSetup,
  { end, result, metrics, lastArrivalUs, changes }: SimulationRun,
  flags: SimulateFlags,
  version: string,
): SimulationReport {
  const { question, workload } = setup
  const steadyUsd = steadyUsdPerMillionTokens(result)
  return {
    version,
    seed: setup.seed,
    modelId: question.modelId,
    deployment: question.deployment,
    deploymentFile: question.file,
    deployments: setup.deployments,
    workload: workload.facts,
    fleet: {
      pools: setup.poolFacts,
      router: setup.router,
      startupSeconds: setup.startupSeconds,
      faults: setup.faults.filter(({ atUs }) => atUs <= end.nowUs),
      autoscalers: setup.autoscalers,
      upgradeAtSeconds: setup.inputs.length === 0 ? null : setup.inputs[0]!.atUs / 1e6,
    },
    objectives: setup.objectives,
    result,
    run: {
      endSeconds: end.nowUs / 1e6,
      untilSeconds: setup.untilUs === null ? null : setup.untilUs / 1e6,
      submitted: end.submitted,
      lastArrivalSeconds: lastArrivalUs / 1e6,
      ended: end.ended,
      unfinished: end.unfinished,
      events: end.events,
      changes,
    },
    comparison: comparisonOf(setup, flags, result, steadyUsd),
    steadyUsdPerMillionTokens: steadyUsd,
    curves: flags.html === undefined ? null : latencyCurves(metrics),
    prices: setup.prices.accelerators,
    notes: setup.notes,
  }
}

/** Mean bill per hour of the run ÷ tokens per hour of its steady window: filling and emptying left out of the tokens only. */
function steadyUsdPerMillionTokens({ summary, bill }: SimulationResult): number | null {
  const tokensPerSecond = summary.steady?.totalTokensPerSecond ?? null
  if (tokensPerSecond === null || tokensPerSecond === 0) return null
  const usdPerSecond = usdFromNano(bill.allocation.billNanoUsd) / summary.durationSeconds
  return (usdPerSecond / tokensPerSecond) * 1e6
}
