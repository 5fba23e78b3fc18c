/** Measurements for the report's tests. The figures are consistent with each other and were measured nowhere. */
import { RandomSource } from '../core/random.ts'
import type { BenchPoint, BenchResult, ClientHealth, LoadPoint } from '../measure/bench-result.ts'
import type { MeasuredCost } from '../measure/measured-cost.ts'
import { latencyIntervals } from '../measure/percentile-interval.ts'
import { predictionCheck } from '../measure/prediction-check.ts'
import type { TokenAccount } from '../measure/token-account.ts'
import type { TranscriptionResult } from '../measure/transcription-result.ts'
import type { Verdict, VerdictCheck, VerdictLevel } from '../measure/verdict.ts'
import {
  type LatencyClock,
  latencyCurves,
  type Objective,
  type RequestRecord,
  RunMetrics,
  type RunSummary,
  runTimeline,
  summariseRun,
} from '../metrics/index.ts'

const objectives: readonly Objective[] = [
  { metric: 'ttft', statistic: 'p95', limitMs: 500 },
  { metric: 'tpot', statistic: 'p95', limitMs: 25 },
]

/** What one load is made of; users ask again as soon as they are answered. */
interface Play {
  readonly load: LoadPoint
  readonly users: number
  readonly requests: number
  readonly ttftMs: number
  readonly tpotMs: number
  readonly outputTokens: number
  /** Every so many-th request breaks; 0: none. */
  readonly failEvery: number
}

const inputTokens = 1024
const warmUpRequests = 8

interface Played {
  readonly metrics: RunMetrics
  readonly summary: RunSummary
  readonly endUs: number
}

function play(part: Play, judged: readonly Objective[], clock: LatencyClock): Played {
  const random = new RandomSource('bench-fixture').stream(part.load.name)
  const metrics = new RunMetrics({ objectives: judged, clock, isWarmUp: id => id < warmUpRequests })
  const free = Array.from({ length: part.users }, () => Math.round(random.uniform() * 50_000))
  let endUs = 0
  for (let id = 0; id < part.requests + warmUpRequests; id++) {
    const user = free.indexOf(Math.min(...free))
    const record = answered(part, id, free[user]!, random.normal(), random.normal())
    free[user] = record.endedUs
    endUs = Math.max(endUs, record.endedUs)
    metrics.addRecord(record)
    if (id >= warmUpRequests && record.outcome === 'served') addTokens(metrics, record)
  }
  const end = { endUs, devices: 8, unfinished: 0, joules: null }
  return { metrics, summary: summariseRun(metrics, end), endUs }
}

function answered(part: Play, id: number, sentUs: number, a: number, b: number): RequestRecord {
  const fails = part.failEvery > 0 && id % part.failEvery === part.failEvery - 1
  const outputTokens = fails
    ? 0
    : Math.max(1, Math.round(part.outputTokens + 0.2 * a * (part.outputTokens - 1)))
  const firstUs = sentUs + Math.round(part.ttftMs * 1000 * Math.exp(0.35 * b))
  const lastUs = firstUs + Math.round((outputTokens - 1) * part.tpotMs * 1000 * (1 + 0.06 * a))
  return {
    id,
    tenant: '',
    model: 'meta-llama/Llama-3.1-70B-Instruct',
    session: -1,
    turn: 0,
    inputTokens,
    cachedTokens: id % 4 === 0 ? 512 : 0,
    requestedOutputTokens: part.outputTokens,
    outputTokens,
    scheduledUs: sentUs - Math.round(400 * Math.abs(a)),
    sentUs: Math.max(0, sentUs),
    startedUs: Number.NaN,
    firstTokenUs: fails ? Number.NaN : firstUs,
    lastTokenUs: fails ? Number.NaN : lastUs,
    endedUs: fails ? sentUs + 30_000_000 : lastUs + 300,
    outcome: fails ? 'failed' : 'served',
    reason: fails ? 'timeout' : '',
    replica: -1,
    preemptions: 0,
  }
}

/** Steps of one length, every tenth twice as long. */
function addTokens(metrics: RunMetrics, { firstTokenUs, lastTokenUs, outputTokens }: RequestRecord): void {
  const step = (lastTokenUs - firstTokenUs) / Math.max(1, outputTokens - 1)
  const at = (index: number) => firstTokenUs + Math.round(step * (index + (index % 10 === 5 ? 0.8 : 0)))
  const times = Array.from({ length: outputTokens }, (_, index) => at(index))
  metrics.addChunks(
    times,
    times.map(() => 1),
  )
}

