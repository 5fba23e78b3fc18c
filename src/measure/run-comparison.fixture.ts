/** Runs for tests of comparisons: requests with chance in their latencies, faster or slower by a factor. */
import { RandomStream } from '../core/random.ts'
import { type ImportedRequest, type ImportedRun, importedLoad, runOf } from './interop/imported-run.ts'
import { countsOfRequests, latencyOfRequests, tokensOfRequests } from './interop/request-statistics.ts'

export interface RunParts {
  readonly factor?: number
  readonly requests?: number
  readonly failed?: number
  readonly seed?: number
  readonly concurrency?: number
  readonly changes?: Partial<ImportedRun>
}

/** TTFT 100 to 150 ms, TPOT 20 ms, 50 tokens; a request every 100 ms; all times × factor. */
export function importedRun({
  factor = 1,
  requests: count = 400,
  failed = 0,
  seed = 1,
  concurrency = 16,
  changes = {},
}: RunParts): ImportedRun {
  const random = new RandomStream(seed)
  const requests = Array.from({ length: count }, (_, id): ImportedRequest => {
    const firstUs = Math.round((100_000 + 50_000 * random.uniform()) * factor)
    const lastUs = firstUs + Math.round(49 * (18_000 + 4_000 * random.uniform()) * factor)
    return {
      id,
      sentUs: Math.round(id * 100_000 * factor),
      lateUs: Number.NaN,
      firstTokenAfterUs: firstUs,
      lastTokenAfterUs: lastUs,
      endedAfterUs: lastUs,
      chunksAfterUs: null,
      chunkTokens: null,
      inputTokens: 100,
      outputTokens: 50,
      outcome: id < failed ? 'failed' : 'served',
      reason: id < failed ? 'http-status' : '',
    }
  })
  const seconds = (count * factor) / 10
  const tokens = tokensOfRequests(requests)
  return runOf({
    tool: 'tokenwright',
    toolVersion: '0.1.0',
    files: ['result.json'],
    model: 'm',
    endpoint: 'chat',
    startedAt: '2026-11-20T10:00:00Z',
    load: importedLoad(concurrency, null),
    durationSeconds: seconds,
    requests,
    latency: latencyOfRequests(requests),
    counts: countsOfRequests(requests),
    tokens,
    rates: {
      requestsPerSecond: (count - failed) / seconds,
      inputTokensPerSecond: (100 * (count - failed)) / seconds,
      outputTokensPerSecond: (50 * (count - failed)) / seconds,
      totalTokensPerSecond: (150 * (count - failed)) / seconds,
    },
    money: { usdPerMillionTokens: 0.3 * factor },
    notes: [],
    ...changes,
  })
}
