/** What a verdict is judged by, as plain data: whatever is null was not observed and is not judged. */
import type { RequestCounts } from '../metrics/run-summary.ts'
import type { ClientHealth } from './bench-result.ts'
import type { TokenAccount } from './token-account.ts'

export interface VerdictEvidence {
  readonly client: Pick<
    ClientHealth,
    | 'cpuShare'
    | 'eventLoopDelay'
    | 'scheduleLateness'
    | 'askedRequestsPerSecond'
    | 'achievedRequestsPerSecond'
    | 'chunks'
    | 'coalescedShare'
    | 'wallSeconds'
  >
  /**
   * Coefficient of variation of the gaps that were asked for: 0 even, 1 Poisson. By it a short run may miss the mean rate by
   * chance. Null in closed loops.
   */
  readonly arrivalCv: number | null
  /** Wall clock ÷ monotonic clock over the run, as the difference at its end; positive: the wall clock was set forward. */
  readonly wallClockStepMs: number | null
  readonly requests: Pick<
    RequestCounts,
    'measured' | 'served' | 'rejected' | 'failed' | 'cancelled' | 'unfinished'
  >
  /** Percentiles that are looked at, and whether an objective rests on them. */
  readonly percentiles: readonly { readonly q: number; readonly objective: boolean }[]
  readonly tokens: TokenAccount | null
  /** From the collector: */
  readonly lengths: LengthEvidence
  readonly ttftMedianMs: number | null
  readonly firstWave: FirstWave | null
  readonly waves: WaveEvidence | null
  readonly trends: readonly Trend[]
}

/** Tokens of measured requests that were served, asked for and obtained; of those only whose answer tells. */
export interface LengthEvidence {
  readonly outputRequests: number
  readonly askedOutputTokens: number
  readonly obtainedOutputTokens: number
  readonly inputRequests: number
  readonly askedInputTokens: number
  readonly obtainedInputTokens: number
}

/** The first requests against all later ones, TTFT from send. */
export interface FirstWave {
  readonly requests: number
  readonly medianMs: number
  readonly laterRequests: number
  readonly laterMedianMs: number
  readonly laterP95Ms: number
}

/** Whether the users of a closed loop send together. */
export interface WaveEvidence {
  readonly users: number
  /** How often each user sent in the time that was looked at. */
  readonly cycles: number
  /** 0: sends are spread like chance would; 1: all users send within a twentieth of a cycle (send-clumping.ts). */
  readonly clumping: number
}

/** A level over the time of the run. */
export interface Trend {
  readonly name: 'TTFT' | 'TPOT' | 'requests in flight'
  /** Change from start to end by Theil and Sen's slope, relative to the median: 0.2 is a fifth more. */
  readonly change: number
  /** Two-sided, of Mann and Kendall's test. */
  readonly pValue: number
  readonly bins: number
}