const passed: readonly VerdictCheck[] = [
  check('event-loop-delay', 1.2, 5, 'ms', 'The client looked at its sockets up to 1.20 ms late (p99).'),
  check('client-cpu', 0.21, 0.85, 'share of a CPU', 'The busiest client thread used 21 % of a CPU.'),
  check('coalescing', 0.013, 0.1, 'share of chunks', '1.3 % of chunks came in one read with another.'),
  check('errors', 0, 0.01, 'share of requests', '0 requests were rejected or failed.'),
  check('sample-size', 400, 381, 'requests', '400 requests were served; p95 wants 381.'),
  check(
    'output-length',
    0.004,
    0.05,
    'share of tokens asked for',
    'Answers had 255 tokens of 256 asked for.',
  ),
  check('cold-start', 1.1, 2, 'times the later median', 'The first 8 requests were as fast as later ones.'),
  check('drift', 0.04, 0.2, 'change of TTFT', 'TTFT shows no trend over the run (p = 0.40).'),
  check('token-mismatch', 0, 0, 'share of output tokens', "The engine's own counters agree."),
  check('clock-step', 3, 500, 'ms', 'The wall clock moved 3.00 ms forward.'),
]

function check(
  name: VerdictCheck['check'],
  value: number | null,
  limit: number | null,
  unit: string,
  finding: string,
  level: VerdictLevel = 'valid',
  fix = '',
): VerdictCheck {
  return { check: name, level, value, limit, unit, finding, fix }
}

export const drifting = check(
  'drift',
  0.34,
  0.2,
  'change of TTFT',
  'TTFT rose by 34 % over the run (p = 0.0008, 20 stretches).',
  'suspect',
  'A queue is growing, or a cache is filling: measure longer, with a warm-up, or at a lower load.',
)

export const failing = check(
  'errors',
  0.125,
  0.1,
  'share of requests',
  '50 of 400 requests were rejected or failed.',
  'invalid',
  'See the reasons of failures, and read the percentiles with errors as infinitely late.',
)

export function verdictOf(...bad: readonly VerdictCheck[]): Verdict {
  const names = new Set(bad.map(one => one.check))
  const levels = bad.map(({ level }) => level)
  return {
    level: levels.includes('invalid') ? 'invalid' : levels.includes('suspect') ? 'suspect' : 'valid',
    checks: [...bad, ...passed.filter(one => !names.has(one.check))],
  }
}

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

interface PointOptions {
  readonly verdict: Verdict
  readonly objectives: readonly Objective[]
  readonly clock: LatencyClock
  /** With price, energy and a prediction. */
  readonly priced: boolean
}

