/** Evidence of a measurement without fault, bent as a test wants it. */
import type { OutsideEvidence } from './evidence-collector.ts'
import type { TokenAccount, UsageTotals } from './token-account.ts'
import type { VerdictEvidence } from './verdict-evidence.ts'

const usageTotals: UsageTotals = {
  requests: 2_000,
  inputTokens: 2_000_000,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  inputAudioTokens: 0,
  outputTokens: 400_000,
  reasoningTokens: 0,
  outputAudioTokens: 0,
}

export const tokenAccount: TokenAccount = {
  server: usageTotals,
  client: { contentChunks: 400_000, characters: 1_600_000, tokens: 400_100, tokenizer: 'o200k' },
  askedInputTokens: 2_000_000,
  askedOutputTokens: 400_000,
  requestsWithoutUsage: 0,
  counters: {
    engine: 'vllm',
    rows: [
      {
        name: 'output tokens',
        metric: 'vllm:generation_tokens_total',
        server: 400_000,
        client: 400_000,
        residual: 0,
      },
    ],
    resetSeen: false,
    reconciles: true,
    explanation: '',
  },
}

export function outsideEvidence(changes: Partial<OutsideEvidence> = {}): OutsideEvidence {
  return {
    client: {
      wallSeconds: 100,
      cpuShare: 0.2,
      eventLoopDelay: { p50Ms: 0.1, p99Ms: 1.2, maximumMs: 9 },
      scheduleLateness: { count: 2_000, p50Ms: 0.05, p99Ms: 0.4, maximumMs: 2 },
      askedRequestsPerSecond: 20,
      achievedRequestsPerSecond: 20.1,
      chunks: 400_000,
      coalescedShare: 0.01,
    },
    arrivalCv: 1,
    wallClockStepMs: 3,
    requests: { measured: 2_000, served: 2_000, rejected: 0, failed: 0, cancelled: 0, unfinished: 0 },
    percentiles: [
      { q: 0.5, objective: false },
      { q: 0.95, objective: true },
      { q: 0.99, objective: false },
    ],
    tokens: tokenAccount,
    ...changes,
  }
}

export function verdictEvidence(changes: Partial<VerdictEvidence> = {}): VerdictEvidence {
  return {
    ...outsideEvidence(),
    lengths: {
      outputRequests: 2_000,
      askedOutputTokens: 400_000,
      obtainedOutputTokens: 400_000,
      inputRequests: 2_000,
      askedInputTokens: 2_000_000,
      obtainedInputTokens: 2_024_000,
    },
    ttftMedianMs: 80,
    firstWave: { requests: 10, medianMs: 85, laterRequests: 1_990, laterMedianMs: 80, laterP95Ms: 190 },
    waves: { users: 32, cycles: 30, clumping: 0.01 },
    trends: [
      { name: 'TTFT', change: 0.03, pValue: 0.4, bins: 20 },
      { name: 'TPOT', change: -0.01, pValue: 0.7, bins: 20 },
      { name: 'requests in flight', change: 0.05, pValue: 0.3, bins: 20 },
    ],
    ...changes,
  }
}
