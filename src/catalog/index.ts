/**
 * Answers: what is this accelerator, what does it cost an hour and who says so, what does power cost here.
 * From: data/*.json (facts with unit, source, date and confidence) and the user's facts file laid over them.
 * Assumes: nothing. Where several sources differ, lookup.ts and price-choice.ts say which one is taken and why.
 * The schema (zod) is not loaded by this file: only loadCatalogWithFacts loads it, when there is a facts file.
 */

export { dataFolder, loadCatalog } from './load-catalog-file.ts'
export { loadCatalogWithFacts } from './load-facts-file.ts'
export {
  defaultElectricityId,
  defaultPue,
  findAccelerator,
  findElectricity,
  findModel,
  findPue,
  findSystem,
} from './lookup.ts'
export { type Fact, lowConfidenceMark, lowConfidenceMarks } from './low-confidence.ts'
export {
  acceleratorsWithoutPrice,
  choosePrice,
  findPrice,
  findPriceById,
  type PriceChoice,
  type PriceQuery,
  pricedRegions,
  pricesOf,
} from './price-choice.ts'
export type {
  CostParameter,
  FactGap,
  FactsCatalog,
  HourlyShape,
  SystemFacts,
  SystemPowerProfile,
} from './system-types.ts'
export type {
  Accelerator,
  Catalog,
  CatalogModel,
  ElectricityPrice,
  Generation,
  PowerUsageEffectiveness,
  Price,
  PriceComponent,
  PriceTier,
} from './types.ts'
