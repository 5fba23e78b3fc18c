/**
 * plan/ answers: which deployment serves this model and traffic within these latency objectives at the lowest cost per
 * million tokens; what each technique contributes; what stands in the way when nothing does.
 * From: a predictor of performance (perf/), prices and devices (catalog/), the cost equation (cost/).
 * Assumes: steady state, one traffic shape, latencies that grow with the load, prices per device, and that the rate asked
 * for is the peak that must be carried, the load factor telling how much of it is used on average.
 * Launch files are apart (launch/index.ts), so that they are loaded only when written.
 */
export { counterfactualContributions, counterfactuals } from './counterfactuals.ts'
export { cheapestSupported, missingSupport } from './measured-support.ts'
export { formatObjective, parseObjectives } from './objectives.ts'
export { type PerfContextInput, perfContext } from './perf-context.ts'
export { planDeployments, type SearchProgress } from './plan.ts'
export type { PlanContext, PredictionTrust } from './search/context.ts'
export { speculationOptions } from './speculation-options.ts'
export type * from './types.ts'
