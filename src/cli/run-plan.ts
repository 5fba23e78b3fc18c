/** `plan`, from flags to the printed answer. */

import { loadTrustData } from '../accuracy/load-trust-file.ts'
import { trustOf } from '../accuracy/trust.ts'
import { loadCalibrationSettings } from '../accuracy/user-calibration-settings-file.ts'
import { calibrationNotes, withCalibratedTrust } from '../accuracy/user-calibration-trust.ts'
import type { FactsCatalog, Price } from '../catalog/index.ts'
import { loadCatalogWithFacts } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount } from '../core/parse-quantity.ts'
import type { ModelArchitecture } from '../model/index.ts'
import { architectureKey, type CoefficientSet } from '../perf/coefficients.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import {
  type PlanContext,
  type PlanRequest,
  type PlanResult,
  perfContext,
  planDeployments,
} from '../plan/index.ts'
import type { PlanReport } from '../report/plan-report.ts'
import { checkSaveDirectory } from '../report/save-directory-file.ts'
import type { TraceStatistics } from '../workload/index.ts'
import { refuseConflicts } from './flag-conflicts.ts'
import { loadModel } from './load-model-file.ts'
import { planAssumptions } from './plan-assumptions.ts'
import type { PlanFlags } from './plan-flags.ts'
import { writePlan } from './plan-output.ts'
import { withOverrides } from './plan-overrides.ts'
import { exampleModel, planRequest } from './plan-request.ts'
import { startProgress } from './progress.ts'
import { packageVersion } from './version-file.ts'

export async function runPlan(name: string | undefined, flags: PlanFlags): Promise<void> {
  checkFlags(name, flags)
  const facts = await loadCatalogWithFacts(flags.facts)
  const model = loadModel(modelName(name, flags), facts)
  const trace = await readTrace(flags)
  const request = planRequest(model.id, flags, facts, trace)
  const today = new Date().toISOString().slice(0, 10)
  const catalog = withOverrides(facts, flags, request.tier, today)
  const coefficients = loadCoefficients(flags.coefficients)
  const { id: modelId, architecture } = model
  const trust = withCalibratedTrust(
    trustOf(modelId, architecture, coefficients, loadTrustData(), generationsOf(catalog)),
    modelId,
    architecture,
    coefficients,
    loadCalibrationSettings().bands,
  )
  const context = perfContext({
    modelId,
    architecture,
    catalog,
    coefficients,
    trust: (question, _, performance) => trust(question, performance.concurrency),
  })
  const result = searched(request, context)
  const notes = [...calibrationNotes(coefficients, architectureKey(architecture)), ...(trace?.notes ?? [])]
  const report = await planReport(result, catalog, model.architecture, notes)
  writePlan(await verified(report, catalog, model.architecture, coefficients, flags), flags)
}

/** The twin is loaded only when it is asked for. */
async function verified(
  report: PlanReport,
  catalog: FactsCatalog,
  architecture: ModelArchitecture,
  coefficients: CoefficientSet,
  flags: PlanFlags,
): Promise<PlanReport> {
  if (flags.verify === undefined) return report
  const { verifiedCandidates, verifyPlan } = await import('./plan-verify.ts')
  return {
    ...report,
    verifications: verifyPlan(
      report.result,
      verifiedCandidates(flags.verify),
      catalog,
      architecture,
      coefficients,
    ),
  }
}

function generationsOf({ accelerators }: FactsCatalog): (acceleratorId: string) => string | null {
  const generations = new Map(accelerators.map(({ id, generation }) => [id, generation]))
  return id => generations.get(id) ?? null
}

function searched(request: PlanRequest, context: PlanContext): PlanResult {
  const progress = startProgress()
  try {
    return planDeployments(request, context, progress.update)
  } finally {
    progress.finish()
  }
}

/** What can be refused before anything is read. */
function checkFlags(name: string | undefined, flags: PlanFlags): void {
  refuseConflicts(flags, name)
  if (flags.top !== undefined) parseCount(flags.top, '--top')
  if (flags.saveDir !== undefined) checkSaveDirectory(flags.saveDir, { force: flags.force ?? false })
}

function modelName(name: string | undefined, flags: PlanFlags): string {
  if (flags.example) return exampleModel
  if (name !== undefined) return name
  throw new TokenwrightError('usage', 'no model is given', {
    where: 'tokenwright plan [model]',
    fix: 'give a name from tokenwright catalog models, or the path of a config.json, or try --example',
  })
}

async function readTrace(flags: PlanFlags): Promise<TraceStatistics | null> {
  if (flags.trace === undefined) return null
  const { readTraceStatistics } = await import('../workload/trace-file.ts')
  const progress = startProgress()
  progress.update(`reading ${flags.trace}`)
  try {
    return await readTraceStatistics(flags.trace)
  } finally {
    progress.finish()
  }
}

async function planReport(
  result: PlanResult,
  catalog: FactsCatalog,
  architecture: ModelArchitecture,
  notes: readonly string[],
): Promise<PlanReport> {
  const chosen = result.ranking[0]
  // Loaded now: launch files bring a YAML library that the search has no use for.
  const { launchOf } = await import('./plan-launch.ts')
  const launch = chosen === undefined ? null : launchOf(chosen, result.request, architecture, catalog)
  return {
    result: { ...result, warnings: [...result.warnings, ...notes] },
    files: launch?.files ?? [],
    benchmarkCommand: launch?.benchmarkCommand ?? null,
    prices: usedPrices(result, catalog),
    assumptions: planAssumptions(result.request, catalog, chosen),
    version: packageVersion(),
  }
}

function usedPrices({ ranking, costFront, throughputFront }: PlanResult, catalog: FactsCatalog): Price[] {
  const ids = new Set(
    [...ranking, ...costFront, ...throughputFront].flatMap(candidate => [
      candidate.priceId,
      candidate.prefillPriceId,
      candidate.offloadPriceId,
    ]),
  )
  return catalog.prices.filter(price => ids.has(price.id))
}
