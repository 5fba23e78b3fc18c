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
  /** Requests per second of one replica, within its objectives: TTFT for prefill, TPOT for decode. */
  readonly requestsPerSecond: number
  /** Dollars per request at that rate. */
  readonly usdPerRequest: number
}

const partnerReplicas = 1_000_000
/** Far above anything that can be served: the answer is the rate that can. */
const floodPerSecond = 1e7
/** Queues shorten as a pool grows: a pool of this many stands for all. */
const prefillReplicas = 4
/** Prefill pools are planned up to this utilisation, beyond which queues make TTFT explode; below the other they are idle. */
const mostUtilisation = 0.85
const leastUtilisation = 0.1
const poolsKept = { prefill: 2, decode: 3 }

interface ProbedPrefill {
  readonly predict: LoadPredictor
  readonly pool: PoolChoice
}

interface ProbedDecode {
  readonly curve: LoadCurve
  readonly low: OperatingPoint
  readonly high: OperatingPoint
  readonly pool: PoolChoice
}

/** The pools of one engine choice: all layouts estimated at once, the best few made exact when asked for. */
export class PoolProbe {
  readonly choice: EngineChoice
  /** Dollars per request that no prefill and no decode pool of this choice can undercut; Infinity when none can run. */
  readonly prefillBound: number
  readonly decodeBound: number
  predictions = 0
  readonly #request: PlanRequest
  readonly #context: PlanContext
  readonly #objectives: readonly Objective[]
  readonly #prefill: readonly ProbedPrefill[]
  readonly #decode: readonly ProbedDecode[]
  #exactPrefill: readonly PoolChoice[] | null = null
  #exactDecode: readonly PoolChoice[] | null = null

  constructor(
    request: PlanRequest,
    context: PlanContext,
    choice: EngineChoice,
    objectives: readonly Objective[],
  ) {
    this.#request = request
    this.#context = context
    this.choice = choice
    this.#objectives = objectives
    const { hardware, engine, precision } = choice
    const layouts = layoutsFor(context.architecture, hardware.accelerator, engine, {
      maximumDevices: Math.max(1, request.maximumDevices - 1),
      weightBytes: weightBytes(context.architecture, precision),
    }).filter(layout => layout.pipeline === 1)
    // Without drafts and with one: longer drafts are tried where it matters.
    const drafts = speculationChoices(request, context, engine, 1).slice(0, 2)
    this.#prefill = layouts.flatMap(layout => this.#floodPrefill(layout) ?? []).sort(byPool)
    this.#decode =
      this.#prefill.length === 0
        ? []
        : layouts
            .flatMap(layout => drafts.flatMap(draft => this.#estimateDecode(layout, draft) ?? []))
            .sort(byPool)
    this.prefillBound = (this.#prefill[0]?.pool.usdPerRequest ?? Number.POSITIVE_INFINITY) / mostUtilisation
    this.decodeBound = this.#decode[0]?.pool.usdPerRequest ?? Number.POSITIVE_INFINITY
  }

  /** By the rate within the TTFT objectives. */
  prefillPools(): readonly PoolChoice[] {
    const objectives = this.#objectives.filter(objective => objective.metric === 'ttft')
    this.#exactPrefill ??= this.#prefill
      .slice(0, poolsKept.prefill * 2)
      .flatMap(({ predict, pool }) => {
        const rate = this.#rateWithin(objectives, predict, pool.requestsPerSecond)
        return rate === null ? [] : [this.#poolChoice(pool.parallelism, null, rate)]
      })
      .sort(byUsdPerRequest)
      .slice(0, poolsKept.prefill)
    return this.#exactPrefill
  }

  /** By the rate within the TPOT objectives, with every draft length for the best layouts. */
  decodePools(): readonly PoolChoice[] {
    if (this.#exactDecode !== null) return this.#exactDecode
    const layouts = [...new Set(this.#decode.map(entry => entry.pool.parallelism))].slice(0, poolsKept.decode)
    const drafts = speculationChoices(this.#request, this.#context, this.choice.engine, 1).slice(2)
    const more = layouts.flatMap(layout => drafts.flatMap(draft => this.#estimateDecode(layout, draft) ?? []))
    this.#exactDecode = [...this.#decode, ...more]
      .sort(byPool)
      .slice(0, poolsKept.decode)
      .map(entry => this.#exactly(entry))
      .sort(byUsdPerRequest)
    return this.#exactDecode
  }

  /** Null when the layout cannot run. */
  #floodPrefill(parallelism: Parallelism): ProbedPrefill | null {
    const predict = this.#predictor(
      { parallelism, replicas: prefillReplicas },
      { parallelism, replicas: partnerReplicas },
      null,
    )
    this.predictions++
    const flood = predict({ kind: 'open', requestsPerSecond: floodPerSecond, arrivalVariation: 1 })
    if (flood.feasible || flood.reason !== 'overload' || flood.shortfall === null) return null
    const capacity = (floodPerSecond - flood.shortfall) / prefillReplicas
    return { predict, pool: this.#poolChoice(parallelism, null, capacity) }
  }

  /** Requests per second of one of several replicas that meet the objectives; null when hardly any do. */
  #rateWithin(
    objectives: readonly Objective[],
    predict: LoadPredictor,
    capacityPerSecond: number,
  ): number | null {
    const meets = (share: number) => {
      this.predictions++
      const requestsPerSecond = share * capacityPerSecond * prefillReplicas
      const answer = predict({ kind: 'open', requestsPerSecond, arrivalVariation: 1 })
      return answer.feasible && (tightestObjective(objectives, answer)?.ratio ?? 0) <= 1
    }
    let low = leastUtilisation
    let high = mostUtilisation
    if (meets(high)) return high * capacityPerSecond
    if (!meets(low)) return null
    for (let step = 0; step < 5; step++) {
      const middle = (low + high) / 2
      if (meets(middle)) low = middle
      else high = middle
    }
    return low * capacityPerSecond
  }

  /** Null when the layout cannot run or one request alone misses a TPOT objective. */
  #estimateDecode(parallelism: Parallelism, speculation: Speculation | null): ProbedDecode | null {
    const paced = this.#objectives.filter(objective => objective.metric === 'tpot')
    const cost = pointCost(null, this.#request.shape, Number.POSITIVE_INFINITY, 1)
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
    const { hardware } = this.choice
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
    return pairShape(this.choice, this.choice.hardware, this.choice.hardware, prefill, decode, speculation)
  }
}

function byPool(a: { readonly pool: PoolChoice }, b: { readonly pool: PoolChoice }): number {
  return byUsdPerRequest(a.pool, b.pool)
}

/** Cheaper first, then smaller. */
function byUsdPerRequest(a: PoolChoice, b: PoolChoice): number {
  return (
    a.usdPerRequest - b.usdPerRequest || devicesPerReplica(a.parallelism) - devicesPerReplica(b.parallelism)
  )
}
