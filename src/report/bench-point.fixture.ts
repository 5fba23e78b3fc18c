/** One load of a measurement for the report's tests, with bill, meters and prediction where it is priced. */
import type { BenchPoint, ClientHealth } from '../measure/bench-result.ts'
import type { MeasuredCost } from '../measure/measured-cost.ts'
import { latencyIntervals } from '../measure/percentile-interval.ts'
import { predictionCheck } from '../measure/prediction-check.ts'
import type { TokenAccount } from '../measure/token-account.ts'
import type { Verdict } from '../measure/verdict.ts'
import {
  type LatencyClock,
  latencyCurves,
  type Objective,
  type RunSummary,
  runTimeline,
} from '../metrics/index.ts'
import { type Play, play } from './bench-play.fixture.ts'

const client: ClientHealth = {
  wallSeconds: 61.2,
  cpuSeconds: 12.9,
  cpuShare: 0.21,
  cpuMicrosecondsPerChunk: 9.4,
  eventLoopDelay: { p50Ms: 0.08, p99Ms: 1.2, maximumMs: 9 },
  scheduleLateness: { count: 400, p50Ms: 0.05, p99Ms: 0.4, maximumMs: 2 },
  askedRequestsPerSecond: null,
  achievedRequestsPerSecond: null,
  chunks: 102_300,
  coalescedShare: 0.013,
  connectionsOpened: 16,
  staleRetries: 3,
  workers: 1,
}

function tokensOf({ wholeRun, requests }: RunSummary, outputTokens: number): TokenAccount {
  const { inputTokens, outputTokens: output } = wholeRun
  return {
    server: {
      requests: wholeRun.requests,
      inputTokens,
      cachedTokens: wholeRun.cachedInputTokens,
      cacheWriteTokens: 0,
      inputAudioTokens: 0,
      outputTokens: output,
      reasoningTokens: Math.round(output / 8),
      outputAudioTokens: 0,
    },
    client: { contentChunks: output - 12, characters: output * 4, tokens: output + 40, tokenizer: 'o200k' },
    askedInputTokens: inputTokens,
    askedOutputTokens: wholeRun.requests * outputTokens,
    requestsWithoutUsage: 0,
    counters: {
      engine: 'vllm',
      rows: [
        {
          name: 'requests',
          metric: 'vllm:request_success_total',
          server: wholeRun.requests,
          client: wholeRun.requests,
          residual: 0,
        },
        {
          name: 'output tokens',
          metric: 'vllm:generation_tokens_total',
          server: output + requests.failed,
          client: output,
          residual: requests.failed,
        },
      ],
      resetSeen: false,
      reconciles: requests.failed === 0,
      explanation: requests.failed === 0 ? '' : 'requests that broke off were counted by the engine',
    },
  }
}

/** 8 devices at $2.90, for a million tokens at the rates that were measured. */
const usdPerHour = 23.2

