/** The planner's jobs: the same code as `tokenwright plan`, from flags to report. */
import { trustOf } from '../../src/accuracy/trust.ts'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { planAssumptions } from '../../src/cli/plan-assumptions.ts'
import { withOverrides } from '../../src/cli/plan-overrides.ts'
import { planRequest } from '../../src/cli/plan-request.ts'
import type { Engine } from '../../src/perf/deployment.ts'
import { counterfactualContributions } from '../../src/plan/counterfactuals.ts'
import { perfContext } from '../../src/plan/perf-context.ts'
import { planDeployments, type SearchProgress } from '../../src/plan/plan.ts'
import type { PlanContext } from '../../src/plan/search/context.ts'
import type { PlanRequest, PlanResult } from '../../src/plan/types.ts'
import type { TraceStatistics } from '../../src/workload/request-statistics.ts'
import { measuredNear } from './measured.ts'
import type {
  ContributionsAnswer,
  CurveAnswer,
  Focus,
  LaunchAnswer,
  PlanAnswer,
  PlanQuestion,
  TraceText,
} from './protocol.ts'
import { type LoadedModel, loadModel, loadWorld, type World } from './world.ts'

interface Prepared {
  readonly world: World
  readonly model: LoadedModel
  readonly request: PlanRequest
  readonly catalog: FactsCatalog
  readonly context: PlanContext
}

export async function planAnswer(
  question: PlanQuestion,
  focus: Focus | null,
  tell: SearchProgress,
): Promise<PlanAnswer> {
  const { request, context, catalog } = await prepared(question)
  const start = performance.now()
  const result = planDeployments(focus === null ? request : focused(request, focus), context, tell, {
    // The figures' fronts are asked for apart, one accelerator at a time.
    fronts: false,
    // So are contributions that need a search of their own.
    counterfactuals: false,
  })
  const report = {
    result,
    files: [],
    benchmarkCommand: null,
    prices: usedPrices(result, catalog),
    assumptions: planAssumptions(result.request, catalog, result.ranking[0]),
    version: __TOKENWRIGHT_VERSION__,
  }
  return { report, focus, milliseconds: performance.now() - start }
}

export async function curveAnswer(
  question: PlanQuestion,
  acceleratorId: string,
  acceleratorIds: readonly string[],
  tell: SearchProgress,
): Promise<CurveAnswer> {
  const { world, model, request, context } = await prepared(question)
  const objectives = request.objectives.filter(
    ({ metric, statistic }) => metric !== 'tpot' || statistic !== 'mean',
  )
  const result = planDeployments({ ...request, objectives, acceleratorIds }, context, tell, {
    counterfactuals: false,
  })
  const { costFront, throughputFront } = result
  const measured = measuredNear(world.trust.neighbours, model.id, acceleratorId, request)
  return { acceleratorId, costFront, throughputFront, measured }
}

export async function contributionsAnswer(
  question: PlanQuestion,
  tell: SearchProgress,
): Promise<ContributionsAnswer> {
  const { request, context } = await prepared(question)
  return { contributions: counterfactualContributions(request, context, undefined, tell) }
}

/** The launch writers bring a YAML library: loaded when first asked for. */
export async function launchAnswer(
  question: PlanQuestion,
  candidate: PlanResult['ranking'][number],
): Promise<LaunchAnswer> {
  const { model, request, catalog } = await prepared(question)
  const { launchOf } = await import('../../src/cli/plan-launch.ts')
  return launchOf(candidate, request, model.architecture, catalog)
}

/** The last question's context is kept: predictors and coefficients do not depend on lengths and objectives. */
let last: { readonly key: string; readonly context: PlanContext; readonly catalog: FactsCatalog } | undefined

async function prepared(question: PlanQuestion): Promise<Prepared> {
  const world = await loadWorld()
  const { flags, today } = question
  const model = await loadModel(question.model, world.catalog)
  const request = planRequest(model.id, flags, world.catalog, await statisticsOf(question.trace))
  const { price, electricity, pue } = flags
  const key = JSON.stringify([question.model, request.tier, price, electricity, pue, today])
  if (last?.key !== key) {
    const catalog = withOverrides(world.catalog, flags, request.tier, today)
    last = { key, catalog, context: contextOf(world, model, catalog) }
  }
  return { world, model, request, catalog: last.catalog, context: last.context }
}

let lastTrace: { readonly text: string; readonly statistics: TraceStatistics } | undefined

/** The readers of traces are loaded when the first trace comes. */
async function statisticsOf(trace: TraceText | null): Promise<TraceStatistics | null> {
  if (trace === null) return null
  if (lastTrace?.text !== trace.text) {
    const { readTraceText, statisticsOf: ofTable } = await import('./trace-text.ts')
    lastTrace = { text: trace.text, statistics: ofTable(readTraceText(trace)) }
  }
  return lastTrace.statistics
}

function contextOf(world: World, { id, architecture }: LoadedModel, catalog: FactsCatalog): PlanContext {
  const generations = new Map(catalog.accelerators.map(entry => [entry.id, entry.generation]))
  const generationOf = (acceleratorId: string) => generations.get(acceleratorId) ?? null
  const trust = trustOf(id, architecture, world.coefficients, world.trust, generationOf)
  return perfContext({
    modelId: id,
    architecture,
    catalog,
    coefficients: world.coefficients,
    trust: (asked, _, performance) => trust(asked, performance.concurrency),
  })
}

function focused(request: PlanRequest, focus: Focus): PlanRequest {
  return {
    ...request,
    acceleratorIds: focus.acceleratorIds,
    engines: focus.engines as readonly Engine[],
    precisions: focus.precisions,
    allowDisaggregated: request.allowDisaggregated && focus.disaggregated,
    allowSpeculation: request.allowSpeculation && focus.speculation,
  }
}

function usedPrices({ ranking, costFront, throughputFront }: PlanResult, catalog: FactsCatalog) {
  const ids = new Set(
    [...ranking, ...costFront, ...throughputFront].flatMap(candidate => [
      candidate.priceId,
      candidate.prefillPriceId,
      candidate.offloadPriceId,
    ]),
  )
  return catalog.prices.filter(price => ids.has(price.id))
}
