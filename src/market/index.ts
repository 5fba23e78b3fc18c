/**
 * The market: what APIs charge for tokens, over time, and what usage costs at it.
 *
 * From lists of others, merged by stated rules with implausible prices left out (docs/guides/market.md). Assumes that a price
 * without a known start held before, that a long prompt's price is that of the whole request (no provider of the book bills
 * otherwise), and that days begin at midnight UTC. Nothing is guessed: where the book has no price, the answer is null.
 */
export { costOfUsage, type UsageCost, type UsageCostLine, type UsageExtras } from './cost-of-usage.ts'
export { effectivePrice, type TokenMix, usageOfMix } from './effective-price.ts'
export type { Disagreement, PriceFindings, RefusedPrice } from './findings.ts'
export { loadPriceBook, loadPriceFindings } from './load-price-book-file.ts'
export { isRetired, type Job, type JobOffer, jobOffers, offersInForce, providerId } from './offers.ts'
export {
  type Implausibility,
  implausiblePrices,
  implausibleTier,
  implausibleVariant,
} from './plausibility.ts'
export { type PriceInForce, type PriceQuery, priceAt, priceOfEntry } from './price-at.ts'
export { createPriceBook, type PriceBookDocument, type PriceRow } from './price-book.ts'
export { type PastUsage, type RatedUsage, type Rerating, rerate } from './rerate.ts'
export {
  type PriceBook,
  type PriceClass,
  type PriceCondition,
  type PriceEntry,
  type Prices,
  type PriceVariant,
  priceClasses,
  type ServiceTier,
  serviceTiers,
} from './types.ts'
