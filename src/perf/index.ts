/**
 * perf/ answers: what does this deployment do under this load? Time per step, TTFT, TPOT, throughput, watts.
 * From: a model's architecture, facts about devices, fitted coefficients. Assumes steady state and one traffic shape.
 * Read in this order: rank-features → step-time → replica → operating-point → prepare-prediction → predict. Equations: docs/models/performance.md.
 */
export {
  type Cell,
  type CoefficientSet,
  cellOf,
  type LocalCoefficients,
  resolveCoefficients,
} from './coefficients.ts'
export * from './deployment.ts'
export { enginePolicies } from './engine-policy.ts'
export { memoryBudget, memoryRules } from './memory-budget.ts'
export { type PredictInput, predict } from './predict.ts'
export { type LoadPredictor, type PoolCoefficients, preparePrediction } from './prepare-prediction.ts'
export { rankFeatures } from './rank-features.ts'
