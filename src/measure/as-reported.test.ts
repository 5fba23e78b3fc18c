import { describe, expect, test } from 'vitest'
import { asReportedBy, type ReportedKind, type ReportingPeer, reportingPeers } from './as-reported.ts'
import { genaiPerfChunkedInterTokenLatenciesMs } from './as-reported-genai-perf.ts'
import { guidellmTimePerOutputTokenMs } from './as-reported-guidellm.ts'
import { observation, usage } from './observation.fixture.ts'

/**
 * One answer on which all disagree: sent at 1 ms, role at 51 ms, reasoning at 101 ms, content at 201 ms (2 tokens) and at
 * 301 ms (3 tokens), closed at 401 ms. The server says 6 tokens, one of them reasoning; the client's tokenizer says 5 + 1.
 */
const answer = observation({
  times: {
    scheduledUs: 0,
    dispatchedUs: 0,
    sentUs: 1_000,
    firstEventUs: 51_000,
    firstReasoningUs: 101_000,
    firstContentUs: 201_000,
    lastContentUs: 301_000,
    usageUs: 350_000,
    endedUs: 401_000,
  },
  requestedOutputTokens: 8,
  reported: { ...usage(100, 6), reasoningTokens: 1 },
  counted: {
    contentChunks: 2,
    reasoningChunks: 1,
    toolChunks: 0,
    contentCharacters: 20,
    reasoningCharacters: 4,
    tokens: null,
  },
  chunks: {
    us: [101_000, 201_000, 301_000],
    tokens: [1, 2, 3],
    coalesced: [0, 0, 0],
    method: 'by-characters',
  },
})

function meanOf(peer: ReportingPeer, kind: ReportedKind, observations = [answer]): number | null {
  const figure = asReportedBy(peer, observations).find(
    ({ kind: of, statistic }) => of === kind && (statistic === 'mean' || statistic === 'total'),
  )
  return figure!.value
}

describe('one answer, six tools', () => {
  test.each<[ReportingPeer, number]>([
    ['aiperf', 100], // reasoning counts
    ['genai-perf', 200], // only content counts
    ['guidellm', 100],
    ['vllm-bench', 50], // a role counts
    ['sglang-bench', 100],
    ['inference-perf', 0.1], // seconds
  ])('TTFT of %s: %d', (peer, expected) => expect(meanOf(peer, 'ttft')).toBeCloseTo(expected, 9))

  test.each<[ReportingPeer, number]>([
    ['aiperf', (301 - 101) / 5],
    ['genai-perf', (301 - 201) / 4], // 6 tokens less 1 of reasoning
    ['guidellm', (301 - 1) / 6], // with the first token
    ['vllm-bench', (301 - 51) / 5],
    ['sglang-bench', (401 - 101) / 5], // to the end of the stream
    ['inference-perf', (0.301 - 0.101) / 5],
  ])('TPOT of %s: %d', (peer, expected) => expect(meanOf(peer, 'tpot')).toBeCloseTo(expected, 9))

  test.each<[ReportingPeer, number]>([
    ['aiperf', 100],
    ['genai-perf', (100 / 2 + 100 / 3) / 2],
    ['guidellm', 40], // (last − first) ÷ (n − 1)
    ['vllm-bench', (50 + 100 + 100) / 3], // the gap after the role is one
    ['sglang-bench', 100],
    ['inference-perf', (0.1 + 0 + 0.1 + 0 + 0) / 5], // tokens of a chunk come at once
  ])('ITL of %s: %d', (peer, expected) => expect(meanOf(peer, 'itl')).toBeCloseTo(expected, 9))

  test.each<[ReportingPeer, number]>([
    ['aiperf', 300],
    ['genai-perf', 300],
    ['guidellm', 0.4],
    ['vllm-bench', 300],
    ['sglang-bench', 400],
    ['inference-perf', 0.4],
  ])('latency of %s: %d', (peer, expected) => expect(meanOf(peer, 'e2e')).toBeCloseTo(expected, 9))

  test.each<[ReportingPeer, number]>([
    ['aiperf', 6 / 0.3],
    ['genai-perf', 5 / 0.3],
    ['guidellm', 6 / 0.4],
    ['vllm-bench', 6 / 0.401],
    ['sglang-bench', 6 / 0.401],
    ['inference-perf', 6 / 0.4],
  ])('throughput of %s: %d', (peer, expected) =>
    expect(meanOf(peer, 'output-throughput')).toBeCloseTo(expected, 9),
  )

  test('no two of them agree on everything', () => {
    const seen = reportingPeers.map(peer =>
      (['ttft', 'tpot', 'itl', 'e2e', 'output-throughput'] as const).map(kind => meanOf(peer, kind)).join(),
    )
    expect(new Set(seen).size).toBe(reportingPeers.length)
  })
})

