/**
 * Can the measurement be trusted? Every result is valid, suspect or invalid, with reasons in words: what was seen, what it
 * should have been, and what to do. Limits and their sources: docs/models/measurement.md.
 */

export type VerdictLevel = 'valid' | 'suspect' | 'invalid'

export interface Verdict {
  readonly level: VerdictLevel
  /** Every check that was made, worst first; those that passed are listed too, so that silence is no praise. */
  readonly checks: readonly VerdictCheck[]
}

export const verdictCheckNames = [
  'achieved-rate',
  'schedule-lateness',
  'event-loop-delay',
  'client-cpu',
  'coalescing',
  'sample-size',
  'output-length',
  'errors',
  'cold-start',
  'locked-waves',
  'drift',
  'server-restart',
  'token-mismatch',
  'prompt-length',
  'clock-step',
] as const
export type VerdictCheckName = (typeof verdictCheckNames)[number]

export interface VerdictCheck {
  readonly check: VerdictCheckName
  readonly level: VerdictLevel
  /** The figure that was judged, and its limit, in `unit`; null where there is none. */
  readonly value: number | null
  readonly limit: number | null
  readonly unit: string
  /** One sentence: what was seen. */
  readonly finding: string
  /** What to do about it; '' when it passed. */
  readonly fix: string
}
