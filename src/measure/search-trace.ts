/** How a search for the best load went: every load it tried, what it concluded, and why it stopped. */
import type { Objective } from '../metrics/objective.ts'

export type SearchGoal = 'max-concurrency' | 'max-rate' | 'max-goodput' | 'min-cost'

export interface SearchTrace {
  readonly goal: SearchGoal
  readonly objectives: readonly Objective[]
  readonly steps: readonly SearchStep[]
  /** Index into the points of the result; null when no load met the objectives. */
  readonly best: number | null
  /** Load within which the limit lies: the largest that met the objectives, the smallest that did not. */
  readonly bracket: { readonly met: number | null; readonly missed: number | null }
  readonly stoppedBecause: string
}

export interface SearchStep {
  /** Users, or requests per second. */
  readonly load: number
  readonly met: boolean
  /** The confidence interval of an objective's percentile touches its limit: more requests would be needed to tell. */
  readonly undecided: boolean
  readonly requestsPerSecond: number | null
  readonly usdPerMillionTokens: number | null
}
