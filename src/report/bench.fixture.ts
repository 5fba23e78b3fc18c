/** Measurements for the report's tests. The figures are consistent with each other and were measured nowhere. */
import type { BenchResult } from '../measure/bench-result.ts'
import type { TranscriptionResult } from '../measure/transcription-result.ts'
import type { Objective } from '../metrics/index.ts'
import { check, drifting, failing, verdictOf } from './bench-checks.fixture.ts'
import type { Play } from './bench-play.fixture.ts'
import { point } from './bench-point.fixture.ts'

const objectives: readonly Objective[] = [
  { metric: 'ttft', statistic: 'p95', limitMs: 500 },
  { metric: 'tpot', statistic: 'p95', limitMs: 25 },
]

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
