/** What was found when the price lists were merged: refused prices, and lists that say something else. */
import type { PriceClass, ServiceTier } from './types.ts'

interface Finding {
  readonly provider: string
  readonly model: string
  readonly serviceTier: ServiceTier
  readonly class: PriceClass
  /** The list that said so. */
  readonly source: string
}

/** A listed price outside the band of a named rule; it is not in the book. */
export interface RefusedPrice extends Finding {
  readonly rule: string
  /** Dollars per million as listed. */
  readonly listed: string
  /** What was judged: a multiple, or dollars per million. */
  readonly value: number
  readonly band: readonly [minimum: number, maximum: number | null]
}

/** A plausible price of another list for the same class on the day of that list. */
export interface Disagreement extends Finding {
  readonly listed: string
  readonly chosen: string
  readonly chosenFrom: string
  /** The day of the list that disagrees. */
  readonly day: string
}

/** data/price-book-findings.json. */
export interface PriceFindings {
  readonly refused: readonly RefusedPrice[]
  readonly disagreements: readonly Disagreement[]
}
