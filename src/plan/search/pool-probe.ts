/**
 * What prefill and decode pools can do on their own. A pool is given a partner of a million replicas, so that it alone
 * limits the rate: a flood of requests shows a prefill pool's capacity, the TPOT objective a decode pool's.
 */
import { devicesPerReplica, type Parallelism, type Pool, type Speculation } from '../../perf/deployment.ts'
import { tightestObjective } from '../objectives.ts'
import type { Objective, PlanRequest } from '../types.ts'
import { type EngineChoice, type Hardware, speculationChoices, weightBytes } from './aggregated-shapes.ts'
import type { LoadPredictor, PlanContext } from './context.ts'
import { optimisticLoad } from './curve-estimate.ts'
import { layoutsFor } from './layouts.ts'
import { LoadCurve, meetsObjectives, type OperatingPoint, pointCost } from './load-curve.ts'
import { pairShape } from './pair-shape.ts'
import { type DeploymentShape, questionOf } from './shape.ts'

/** A pool layout with what one replica does on its own. */
export interface PoolChoice {
  readonly hardware: Hardware
  readonly parallelism: Parallelism
  readonly speculation: Speculation | null
  /** Requests per second of one replica, at its objectives (decode) or its capacity (prefill). */
  readonly requestsPerSecond: number
  /** Dollars per request at that rate. */
  readonly usdPerRequest: number
}

export interface ProbedPools {
  readonly choice: EngineChoice
  readonly prefill: readonly PoolChoice[]
  readonly decode: readonly PoolChoice[]
  readonly predictions: number
}

const partnerReplicas = 1_000_000
/** Far above anything that can be served: the answer is the rate that can. */
const floodPerSecond = 1e7
const poolsKept = { prefill: 2, decode: 3 }

/** Layouts of both pools of one engine choice, probed; the cheapest few are kept. */
export function probePools(
  request: PlanRequest,
  context: PlanContext,
  choice: EngineChoice,
  objectives: readonly Objective[],
): ProbedPools {
  const { hardware, engine, precision } = choice
  const layouts = layoutsFor(context.architecture, hardware.accelerator, engine, {
    maximumDevices: Math.max(1, request.maximumDevices - 1),
    weightBytes: weightBytes(context.architecture, precision),
  }).filter(layout => layout.pipeline === 1)
  const probe = new PoolProbe(request, context, choice, objectives)
  return {
    choice,
    prefill: probe.prefillPools(layouts),
    decode: probe.decodePools(layouts),
    predictions: probe.predictions,
  }
}

interface ProbedDecode {
  readonly curve: LoadCurve
  readonly low: OperatingPoint
  readonly high: OperatingPoint
  readonly pool: PoolChoice
}

class PoolProbe {
  readonly #request: PlanRequest
  readonly #context: PlanContext
  readonly #choice: EngineChoice
  readonly #objectives: readonly Objective[]
  predictions = 0

  constructor(
    request: PlanRequest,
    context: PlanContext,
    choice: EngineChoice,
    objectives: readonly Objective[],
  ) {
    this.#request = request
    this.#context = context
    this.#choice = choice
    this.#objectives = objectives
  }

