/**
 * What does a million tokens cost? From prices, power and throughput, under a declared allocation.
 * Answers: the hourly bill line by line, the bill by token class, tokens per megawatt, carbon.
 * Assumes: throughput and watts are averages over the hours bought; money is exact, rates are IEEE doubles.
 */
export { allocate } from './allocate.ts'
export {
  breakEvenHoursShare,
  breakEvenTokensPerSecond,
  breakEvenUsdPerMillionTokens,
  paybackMonths,
} from './break-even.ts'
export { costRate, describePrice, sumLines } from './cost-rate.ts'
export {
  type CapacityPolicy,
  type DemandFill,
  type DemandShape,
  demandFill,
  demandShape,
} from './demand-shape.ts'
export { type HourlyCost, type HourlyCostInput, hourlyCost } from './hourly-cost.ts'
export { type Iceberg, type IcebergRow, iceberg } from './iceberg.ts'
export { costPerMillionTokens } from './per-million-tokens.ts'
export {
  carbonGramsPerHour,
  carbonGramsPerMillionTokens,
  itWattsOf,
  joulesPerToken,
  type PowerBasis,
  type StatedPower,
  tokensPerSecondPerMegawatt,
  utilityWattsOf,
} from './power.ts'
export type * from './types.ts'
export {
  availabilityFromInterruptions,
  type BillByUse,
  billByUse,
  fullUtilisation,
  idleShare,
  operatingPoint,
  servedShare,
  utilisation,
} from './utilisation.ts'
export {
  cachedInputSeconds,
  type EngineTime,
  marketPriceRatios,
  type PoolBills,
  type PriceRatios,
  type TokenRates,
  weightsByEngineTime,
  weightsByFixedRatio,
  weightsByPool,
  withIdleShare,
} from './weights.ts'