describe('edges', () => {
  const oneToken = observation({
    reported: usage(100, 1),
    times: { lastContentUs: 101_000 },
    chunks: { us: [101_000], tokens: [1], coalesced: [0], method: 'one-per-chunk' },
  })

  test('an answer of one token has no TPOT; vLLM and SGLang print 0, GuideLLM its whole latency', () => {
    expect(meanOf('aiperf', 'tpot', [oneToken])).toBeNull()
    expect(meanOf('genai-perf', 'tpot', [oneToken])).toBeNull()
    expect(meanOf('inference-perf', 'tpot', [oneToken])).toBeNull()
    expect(meanOf('inference-perf', 'ttft', [oneToken])).toBeNull()
    expect(meanOf('vllm-bench', 'tpot', [oneToken])).toBe(0)
    expect(meanOf('sglang-bench', 'tpot', [oneToken])).toBe(0)
    expect(meanOf('guidellm', 'tpot', [oneToken])).toBe(100)
  })

  test('GuideLLM weighs by tokens: a long answer counts for more', () => {
    const long = observation({ times: { lastContentUs: 1_001_000 }, reported: usage(100, 100) })
    expect(guidellmTimePerOutputTokenMs(long)).toBe(10)
    expect(meanOf('guidellm', 'tpot', [oneToken, long])).toBeCloseTo((100 * 1 + 10 * 100) / 101, 9)
  })

  test('AIPerf takes the tokens of the first chunk off where the server counts every chunk', () => {
    const bundled = observation({
      reported: usage(100, 8),
      chunks: { us: [101_000, 141_000], tokens: [4, 4], coalesced: [0, 0], method: 'usage-per-chunk' },
    })
    expect(meanOf('aiperf', 'tpot', [bundled])).toBeCloseTo(40 / 4, 9)
  })

  test('a chunk without tokens is one token to GenAI-Perf', () => {
    const empty = observation({
      chunks: { us: [0, 10_000], tokens: [1, 0], coalesced: [0, 0], method: 'usage-per-chunk' },
    })
    expect(genaiPerfChunkedInterTokenLatenciesMs(empty)).toEqual([10])
  })

  test('warm-up and failures are left out, their time counts where the tool counts it', () => {
    const warmUp = observation({ phase: 'warm-up', times: { sentUs: 0, endedUs: 9_000_000 } })
    const failed = observation({ outcome: 'failed', times: { endedUs: 2_001_000 } })
    expect(meanOf('aiperf', 'request-throughput', [answer, warmUp, failed])).toBeCloseTo(1 / 0.3, 9)
    expect(meanOf('inference-perf', 'request-throughput', [answer, warmUp, failed])).toBeCloseTo(1 / 2, 9)
    expect(meanOf('vllm-bench', 'request-throughput', [answer, warmUp, failed])).toBeCloseTo(1 / 2.001, 9)
  })

  test.each(reportingPeers)('%s of nothing says nothing, and throws nothing', peer => {
    const figures = asReportedBy(peer, [])
    expect(figures).toHaveLength(22)
    for (const { value } of figures) expect(value === null || value === 0).toBe(true)
  })

  test.each(reportingPeers)('%s of a request without any answer', peer => {
    const mute = observation({
      times: {
        firstByteUs: Number.NaN,
        firstEventUs: Number.NaN,
        firstContentUs: Number.NaN,
        lastContentUs: Number.NaN,
      },
      reported: null,
      chunks: { us: [], tokens: [], coalesced: [], method: 'chunks-are-tokens' },
    })
    for (const { value } of asReportedBy(peer, [mute])) expect(value).not.toBeNaN()
  })
})
