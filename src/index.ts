/**
 * The library on one screen. Synchronous and pure, except what reads a file (load…).
 *
 *   const catalog = loadCatalog()
 *   const architecture = parseModelConfig(readFileSync('config.json', 'utf8'))
 *   const context = perfContext({ modelId: 'my-model', architecture, catalog, coefficients: loadCoefficients() })
 *   const { ranking } = planDeployments(request, context)
 *
 * Each room's index.ts says what it answers, from what, and what it assumes; docs/architecture.md says how they fit.
 */

/** The shipped facts, each with unit, source, date and confidence. */
export { loadCatalog } from './catalog/load-catalog-file.ts'
/** The same with a facts file (YAML) of yours laid over them. */
export { loadCatalogWithFacts } from './catalog/load-facts-file.ts'
/** An entry by id, alias or name; near names are suggested. */
export { findAccelerator, findElectricity, findModel, findPue, findSystem } from './catalog/lookup.ts'
/** Which of several prices an answer takes, and why. */
export { choosePrice, type PriceChoice, type PriceQuery } from './catalog/price-choice.ts'
export type { FactsCatalog } from './catalog/system-types.ts'
export type { Accelerator, CatalogModel, ElectricityPrice, Price, PriceTier } from './catalog/types.ts'
/** What is wrong with an input: a code of docs/errors.md, the message, where, and what to do. */
export { TokenwrightError } from './core/errors.ts'
/** Exact money: integer nano-dollars. */
export { formatNanoUsd, type NanoUsd, nanoUsdFromNumber } from './core/money.ts'
export type { Confidence, PredictionBasis, Provenance } from './core/provenance.ts'
/** The hourly bill line by line, an hour's dollars per million tokens by class, and the iceberg below the price. */
export { costPerMillionTokens, costRate, type HourlyCost, hourlyCost, iceberg } from './cost/index.ts'
/** A deployment as pools of engines, and what they do with a workload in virtual time. */
export { createFleet, type FleetEvent, type FleetSettings } from './fleet/index.ts'
export { RunMetrics, type RunSummary, summariseRun } from './metrics/index.ts'
/** A Hugging Face config.json as layers, parameters, cache and state; refused by field name when not understood. */
export { type ModelArchitecture, type ModelSummary, parseModelConfig, summariseModel } from './model/index.ts'
export type { Deployment, Load, Performance, Precision, RequestShape } from './perf/deployment.ts'
/** The fitted coefficients of data/calibration, or your own. */
export { loadCoefficients } from './perf/load-coefficients-file.ts'
/** What one deployment does under one load: TTFT, TPOT, throughput, watts, or why it cannot. */
export { type PredictInput, predict } from './perf/predict.ts'
/** Objectives as people write them: "ttft p90 < 1s, tpot mean < 30ms". */
export { parseObjectives } from './plan/objectives.ts'
/** What the planner needs to know beside the question. */
export { type PerfContextInput, perfContext } from './plan/perf-context.ts'
/** The cheapest deployments within the objectives, both fronts, what each technique contributes, what binds. */
export { planDeployments } from './plan/plan.ts'
export type { Candidate, Objective, PlanRequest, PlanResult } from './plan/types.ts'
/** Where a request goes, by policy; and whether it is let in. */
export { createRouter, parseRouterSpec, type RouterSpec } from './routing/index.ts'
export {
  fleetObserver,
  loadTwinCalibration,
  type SimulationResult,
  simulate,
  simulationResult,
  twinPools,
} from './sim/index.ts'
/** Requests: synthetic, or from a trace. */
export { createWorkload, readTraceSource, sourceWorkload, type WorkloadSpec } from './workload/index.ts'