function costOf({ steady, fullRun, tokens, goodput, requests }: RunSummary): MeasuredCost | null {
  const rates = steady ?? fullRun
  const perSecond = rates.totalTokensPerSecond
  const outputPerSecond = rates.outputTokensPerSecond
  if (perSecond === null || outputPerSecond === null || outputPerSecond === 0) return null
  const seconds = rates.endSeconds - rates.startSeconds
  const bill = (usdPerHour / 3600) * seconds
  const blended = (usdPerHour / 3600 / perSecond) * 1e6
  const parts = { uncached: 0.3, cached: 0.01, output: 0.69 }
  const share = (part: number, perClass: number) => (bill * part * 1e6) / (perClass * seconds)
  const cachedShare = tokens.cachedInputShare ?? 0
  const input = perSecond - outputPerSecond
  const nano = (usd: number) => String(Math.round(usd * 1e9))
  return {
    hardware: '8 × h200-sxm reserved, market survey',
    usdPerHour,
    lines: [
      {
        name: '8 × h200-sxm reserved, market survey',
        component: 'capital',
        included: false,
        formula: '8 devices × $2.9/device-hour = $23.20/h',
      },
    ],
    priceSource: 'market survey, 2026-09',
    billedSeconds: seconds,
    allocation: {
      billNanoUsd: nano(bill),
      uncachedInputNanoUsd: nano(bill * parts.uncached),
      cachedInputNanoUsd: nano(bill * parts.cached),
      outputNanoUsd: nano(bill * parts.output),
      idleNanoUsd: '0',
    },
    allocationMethod: 'engine-time',
    allocationBasis: 'engine time by the counters of vllm',
    perMillionTokens: {
      blended,
      perOutputToken: (usdPerHour / 3600 / outputPerSecond) * 1e6,
      uncachedInput: share(parts.uncached, input * (1 - cachedShare)),
      cachedInput: cachedShare > 0 ? share(parts.cached, input * cachedShare) : null,
      output: share(parts.output, outputPerSecond),
      idle: 0,
      method: 'engine-time',
    },
    usdPerMillionGoodTokens: goodput.share === null || goodput.share === 0 ? null : blended / goodput.share,
    usdPerRequest: requests.served === 0 ? null : bill / requests.served,
    byLoadFactor: [0.2, 0.5, 0.8, 1].map(loadFactor => ({
      loadFactor,
      usdPerMillionTokens: blended / loadFactor,
    })),
    breakEven: [
      {
        provider: 'some provider',
        model: 'llama-3.1-70b-instruct',
        usdPerMillionTokens: 0.72,
        breakEvenLoadFactor: blended / 0.72,
        source: 'list price, 2026-09',
      },
      {
        provider: 'cheapest provider',
        model: 'llama-3.1-70b-instruct',
        usdPerMillionTokens: 0.1,
        breakEvenLoadFactor: null,
        source: 'list price, 2026-09',
      },
    ],
    notCounted: ['availability: the deployment is taken as always up'],
  }
}

export interface PointOptions {
  readonly verdict: Verdict
  readonly objectives: readonly Objective[]
  readonly clock: LatencyClock
  /** With price, energy and a prediction. */
  readonly priced: boolean
}

export function point(part: Play, options: PointOptions): BenchPoint {
  const { metrics, summary, endUs } = play(part, options.objectives, options.clock)
  const cost = options.priced ? costOf(summary) : null
  const end = { endUs, devices: 8, unfinished: 0, joules: null }
  const watts = 2600 + 30 * part.users
  const { latency, steady, fullRun } = summary
  const perDevice = (steady ?? fullRun).totalTokensPerSecondPerDevice
  return {
    load: part.load,
    summary,
    timeline: runTimeline(metrics.series, end),
    intervals: latencyIntervals(metrics),
    curves: latencyCurves(metrics, options.clock),
    tokens: tokensOf(summary, part.outputTokens),
    client: { ...client, askedRequestsPerSecond: part.load.requestsPerSecond },
    verdict: options.verdict,
    cost,
    energy:
      cost === null
        ? null
        : {
            source: 'dcgm',
            powerBasis: 'board',
            devices: 8,
            seconds: endUs / 1e6,
            counterJoules: (watts * endUs) / 1e6,
            integratedJoules: (watts * endUs) / 1.01e6,
            disagreement: 0.01,
            joules: (watts * endUs) / 1e6,
            meanWatts: watts,
            joulesPerOutputToken: (watts * endUs) / 1e6 / summary.wholeRun.outputTokens,
            tokensPerSecondPerMegawatt: ((fullRun.totalTokensPerSecond ?? 0) / watts) * 1e6,
            usdPerMillionTokens: null,
            warnings: [],
          },
    prediction:
      cost === null
        ? null
        : predictionCheck(
            '8 × h200-sxm, vLLM, fp8, TP8',
            {
              usdPerMillionTokens: cost.perMillionTokens.blended * 0.94,
              meanTtftMs: (latency.ttftService.meanMs ?? 0) * 0.7,
              meanTpotMs: (latency.tpot.meanMs ?? 0) * 0.92,
              tokensPerSecondPerDevice: (perDevice ?? 0) / 0.94,
              band: {
                tpot: { low: 0.88, high: 1.18 },
                ttft: { low: 0.6, high: 1.3 },
                cost: { low: 0.85, high: 1.25 },
              },
            },
            {
              usdPerMillionTokens: cost.perMillionTokens.blended,
              meanTtftMs: latency.ttftService.meanMs,
              meanTpotMs: latency.tpot.meanMs,
              tokensPerSecondPerDevice: perDevice,
            },
          ),
    transcription: null,
  }
}
