/** Past usage priced again: by the price that was in force then, in one book or in another. */
import type { NanoUsd } from '../core/money.ts'
import type { UsageClasses } from '../cost/usage.ts'
import { costOfUsage, type UsageExtras } from './cost-of-usage.ts'
import { type PriceInForce, type PriceQuery, priceAt } from './price-at.ts'
import type { PriceBook } from './types.ts'

/** A request that was served, as a ledger keeps it. */
export interface PastUsage extends PriceQuery {
  readonly usage: UsageClasses
  readonly extras?: UsageExtras
  /** What was booked for it; null when it had no price. */
  readonly bookedNanoUsd: NanoUsd | null
}

export interface RatedUsage {
  /** Index into what was given. */
  readonly index: number
  /** Null when the book has no price for it, or not for all of its classes. */
  readonly nanoUsd: NanoUsd | null
  /** What it costs now minus what was booked; null when either is not known. */
  readonly differenceNanoUsd: NanoUsd | null
  readonly price: PriceInForce | null
}

export interface Rerating {
  readonly rated: readonly RatedUsage[]
  /** Sums over those that have both figures, so that they can be compared: rerated = booked + difference. */
  readonly bookedNanoUsd: NanoUsd
  readonly reratedNanoUsd: NanoUsd
  readonly differenceNanoUsd: NanoUsd
  /** Indices without a price in this book, and those that had been booked without one. */
  readonly unpriced: readonly number[]
  readonly newlyPriced: readonly number[]
}

/** Prices each usage by the book's price at the moment it happened. */
export function rerate(usages: readonly PastUsage[], book: PriceBook): Rerating {
  const rated = usages.map((past, index) => rateOne(past, index, book))
  const comparable = rated.filter(({ differenceNanoUsd }) => differenceNanoUsd !== null)
  const sum = (amounts: readonly NanoUsd[]) => amounts.reduce((total, amount) => total + amount, 0n)
  return {
    rated,
    bookedNanoUsd: sum(comparable.map(({ index }) => usages[index]!.bookedNanoUsd!)),
    reratedNanoUsd: sum(comparable.map(({ nanoUsd }) => nanoUsd!)),
    differenceNanoUsd: sum(comparable.map(({ differenceNanoUsd }) => differenceNanoUsd!)),
    unpriced: rated.filter(({ nanoUsd }) => nanoUsd === null).map(({ index }) => index),
    newlyPriced: rated
      .filter(({ nanoUsd, index }) => nanoUsd !== null && usages[index]!.bookedNanoUsd === null)
      .map(({ index }) => index),
  }
}

function rateOne(past: PastUsage, index: number, book: PriceBook): RatedUsage {
  const price = priceAt(book, past)
  const cost = price === null ? null : costOfUsage(price.prices, past.usage, past.extras)
  const nanoUsd = cost === null || cost.unpriced.length > 0 ? null : cost.nanoUsd
  const booked = past.bookedNanoUsd
  return {
    index,
    nanoUsd,
    differenceNanoUsd: nanoUsd === null || booked === null ? null : nanoUsd - booked,
    price,
  }
}
