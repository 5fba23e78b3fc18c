/** A claim with its steps computed, each beside what the claim says. */
import type { Claim, ClaimStep } from './claim.ts'
import { evaluate } from './expression.ts'

export interface CheckedStep extends ClaimStep {
  readonly computed: number
  /** computed ÷ stated − 1; null where the claim says nothing. */
  readonly difference: number | null
}

export interface CheckedClaim extends Claim {
  readonly steps: readonly CheckedStep[]
}

export function checkedClaim(claim: Claim): CheckedClaim {
  const values = new Map(claim.inputs.map(({ name, value }) => [name, value]))
  const steps = claim.steps.map((step): CheckedStep => {
    const computed = evaluate(step.formula, values)
    values.set(step.name, computed)
    return { ...step, computed, difference: step.stated === null ? null : computed / step.stated - 1 }
  })
  return { ...claim, steps }
}

/** Within this share a figure counts as the claim's own, rounded. */
const rounding = 0.06

/** `as stated`, `5.0× instead of 10×`: words for a step's difference; null where nothing was stated. */
export function agreement({ difference }: CheckedStep): 'as stated' | 'differs' | null {
  if (difference === null) return null
  return Math.abs(difference) <= rounding ? 'as stated' : 'differs'
}