function point(part: Play, options: PointOptions): BenchPoint {
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

function users(count: number): Play {
  return {
    load: {
      name: `concurrency ${count}`,
      kind: 'concurrency',
      concurrency: count,
      requestsPerSecond: null,
    },
    users: count,
    requests: 400,
    ttftMs: 45 + 4.5 * count,
    tpotMs: 11 + 0.16 * count,
    outputTokens: 256,
    failEvery: 0,
  }
}

const base: Omit<BenchResult, 'points' | 'verdict' | 'command'> = {
  kind: 'tokenwright-bench',
  version: 1,
  tokenwrightVersion: '0.0.0',
  startedAt: '2026-11-21T12:00:00.000Z',
  endpoint: {
    url: 'http://localhost:8000/v1/chat/completions',
    endpoint: 'chat',
    streaming: true,
    model: 'meta-llama/Llama-3.1-70B-Instruct',
    engine: 'vllm',
    engineVersion: '0.11.0',
  },
  seed: 'fixture',
  clock: 'service',
  objectives,
  search: null,
  selfTest: {
    chunksPerSecond: 5000,
    streams: 100,
    ttft: { p50Ms: 0.21, p99Ms: 1.9 },
    tpot: { p50Ms: 0.004, p99Ms: 0.09 },
    requests: 200,
    tokensReconcile: true,
  },
}

const priced = { objectives, clock: 'service', priced: true } as const

/** Five loads, priced and predicted; one is suspect, one invalid. */
export const benchFixture: BenchResult = {
  ...base,
  command:
    'tokenwright bench http://localhost:8000 --concurrency 4,16,32,64,128 --isl 1024 --osl 256 --hardware 8xh200 --tier reserved ' +
    '--slo "ttft p95 < 500ms, tpot p95 < 25ms" --self-test',
  points: [
    point(users(4), { ...priced, verdict: verdictOf() }),
    point(users(16), { ...priced, verdict: verdictOf() }),
    point(users(32), { ...priced, verdict: verdictOf() }),
    point(users(64), { ...priced, verdict: verdictOf(drifting) }),
    point({ ...users(128), failEvery: 8 }, { ...priced, verdict: verdictOf(failing, drifting) }),
  ],
  verdict: verdictOf(failing, drifting),
}

const { points } = benchFixture

/** The same loads, as a search for the cheapest would have tried them. */
export const searchFixture: BenchResult = {
  ...benchFixture,
  command: 'tokenwright bench http://localhost:8000 --search min-cost --slo "ttft p95 < 500ms"',
  search: {
    goal: 'min-cost',
    objectives,
    steps: [4, 16, 32, 64, 128].map((load, index) => ({
      load,
      met: index < 3,
      undecided: index === 3,
      requestsPerSecond: points[index]!.summary.fullRun.requestsPerSecond,
      usdPerMillionTokens: points[index]!.cost?.perMillionTokens.blended ?? null,
    })),
    best: 2,
    bracket: { met: 32, missed: 64 },
    stoppedBecause:
      'The limit lies between 32 and 64 users, and telling closer would take 1,400 requests more.',
  },
  verdict: verdictOf(),
}

/** One load at a rate, without price and objectives. */
export const plainFixture: BenchResult = {
  ...base,
  command: 'tokenwright bench http://localhost:8000 --request-rate 2 --request-count 120',
  clock: 'response',
  objectives: [],
  selfTest: null,
  points: [
    point(
      {
        ...users(8),
        load: { name: '2 requests/s', kind: 'rate', concurrency: null, requestsPerSecond: 2 },
        requests: 120,
      },
      { objectives: [], clock: 'response', priced: false, verdict: verdictOf() },
    ),
  ],
  verdict: verdictOf(),
}

const nothing = check(
  'errors',
  1,
  0.1,
  'share of requests',
  'None of 40 requests was served.',
  'invalid',
  'See the reasons of failures; try one request by hand.',
)

/** Every request failed. */
export const unservedFixture: BenchResult = {
  ...base,
  command: 'tokenwright bench http://localhost:8000 --concurrency 4 --request-count 40',
  selfTest: null,
  points: [
    point(
      { ...users(4), requests: 40, failEvery: 1 },
      { objectives, clock: 'service', priced: false, verdict: verdictOf(nothing) },
    ),
  ],
  verdict: verdictOf(nothing),
}

const transcription: TranscriptionResult = {
  files: 400,
  audioSeconds: 14_200,
  realTimeFactorThroughput: 412,
  realTimeFactorMean: 61,
  usdPerAudioHour: 0.0071,
  wordErrorRate: 0.061,
  characterErrorRate: 0.024,
  byLanguage: [
    { language: 'en', files: 300, audioSeconds: 10_100, wordErrorRate: 0.052, characterErrorRate: 0.021 },
    { language: 'de', files: 100, audioSeconds: 4_100, wordErrorRate: 0.083, characterErrorRate: 0.031 },
  ],
}

/** Speech to text: two loads, no streaming, no tokens worth telling. */
export const speechFixture: BenchResult = {
  ...base,
  command:
    'tokenwright bench http://localhost:8000 --endpoint transcriptions --audio ./clips --concurrency 8,32',
  endpoint: {
    ...base.endpoint,
    endpoint: 'transcriptions',
    streaming: false,
    model: 'nvidia/parakeet-tdt-0.6b-v3',
  },
  objectives: [{ metric: 'e2e', statistic: 'p95', limitMs: 2000 }],
  points: [8, 32].map(count => ({
    ...point(
      { ...users(count), outputTokens: 1 },
      {
        objectives: [{ metric: 'e2e', statistic: 'p95', limitMs: 2000 }],
        clock: 'service',
        priced: true,
        verdict: verdictOf(),
      },
    ),
    prediction: null,
    transcription: {
      ...transcription,
      realTimeFactorThroughput: count === 8 ? 230 : 412,
      realTimeFactorMean: count === 8 ? 74 : 61,
      usdPerAudioHour: count === 8 ? 0.0127 : 0.0071,
    },
  })),
  verdict: verdictOf(),
}
