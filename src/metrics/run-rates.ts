/**
 * Throughput: tokens of served requests ÷ time, over the whole run and over its steady window, per deployment and per
 * device over all devices of all pools. Goodput the same way, of the requests that met every objective.
 */
import { ratioOrNull } from './latency-summary.ts'
import type { RunEnd } from './run-end.ts'
import type { RunMetrics } from './run-metrics.ts'
import { energyIn, type RunColumn } from './run-series.ts'
import { steadyWindow } from './steady-window.ts'
import { microsecondsPerSecond } from './time-units.ts'

/** Of served requests, over a stretch of the run. Null where it has no length, or devices or energy are unknown. */
export interface RunRates {
  readonly startSeconds: number
  readonly endSeconds: number
  readonly requestsPerSecond: number | null
  readonly inputTokensPerSecond: number | null
  readonly outputTokensPerSecond: number | null
  /** Input, cached input included, and output. */
  readonly totalTokensPerSecond: number | null
  /** Over all devices of all pools. */
  readonly outputTokensPerSecondPerDevice: number | null
  readonly totalTokensPerSecondPerDevice: number | null
  /** Requests that met every objective, and their output tokens. */
  readonly goodRequestsPerSecond: number | null
  readonly goodOutputTokensPerSecond: number | null
}

export interface SteadyRates extends RunRates {
  readonly plateauInFlight: number
  /** See SteadyWindow: 1 when the run stood still, well above when a queue grew. */
  readonly drift: number | null
  readonly watts: number | null
  readonly joulesPerOutputToken: number | null
}

/** Over the whole run after warm-up: from the first request sent to the last one over. */
export function fullRunRates(
  { measured, firstSentUs, lastEndedUs }: RunMetrics,
  devices: number | null,
): RunRates {
  const startUs = Number.isFinite(firstSentUs) ? firstSentUs : 0
  const amounts = {
    requests: measured.served,
    inputTokens: measured.inputTokens,
    outputTokens: measured.outputTokens,
    goodRequests: measured.met,
    goodOutputTokens: measured.metOutputTokens,
  }
  return rates(amounts, startUs, Math.max(startUs, lastEndedUs), devices)
}

/** Over the steady window; null when there is none. */
export function steadyRates(metrics: RunMetrics, end: RunEnd): SteadyRates | null {
  const { series, firstSentUs, lastEndedUs } = metrics
  if (!Number.isFinite(firstSentUs)) return null
  const inFlight = series.amounts(series.column('inFlight'))
  const window = steadyWindow(inFlight, series.widthUs, firstSentUs, lastEndedUs)
  if (window === null) return null
  const { startUs, endUs, plateauInFlight, drift } = window
  const within = (name: RunColumn) => series.between(series.column(name), startUs, endUs)
  const amounts = {
    requests: within('served'),
    inputTokens: within('inputTokens'),
    outputTokens: within('outputTokens'),
    goodRequests: within('metRequests'),
    goodOutputTokens: within('metOutputTokens'),
  }
  const joules = energyIn(series, end, startUs, endUs)
  return {
    ...rates(amounts, startUs, endUs, end.devices),
    plateauInFlight,
    drift,
    watts: joules === null ? null : ratioOrNull(joules, (endUs - startUs) / microsecondsPerSecond),
    joulesPerOutputToken: joules === null ? null : ratioOrNull(joules, amounts.outputTokens),
  }
}

interface Amounts {
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly goodRequests: number
  readonly goodOutputTokens: number
}

/** Throughput: amounts ÷ time, and ÷ all devices. */
function rates(amounts: Amounts, startUs: number, endUs: number, devices: number | null): RunRates {
  const seconds = (endUs - startUs) / microsecondsPerSecond
  const deviceSeconds = devices === null ? null : devices * seconds
  const total = amounts.inputTokens + amounts.outputTokens
  return {
    startSeconds: startUs / microsecondsPerSecond,
    endSeconds: endUs / microsecondsPerSecond,
    requestsPerSecond: ratioOrNull(amounts.requests, seconds),
    inputTokensPerSecond: ratioOrNull(amounts.inputTokens, seconds),
    outputTokensPerSecond: ratioOrNull(amounts.outputTokens, seconds),
    totalTokensPerSecond: ratioOrNull(total, seconds),
    outputTokensPerSecondPerDevice: ratioOrNull(amounts.outputTokens, deviceSeconds),
    totalTokensPerSecondPerDevice: ratioOrNull(total, deviceSeconds),
    goodRequestsPerSecond: ratioOrNull(amounts.goodRequests, seconds),
    goodOutputTokensPerSecond: ratioOrNull(amounts.goodOutputTokens, seconds),
  }
}
