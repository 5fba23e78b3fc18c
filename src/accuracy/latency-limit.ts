/**
 * Points whose layout or load is not stated (MLPerf): the best of several layouts, each at all queries at once or at the
 * largest Poisson rate whose p99 TTFT and p99 TPOT meet the limits. Replicas are alike and share the arrivals evenly, so
 * one replica at its share of the rate stands for the system.
 */
import { type CoefficientSet, cellOf, resolveCoefficients } from '../perf/coefficients.ts'
import {
  type AggregatedDeployment,
  devicesPerReplica,
  type Load,
  type Performance,
} from '../perf/deployment.ts'
import { preparePrediction } from '../perf/prepare-prediction.ts'
import type { PointLookups } from './evaluate-point.ts'
import type { MeasuredPoint } from './measured-point.ts'
import type { PointOutcome } from './score.ts'

/** Users per device of an offline run: more than memory or compute can use. */
const offlineUsersPerDevice = 2048
/** Rates as shares of the largest sustained one: below the least nothing is worth reporting. */
const leastRateShare = 0.01
const highestRateShare = 0.99
const bisections = 16

/** Equal questions of different submitters are answered once. */
export function bestLayoutPredictor(
  lookups: PointLookups,
  coefficients: CoefficientSet,
): (point: MeasuredPoint) => PointOutcome {
  const answers = new Map<string, PointOutcome>()
  return point => {
    const { modelId, alternatives, shape, load } = point
    const key = JSON.stringify([modelId, alternatives, shape, load])
    const known = answers.get(key)
    if (known !== undefined) return known
    const answer = bestLayout(point, lookups, coefficients)
    answers.set(key, answer)
    return answer
  }
}

function bestLayout(point: MeasuredPoint, lookups: PointLookups, coefficients: CoefficientSet): PointOutcome {
  const architecture = lookups.architecture(point.modelId)
  if (architecture === null) return { skipped: `model not in the catalog: ${point.modelId}` }
  const accelerator = lookups.accelerator(acceleratorOf(point))
  if (accelerator === null) return { skipped: `accelerator not in the catalog: ${acceleratorOf(point)}` }
  for (const layouts of point.alternatives ?? []) {
    let best: Performance | null = null
    for (const deployment of layouts) {
      const cell = cellOf(point.modelId, architecture, accelerator, deployment)
      const local = resolveCoefficients(coefficients, cell)
      const predict = preparePrediction(
        { architecture, accelerator, deployment, shape: point.shape },
        { serving: local, prefill: local },
      )
      const ask = (load: Load) => {
        const answer = predict(load)
        return answer.feasible ? answer : null
      }
      const found = answerOf(point.load, deployment, ask)
      if (found !== null && outputRate(found) > outputRate(best)) best = found
    }
    if (best !== null) return valuesOf(best)
  }
  return { skipped: 'no layout fits the memory and the latency limits' }
}

function acceleratorOf({ deployment }: MeasuredPoint): string {
  return (deployment.mode === 'aggregated' ? deployment.pool : deployment.decode).acceleratorId
}

function outputRate(performance: Performance | null): number {
  return performance?.outputTokensPerSecondPerDevice ?? 0
}

function valuesOf(performance: Performance): PointOutcome {
  const { totalTokensPerSecondPerDevice, outputTokensPerSecondPerDevice, joulesPerOutputToken } = performance
  return {
    tpotMs: performance.tpot.meanMs,
    ttftMs: performance.ttft.meanMs,
    totalTokensPerSecondPerDevice,
    outputTokensPerSecondPerDevice,
    joulesPerOutputToken,
  }
}

type Ask = (load: Load) => Performance | null

function answerOf(
  load: MeasuredPoint['load'],
  deployment: AggregatedDeployment,
  ask: Ask,
): Performance | null {
  switch (load.kind) {
    case 'closed':
      return ask(load)
    case 'open':
      return ask({ ...load, arrivalVariation: 1 })
    case 'offline': {
      const concurrency = offlineUsersPerDevice * devicesPerReplica(deployment.pool.parallelism)
      return ask({ kind: 'closed', concurrency, requests: null })
    }
    case 'limited':
      return largestRateWithin(load, deployment, ask)
  }
}

interface Limits {
  readonly ttftP99Ms: number
  readonly tpotP99Ms: number
}

/** Bisection over the rate: both percentiles grow with it. Null when even a hundredth of the capacity misses a limit. */
export function largestRateWithin(
  limits: Limits,
  deployment: AggregatedDeployment,
  ask: Ask,
): Performance | null {
  const concurrency = offlineUsersPerDevice * devicesPerReplica(deployment.pool.parallelism)
  const capacity = ask({ kind: 'closed', concurrency, requests: null })?.requestsPerSecond
  if (capacity === undefined) return null
  const at = (share: number) => {
    const answer = ask({ kind: 'open', requestsPerSecond: share * capacity, arrivalVariation: 1 })
    return answer !== null && meets(answer, limits) ? answer : null
  }
  let best = at(leastRateShare)
  if (best === null) return null
  let low = leastRateShare
  let high = highestRateShare
  const all = at(high)
  if (all !== null) return all
  for (let step = 0; step < bisections; step++) {
    const middle = (low + high) / 2
    const answer = at(middle)
    if (answer === null) high = middle
    else {
      best = answer
      low = middle
    }
  }
  return best
}

function meets({ ttft, tpot }: Performance, limits: Limits): boolean {
  return ttft.p99Ms <= limits.ttftP99Ms && tpot.p99Ms <= limits.tpotP99Ms
}
