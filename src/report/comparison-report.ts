/** Everything a comparison prints, as data: what every form of it says the same of. */
import type { RunComparison } from '../measure/run-comparison.ts'
import type { ConditionResult } from '../measure/run-comparison-condition.ts'

export interface ComparisonReport {
  readonly tokenwrightVersion: string
  readonly comparison: RunComparison
  /** In the order in which they were given; empty without --fail-on. */
  readonly conditions: readonly ConditionResult[]
  readonly strict: boolean
}

/** Conditions because of which the comparison fails. */
export function failedConditions({ conditions }: ComparisonReport): ConditionResult[] {
  return conditions.filter(({ outcome }) => outcome === 'fails')
}
