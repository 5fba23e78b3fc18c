/** From what was measured at a load to its figures: percentiles, verdict, dollars, energy, the plan beside it. */

import type { ApiPrice } from '../measure/api-prices.ts'
import type { BenchPoint } from '../measure/bench-result.ts'
import { reconcile } from '../measure/counter-reconciliation.ts'
import { type EnergyTariff, energyResult } from '../measure/energy.ts'
import { integrateEnergy } from '../measure/energy-integral.ts'
import type { EnergyResult } from '../measure/energy-result.ts'
import { type CostAllocation, defaultAllocation, measuredCost } from '../measure/measured-bill.ts'
import type { MeasuredCost } from '../measure/measured-cost.ts'
import type { PricedHardware } from '../measure/measured-hardware.ts'
import { latencyIntervals } from '../measure/percentile-interval.ts'
import {
  loadOfPoint,
  type PredictedFigures,
  predictionCheck,
  shapeOfLengths,
} from '../measure/prediction-check.ts'
import type { TranscriptionTally } from '../measure/transcription-tally.ts'
import { judge } from '../measure/verdict-judge.ts'
import { latencyCurves } from '../metrics/latency-curves.ts'
import type { Objective, ObjectiveStatistic } from '../metrics/objective.ts'
import type { RunEnd } from '../metrics/run-end.ts'
import { runTimeline } from '../metrics/run-series.ts'
import { type RunSummary, summariseRun } from '../metrics/run-summary.ts'
import type { Load, RequestShape } from '../perf/deployment.ts'
import type { LoadMeasurement } from './run-load.ts'

/** What turns tokens into dollars. */
export interface BenchMoney {
  /** Empty when no hardware was named. */
  readonly devices: readonly PricedHardware[]
  /** Null when the price includes energy, or no tariff is known. */
  readonly tariff: EnergyTariff | null
  /** List prices of the same model. */
  readonly offers: readonly ApiPrice[]
  /** Null without a deployment file. */
  readonly prediction: DeploymentPrediction | null
}

export interface DeploymentPrediction {
  readonly deployment: string
  /** What the model says of this deployment under a load of such requests; null when it cannot serve them. */
  predict(
    load: Load,
    shape: RequestShape,
    usdPerHour: number | null,
  ): { readonly figures: PredictedFigures; readonly allocation: CostAllocation } | null
}

/** Percentiles that every report prints, whether or not an objective rests on them. */
const printedPercentiles = [0.5, 0.95] as const

export function benchPoint(
  measurement: LoadMeasurement,
  objectives: readonly Objective[],
  money: BenchMoney,
  tokenizer: string | null,
  transcription: TranscriptionTally | null,
): BenchPoint {
  const { recorder, load, scrape, client, endUs } = measurement
  const deviceCount = money.devices.reduce((sum, { count }) => sum + count, 0)
  const end: RunEnd = {
    endUs,
    devices: deviceCount === 0 ? null : deviceCount,
    unfinished: measurement.unfinished,
    joules: null,
  }
  const summary = summariseRun(recorder.metrics, end)
  // Engines count what they tell: where no answer reported usage (transcriptions), there is nothing to hold against them.
  const totals = recorder.tally.totals()
  const counters = scrape.spans.length === 0 || totals.requests === 0 ? null : reconcile(scrape.spans, totals)
  const tokens = recorder.tally.account(counters)
  const window = billedWindow(summary)
  const energy = energyOf(measurement, summary, window, deviceCount, money.tariff)
  const shape = shapeOfLengths(recorder.lengths)
  const planned = loadOfPoint(load.point, client.achievedRequestsPerSecond, load.arrivalCv ?? 1)
  const usdPerHour = hourly(money.devices)
  const predicted =
    money.prediction === null || shape === null || planned === null
      ? null
      : money.prediction.predict(planned, shape, usdPerHour)
  const cost = costOf(summary, window, money, energy, predicted?.allocation ?? defaultAllocation)
  return {
    load: load.point,
    summary,
    timeline: runTimeline(recorder.metrics.series, end),
    curves: latencyCurves(recorder.metrics, recorder.metrics.settings.clock),
    intervals: latencyIntervals(recorder.metrics, undefined, recorder.evidence.effectiveShares()),
    tokens,
    client,
    verdict: judge(
      recorder.evidence.evidence({
        client,
        arrivalCv: load.arrivalCv,
        wallClockStepMs: measurement.wallClockStepMs,
        requests: summary.requests,
        percentiles: percentilesOf(objectives),
        tokens: tokenizer === null && tokens.server.requests === 0 ? null : tokens,
      }),
    ),
    cost,
    energy,
    prediction:
      predicted === null || money.prediction === null
        ? null
        : predictionCheck(money.prediction.deployment, predicted.figures, {
            usdPerMillionTokens: cost?.perMillionTokens.blended ?? null,
            meanTtftMs: summary.latency.ttftService.meanMs,
            meanTpotMs: summary.latency.tpot.meanMs,
            tokensPerSecondPerDevice: (summary.steady ?? summary.fullRun).totalTokensPerSecondPerDevice,
          }),
    transcription:
      transcription === null || summary.requests.served === 0
        ? null
        : transcription.result(usdPerHour, window.seconds),
  }
}

