/** How a search for the best load went: every load it tried, what it concluded, and why it stopped. */
import type { Objective } from '../metrics/objective.ts'

export type SearchGoal = 'max-concurrency' | 'max-rate' | 'max-goodput' | 'min-cost'

export interface SearchTrace {
  readonly goal: SearchGoal
  readonly objectives: readonly Objective[]
  /** One for each measurement, in their order; a load that was measured again has several. */
  readonly steps: readonly SearchStep[]
  /** Index of the best step, and so into the points of the result; null when no load met the objectives. */
  readonly best: number | null
  /**
   * Loads between which the limit lies: the largest that surely met the objectives, the smallest above it that surely did not.
   * Undecided ones may lie between them. Null: none did.
   */
  readonly bracket: { readonly met: number | null; readonly missed: number | null }
  readonly stoppedBecause: string
}

export interface SearchStep {
  /** Users, or requests per second. */
  readonly load: number
  /** Every objective, by the whole of its confidence interval. */
  readonly met: boolean
  /** The confidence interval of an objective's percentile touches its limit, or latency was rising: more requests would be needed to tell. */
  readonly undecided: boolean
  readonly requestsPerSecond: number | null
  readonly usdPerMillionTokens: number | null
}
