/** Replicas of mixed hardware behind one router: what routing by cost is worth. */
import { describe, expect, test } from 'vitest'
import { RandomSource } from '../core/random.ts'
import { createFleet } from '../fleet/fleet.ts'
import { RunMetrics } from '../metrics/index.ts'
import { createRouter } from '../routing/create-router.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import { createWorkload } from '../workload/synthetic.ts'
import { createAutoscaler, type LoadScaling } from './autoscale.ts'
import { simulate } from './driver.ts'
import { predictingPool } from './replica-estimate.fixture.ts'
import { fleetObserver, type SimulationResult, simulationResult } from './result.ts'

const objectives = { ttftMs: 2000, tpotMs: 50 }
const cost: RouterSpec = { kind: 'cost', ...objectives }

/** Two replicas of 2 × H200 at $6/h, and two of 4 × H100 at $12/h, whose number follows their load if asked. */
function runWith(spec: RouterSpec, autoscaled: boolean): SimulationResult {
  const random = new RandomSource('mixed')
  const pools = [
    predictingPool({ name: 'h200', replicas: 2, startupSeconds: 60 }),
    predictingPool({ name: 'h100', accelerator: 'h100', tensor: 4, replicas: 2, startupSeconds: 60 }),
  ]
  const fleet = createFleet({ pools, router: createRouter(spec, random), decodeRouter: null, seed: 1 })
  const metrics = new RunMetrics({
    objectives: [
      { metric: 'ttft', statistic: 'p90', limitMs: objectives.ttftMs },
      { metric: 'tpot', statistic: 'p90', limitMs: objectives.tpotMs },
    ],
  })
  const workload = createWorkload(
    {
      kind: 'open',
      arrivals: { kind: 'poisson', rate: 3 },
      lengths: { input: 2000, output: 200 },
      requests: 1500,
    },
    random,
  )
  const scaler: LoadScaling = {
    ...{ kind: 'load', pool: 'h100', measure: 'requests', target: 10, minimum: 0, maximum: 4 },
    ...{ intervalSeconds: 15, tolerance: 0.1, cooldownSeconds: 60 },
  }
  const observe = fleetObserver(metrics, fleet, () => ({
    idleWatts: 0,
    tokensPerSequence: 1,
    handedOver: false,
  }))
  const autoscaler = autoscaled ? createAutoscaler(scaler, fleet) : null
  const end = simulate(workload, fleet, observe, { autoscaler })
  return simulationResult({ endUs: end.nowUs, fleet, pools, metrics, energyPrice: () => null })
}

const paid = ({ bill }: SimulationResult) => Number(bill.allocation.billNanoUsd) / 1e9
const worked = ({ bill }: SimulationResult) =>
  Number(bill.allocation.billNanoUsd - bill.allocation.idleNanoUsd) / 1e9

describe('cost routing in a mixed fleet, against least loaded', () => {
  test('autoscaled: the bill is a third smaller at least, the objectives hold as well', () => {
    const byLoad = runWith({ kind: 'least-loaded' }, true)
    const byCost = runWith(cost, true)
    expect(byLoad.summary.goodput.share).toBeGreaterThan(0.99)
    // Predictions are means of a replica as it is now: the objectives, which are of the 90th percentile, hold with little to spare.
    expect(byCost.summary.objectives.map(({ met }) => met)).toEqual([true, true])
    expect(byCost.summary.goodput.share).toBeGreaterThan(0.95)
    expect(paid(byCost)).toBeLessThan(0.67 * paid(byLoad))
    const [cheap, dear] = byCost.pools
    expect(cheap!.outputTokens).toBeGreaterThan(20 * dear!.outputTokens)
  }, 10_000)

  test('of a fixed size: the same bill, but the dear half stands idle and could be given back', () => {
    const byLoad = runWith({ kind: 'least-loaded' }, false)
    const byCost = runWith(cost, false)
    expect(paid(byCost)).toBeCloseTo(paid(byLoad), 0)
    expect(worked(byCost)).toBeLessThan(0.5 * worked(byLoad))
    expect(byCost.summary.objectives.map(({ met }) => met)).toEqual([true, true])
    expect(byCost.summary.goodput.share).toBeGreaterThan(0.95)
    expect(byCost.pools[1]!.busyShare).toBeLessThan(0.05)
  }, 10_000)

  test('no objective out of reach is promised: with a tight one, the fast half serves', () => {
    const tight = runWith({ kind: 'cost', ttftMs: 250, tpotMs: 50 }, false)
    const [h200, h100] = tight.pools
    expect(h100!.prefillTokens).toBeGreaterThan(h200!.prefillTokens)
  }, 10_000)
})