function hourly(devices: readonly PricedHardware[]): number | null {
  if (devices.length === 0) return null
  return devices.reduce((sum, { count, price }) => sum + count * price.usdPerDeviceHour, 0)
}

const quantiles: Readonly<Record<ObjectiveStatistic, number | null>> = {
  mean: null,
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
}

function percentilesOf(objectives: readonly Objective[]) {
  const asked = objectives.map(({ statistic }) => quantiles[statistic]).filter(q => q !== null)
  return [
    ...asked.map(q => ({ q, objective: true })),
    ...printedPercentiles.filter(q => !asked.includes(q)).map(q => ({ q, objective: false })),
  ]
}

interface BilledWindow {
  readonly startSeconds: number
  readonly seconds: number
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** The steady window where there is one, else the whole run: filling and emptying are the benchmark's, not the service's. */
function billedWindow({ steady, fullRun }: RunSummary): BilledWindow {
  const rates = steady ?? fullRun
  const seconds = rates.endSeconds - rates.startSeconds
  return {
    startSeconds: rates.startSeconds,
    seconds,
    requests: (rates.requestsPerSecond ?? 0) * seconds,
    inputTokens: (rates.inputTokensPerSecond ?? 0) * seconds,
    outputTokens: (rates.outputTokensPerSecond ?? 0) * seconds,
  }
}

function energyOf(
  { scrape, scrapeOffsetSeconds }: LoadMeasurement,
  summary: RunSummary,
  window: BilledWindow,
  expectedDevices: number,
  tariff: EnergyTariff | null,
): EnergyResult | null {
  if (scrape.meter === null || !(window.seconds > 0)) return null
  const { steady, fullRun } = summary
  const rates = steady ?? fullRun
  const startSeconds = scrapeOffsetSeconds + rates.startSeconds
  const energyWindow = { startSeconds, endSeconds: startSeconds + window.seconds }
  return energyResult({
    meter: scrape.meter,
    window: energyWindow,
    devices: integrateEnergy(scrape.devices, energyWindow),
    expectedDevices: expectedDevices === 0 ? null : expectedDevices,
    outputTokens: window.outputTokens,
    totalTokens: window.inputTokens + window.outputTokens,
    tariff,
  })
}

function costOf(
  summary: RunSummary,
  window: BilledWindow,
  money: BenchMoney,
  energy: EnergyResult | null,
  allocation: CostAllocation,
): MeasuredCost | null {
  if (money.devices.length === 0) return null
  const cachedShare = summary.tokens.cachedInputShare ?? 0
  const { goodput, tokens } = summary
  const all = tokens.input + tokens.output
  // The window has all requests in its rates; what of them met the objectives is known of the whole run.
  const goodShare = all === 0 ? 0 : (goodput.inputTokens + goodput.outputTokens) / all
  return measuredCost({
    devices: money.devices,
    billedSeconds: window.seconds,
    tokens: {
      uncachedInput: window.inputTokens * (1 - cachedShare),
      cachedInput: window.inputTokens * cachedShare,
      output: window.outputTokens,
    },
    requests: window.requests,
    goodTokens:
      summary.objectives.length === 0 ? null : goodShare * (window.inputTokens + window.outputTokens),
    allocation,
    power: energy === null ? null : { watts: energy.meanWatts, basis: energy.powerBasis },
    idlePower: null,
    tariff: money.tariff,
    extraUsdPerHour: [],
    offers: money.offers,
  })
}
