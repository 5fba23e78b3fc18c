/**
 * What one shape does from one request in flight to a full KV cache, and the largest load within the objectives.
 * Assumes that latencies grow with the load; concurrency is continuous, so the binding objective is met exactly.
 */
import type { Infeasible, Performance, RequestShape } from '../../perf/deployment.ts'
import { tightestObjective } from '../objectives.ts'
import type { Objective } from '../types.ts'
import type { LoadPredictor } from './context.ts'
import { averageWatts } from './power.ts'
import { type DeploymentShape, servingPool, shapeUsdPerHour } from './shape.ts'

/** One shape at one closed-loop concurrency. */
export interface OperatingPoint {
  readonly shape: DeploymentShape
  readonly concurrency: number
  readonly performance: Performance
  readonly usdPerHour: number
  /** What points are ranked by: dollars per million tokens at full load, or at the demand (cost-of-point). */
  readonly cost: number
  /** Nearest objective and value ÷ limit; ≤ 1 = all met. Null without objectives. */
  readonly tightest: { readonly objective: Objective; readonly ratio: number } | null
}

/** Engines cap running sequences (vLLM max_num_seqs, SGLang max_running_requests); more per group is not deployed. */
const mostSequencesPerGroup = 2048
/** Objectives are met to this relative accuracy. */
const limitTolerance = 5e-4
const mostSteps = 40

/** What points are ranked by. */
export interface PointCost {
  /** Mean demand ÷ capacity bought. */
  readonly loadFactor: number
  /** Dollars per million tokens of one group of devices that completes so many requests per second when full. */
  readonly perMillionTokens: (requestsPerSecond: number, usdPerHour: number, devices: number) => number
}

/** $/Mtok at full load, or for a demand in requests/s that whole groups must carry; Infinity beyond the device limit. */
export function pointCost(
  demandPerSecond: number | null,
  shape: RequestShape,
  maximumDevices: number,
  loadFactor: number,
): PointCost {
  const servedPerRequest = (shape.inputTokens + shape.outputTokens) * 3600 * loadFactor
  return {
    loadFactor,
    perMillionTokens: (requestsPerSecond, usdPerHour, devices) => {
      if (demandPerSecond === null) return (usdPerHour / (requestsPerSecond * servedPerRequest)) * 1e6
      const groups = groupsNeeded(demandPerSecond, requestsPerSecond)
      if (groups * devices > maximumDevices) return Number.POSITIVE_INFINITY
      return ((groups * usdPerHour) / (demandPerSecond * servedPerRequest)) * 1e6
    },
  }
}

/** Whole groups for a demand, with room for the last bit of rounding. */
export function groupsNeeded(demandPerSecond: number, groupPerSecond: number): number {
  return Math.max(1, Math.ceil(demandPerSecond / groupPerSecond - 1e-9))
}

export class LoadCurve {
  readonly shape: DeploymentShape
  readonly cost: PointCost
  readonly #predict: LoadPredictor
  readonly #objectives: readonly Objective[]
  /** Predictions asked for. */
  predictions = 0

  constructor(
    shape: DeploymentShape,
    predict: LoadPredictor,
    objectives: readonly Objective[],
    cost: PointCost,
  ) {
    this.shape = shape
    this.#predict = predict
    this.#objectives = objectives
    this.cost = cost
  }

  at(concurrency: number): OperatingPoint | Infeasible {
    this.predictions++
    const performance = this.#predict({ kind: 'closed', concurrency, requests: null })
    if (!performance.feasible) return performance
    const usdPerHour = shapeUsdPerHour(this.shape, averageWatts(performance, this.cost.loadFactor))
    return {
      shape: this.shape,
      concurrency,
      performance,
      usdPerHour,
      cost: this.cost.perMillionTokens(performance.requestsPerSecond, usdPerHour, this.shape.devices),
      tightest: tightestObjective(this.#objectives, performance),
    }
  }

  /** Requests in flight that fill the KV cache, or the engines' own cap. */
  fullConcurrency(performance: Performance): number {
    const pool = servingPool(this.shape.deployment)
    const groups = pool.replicas * pool.parallelism.attentionData
    const perGroup = Math.min(performance.memory.maximumSequences, mostSequencesPerGroup)
    // Disaggregated: as many again may be in the prefill pool; the objectives decide how many.
    const elsewhere = this.shape.deployment.mode === 'disaggregated' ? 1.5 : 1
    return Math.max(1, perGroup * groups * elsewhere)
  }

  /**
   * The largest load within the objectives, between a point that meets them and one that may not. `worthwhile` is asked
   * with a cost that no load still possible can undercut (cost falls with the load); false gives up, and null is returned.
   */
  largestFeasible(
    low: OperatingPoint,
    high: OperatingPoint,
    worthwhile: (lowestCost: number) => boolean = () => true,
  ): OperatingPoint | null {
    if (meetsObjectives(high)) return high
    let feasible = low
    let a = Math.log(low.concurrency)
    let b = Math.log(high.concurrency)
    let fa = excess(low)
    let fb = excess(high)
    let side = 0
    for (let step = 0; step < mostSteps && b - a > limitTolerance; step++) {
      // Regula falsi in ln–ln space, Illinois variant; halving when it stalls on a kink.
      let x = (a * fb - b * fa) / (fb - fa)
      if (!(x > a + (b - a) * 0.01 && x < b - (b - a) * 0.01) || step % 4 === 3) x = (a + b) / 2
      const point = this.at(Math.exp(x))
      const fx = 'cost' in point ? excess(point) : 1
      if (fx <= 0 && 'cost' in point) {
        feasible = point
        if (fx > -limitTolerance) break
        a = x
        fa = fx
        if (side === -1) fb /= 2
        side = -1
      } else {
        if ('cost' in point && !worthwhile(Math.min(point.cost, low.cost))) return null
        b = x
        fb = fx
        if (side === 1) fa /= 2
        side = 1
      }
    }
    return feasible
  }
}

export function meetsObjectives(point: OperatingPoint): boolean {
  return point.tightest === null || point.tightest.ratio <= 1
}

/** ln of the worst value ÷ limit: positive = an objective is missed. */
function excess(point: OperatingPoint): number {
  return point.tightest === null ? -1 : Math.log(Math.max(point.tightest.ratio, 1e-12))
}