  /** By capacity; then those whose single prompt meets the TTFT objective. */
  prefillPools(layouts: readonly Parallelism[]): PoolChoice[] {
    const objectives = this.#objectives.filter(objective => objective.metric === 'ttft')
    const kept: PoolChoice[] = []
    const probed = layouts.flatMap(parallelism => {
      const predict = this.#predictor(
        { parallelism, replicas: 1 },
        { parallelism, replicas: partnerReplicas },
        null,
      )
      this.predictions++
      const flood = predict({ kind: 'open', requestsPerSecond: floodPerSecond, arrivalVariation: 1 })
      if (flood.feasible || flood.reason !== 'overload' || flood.shortfall === null) return []
      return [{ predict, pool: this.#poolChoice(parallelism, null, floodPerSecond - flood.shortfall) }]
    })
    probed.sort((a, b) => byUsdPerRequest(a.pool, b.pool))
    for (const { predict, pool } of probed) {
      if (kept.length === poolsKept.prefill) break
      this.predictions++
      const alone = predict({ kind: 'closed', concurrency: 1, requests: null })
      const first = alone.feasible ? tightestObjective(objectives, alone) : null
      if (alone.feasible && (first === null || first.ratio <= 1)) kept.push(pool)
    }
    return kept
  }

  /** By the rate within the TPOT objectives: estimated for all layouts, every draft length for the best few, then exact. */
  decodePools(layouts: readonly Parallelism[]): PoolChoice[] {
    const drafts = speculationChoices(this.#request, this.#context, 1)
    const first = layouts.flatMap(layout =>
      drafts.slice(0, 2).flatMap(draft => this.#decode(layout, draft) ?? []),
    )
    first.sort((a, b) => byUsdPerRequest(a.pool, b.pool))
    const bestLayouts = [...new Set(first.map(entry => entry.pool.parallelism))].slice(0, poolsKept.decode)
    const more = bestLayouts.flatMap(layout =>
      drafts.slice(2).flatMap(draft => this.#decode(layout, draft) ?? []),
    )
    return [...first, ...more]
      .sort((a, b) => byUsdPerRequest(a.pool, b.pool))
      .slice(0, poolsKept.decode)
      .map(entry => this.#exactly(entry))
      .sort(byUsdPerRequest)
  }

  /** Null when the layout cannot run or one request alone misses a TPOT objective. */
  #decode(parallelism: Parallelism, speculation: Speculation | null): ProbedDecode | null {
    const paced = this.#objectives.filter(objective => objective.metric === 'tpot')
    const cost = pointCost(null, this.#request.shape, Number.POSITIVE_INFINITY)
    const shape = this.#shape(
      { parallelism, replicas: partnerReplicas },
      { parallelism, replicas: 1 },
      speculation,
    )
    const predict = this.#context.predictor(questionOf(shape, this.#request.shape))
    const curve = new LoadCurve(shape, predict, paced, cost)
    this.predictions++
    const low = curve.at(1)
    if (!('cost' in low) || !meetsObjectives(low)) return null
    this.predictions++
    const full = curve.at(curve.fullConcurrency(low.performance))
    const high = 'cost' in full ? full : low
    const load = high === low ? 1 : optimisticLoad(low, high, paced)
    const share = high === low ? 0 : (load - 1) / (high.concurrency - 1)
    const seconds =
      (1 - share) / low.performance.requestsPerSecond +
      (share * high.concurrency) / high.performance.requestsPerSecond
    return { curve, low, high, pool: this.#poolChoice(parallelism, speculation, load / seconds) }
  }

  #exactly({ curve, low, high, pool }: ProbedDecode): PoolChoice {
    const before = curve.predictions
    const best = curve.largestFeasible(low, high) ?? low
    this.predictions += curve.predictions - before
    return this.#poolChoice(pool.parallelism, pool.speculation, best.performance.requestsPerSecond)
  }

  #predictor(
    prefill: Omit<Pool, 'acceleratorId'>,
    decode: Omit<Pool, 'acceleratorId'>,
    speculation: Speculation | null,
  ): LoadPredictor {
    return this.#context.predictor(questionOf(this.#shape(prefill, decode, speculation), this.#request.shape))
  }

  #poolChoice(
    parallelism: Parallelism,
    speculation: Speculation | null,
    requestsPerSecond: number,
  ): PoolChoice {
    const { hardware } = this.#choice
    const usdPerSecond = (devicesPerReplica(parallelism) * hardware.pricing.price.usdPerDeviceHour) / 3600
    return {
      hardware,
      parallelism,
      speculation,
      requestsPerSecond,
      usdPerRequest: usdPerSecond / requestsPerSecond,
    }
  }

  #shape(
    prefill: Omit<Pool, 'acceleratorId'>,
    decode: Omit<Pool, 'acceleratorId'>,
    speculation: Speculation | null,
  ): DeploymentShape {
    return pairShape(this.#choice, this.#choice.hardware, this.#choice.hardware, prefill, decode, speculation)
  }
}

/** Cheaper first, then smaller. */
function byUsdPerRequest(a: PoolChoice, b: PoolChoice): number {
  return (
    a.usdPerRequest - b.usdPerRequest || devicesPerReplica(a.parallelism) - devicesPerReplica(b.parallelism)
  )
}
