/** The plan's prediction for the deployment that was measured: "predicted $0.31, measured $0.36, inside the band". */
import { secondsPerHour, tokensPerMillion } from '../cost/power.ts'
import type { Load, Performance, RequestShape } from '../perf/deployment.ts'
import type { LoadPoint } from './bench-result.ts'

export interface PredictionCheck {
  readonly deployment: string
  readonly rows: readonly PredictionRow[]
}

export interface PredictionRow {
  readonly name: 'usd per million tokens' | 'TTFT mean' | 'TPOT mean' | 'tokens/s per GPU'
  readonly unit: string
  readonly predicted: number
  readonly measured: number | null
  /** The plan's 80 % band around the prediction. */
  readonly low: number | null
  readonly high: number | null
  readonly inside: boolean | null
}

/** Ends of an 80 % band as multiples of the prediction: what a plan's ErrorBand holds. */
export interface RelativeBand {
  readonly low: number
  readonly high: number
}

export interface PredictedFigures {
  /** Null when the measured hardware has no price. */
  readonly usdPerMillionTokens: number | null
  readonly meanTtftMs: number
  readonly meanTpotMs: number
  readonly tokensPerSecondPerDevice: number
  /** Null: nothing is known of the error of this prediction. */
  readonly band: {
    readonly tpot: RelativeBand
    readonly ttft: RelativeBand
    /** Of dollars per token. Price and seconds being given, all of it is throughput's error. */
    readonly cost: RelativeBand
  } | null
}

/** Null for what was not measured. */
export interface MeasuredFigures {
  readonly usdPerMillionTokens: number | null
  readonly meanTtftMs: number | null
  readonly meanTpotMs: number | null
  readonly tokensPerSecondPerDevice: number | null
}

/**
 * Compares; the band of throughput is the reciprocal of the band of cost. TTFT is the service clock's on both sides: the
 * model counts from arrival at the engine, the client from send.
 */
export function predictionCheck(
  deployment: string,
  predicted: PredictedFigures,
  measured: MeasuredFigures,
): PredictionCheck {
  const { band } = predicted
  const throughput = band === null ? null : { low: 1 / band.cost.high, high: 1 / band.cost.low }
  const rows = [
    ...(predicted.usdPerMillionTokens === null
      ? []
      : [
          row(
            'usd per million tokens',
            'USD',
            predicted.usdPerMillionTokens,
            measured.usdPerMillionTokens,
            band?.cost ?? null,
          ),
        ]),
    row('TTFT mean', 'ms', predicted.meanTtftMs, measured.meanTtftMs, band?.ttft ?? null),
    row('TPOT mean', 'ms', predicted.meanTpotMs, measured.meanTpotMs, band?.tpot ?? null),
    row(
      'tokens/s per GPU',
      'tokens/s',
      predicted.tokensPerSecondPerDevice,
      measured.tokensPerSecondPerDevice,
      throughput,
    ),
  ]
  return { deployment, rows }
}

/**
 * Figures of a prediction (perf's predict, for the measured load and lengths) at the measured hourly price, so that the row
 * of cost tells of throughput alone; usdPerHour null: no price.
 */
export function figuresOfPerformance(
  performance: Performance,
  usdPerHour: number | null,
  band: PredictedFigures['band'],
): PredictedFigures {
  return {
    usdPerMillionTokens:
      usdPerHour === null
        ? null
        : (usdPerHour * tokensPerMillion) / (performance.totalTokensPerSecond * secondsPerHour),
    meanTtftMs: performance.ttft.meanMs,
    meanTpotMs: performance.tpot.meanMs,
    tokensPerSecondPerDevice: performance.totalTokensPerSecondPerDevice,
    band,
  }
}

/** What a deployment file promises for its own load, and what it is of. */
export interface PlannedFigures {
  readonly meanTtftMs: number
  readonly meanTpotMs: number
  readonly requestsPerSecond: number
  readonly usdPerMillionTokens: number
  readonly band: PredictedFigures['band']
}

/** Figures as a deployment file promised them, at its own price: right only when its own load was measured. */
export function figuresOfPlan(plan: PlannedFigures, shape: RequestShape, devices: number): PredictedFigures {
  return {
    usdPerMillionTokens: plan.usdPerMillionTokens,
    meanTtftMs: plan.meanTtftMs,
    meanTpotMs: plan.meanTpotMs,
    tokensPerSecondPerDevice: (plan.requestsPerSecond * (shape.inputTokens + shape.outputTokens)) / devices,
    band: plan.band,
  }
}

/**
 * The load of a measured point in the model's words: users at once are a closed loop; a rate, or the rate a schedule came
 * to, an open one. Null when nothing was served. `arrivalVariation`: of the gaps; 1 is Poisson.
 */
export function loadOfPoint(
  point: LoadPoint,
  achievedRequestsPerSecond: number | null,
  arrivalVariation = 1,
): Load | null {
  const { kind, concurrency } = point
  if (kind === 'concurrency' || kind === 'sessions')
    return concurrency === null || concurrency <= 0 ? null : { kind: 'closed', concurrency, requests: null }
  const requestsPerSecond = point.requestsPerSecond ?? achievedRequestsPerSecond
  return requestsPerSecond === null || requestsPerSecond <= 0
    ? null
    : { kind: 'open', requestsPerSecond, arrivalVariation }
}

/** Sums over served requests, from which their mean lengths and spread follow. */
export interface LengthSums {
  readonly requests: number
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly squaredInputTokens: number
  readonly squaredOutputTokens: number
}

/** Lengths as they were served; null without requests that had both input and output. */
export function shapeOfLengths(sums: LengthSums): RequestShape | null {
  const { requests, inputTokens, outputTokens } = sums
  if (requests <= 0 || inputTokens <= 0 || outputTokens <= 0) return null
  const variation = (sum: number, squares: number) => {
    const mean = sum / requests
    return Math.sqrt(Math.max(0, squares / requests - mean * mean)) / mean
  }
  return {
    inputTokens: inputTokens / requests,
    outputTokens: outputTokens / requests,
    cachedTokens: sums.cachedTokens / requests,
    inputVariation: variation(inputTokens, sums.squaredInputTokens),
    outputVariation: variation(outputTokens, sums.squaredOutputTokens),
  }
}

function row(
  name: PredictionRow['name'],
  unit: string,
  predicted: number,
  measured: number | null,
  band: RelativeBand | null,
): PredictionRow {
  const low = band === null ? null : predicted * band.low
  const high = band === null ? null : predicted * band.high
  return {
    name,
    unit,
    predicted,
    measured,
    low,
    high,
    inside: measured === null || low === null || high === null ? null : measured >= low && measured <= high,
  }
}
