/** From a question to a ranked answer: search, size, price, explain. See index.ts for what it assumes. */
import { TokenwrightError } from '../core/errors.ts'
import { byStrength, techniqueContributions } from './contributions.ts'
import { counterfactualContributions } from './counterfactuals.ts'
import { exploreDisaggregated } from './disaggregation.ts'
import { hardwarePool } from './hardware-pool.ts'
import { formatObjective, withMargin } from './objectives.ts'
import { relaxedObjectives } from './relaxation.ts'
import {
  aggregatedShapes,
  type EngineChoice,
  engineChoices,
  type Hardware,
  weightBytes,
} from './search/aggregated-shapes.ts'
import { buildCandidate } from './search/candidate.ts'
import type { PlanContext } from './search/context.ts'
import { Exclusions } from './search/exclusions.ts'
import { paretoFront } from './search/front.ts'
import { hybridShapes } from './search/hybrid-shapes.ts'
import { type OperatingPoint, pointCost } from './search/load-curve.ts'
import { PriceBook } from './search/pricing.ts'
import { byCost, Search, throughput } from './search/search.ts'
import type { DeploymentShape } from './search/shape.ts'
import { sizeDeployment } from './search/sizing.ts'
import type { Candidate, Objective, PlanRequest, PlanResult } from './types.ts'

/** Shapes ranked in full; beyond, only the best of each accelerator and engine is kept. */
const ranked = 40
/** Speeds on a shown front differ by at least this factor. */
const frontSpacing = 1.01

/** Hears how far a search is; called a few dozen times a second, from synchronous code. */
export type SearchProgress = (text: string) => void

export interface PlanOptions {
  /** false: the ranking alone, in about half the time; the fronts hold what was met on the way. Default: true. */
  readonly fronts?: boolean
  /** false: without the contributions that need a search of their own (counterfactuals.ts). Default: true. */
  readonly counterfactuals?: boolean
}

export function planDeployments(
  request: PlanRequest,
  context: PlanContext,
  onProgress: SearchProgress = () => {},
  { fronts = true, counterfactuals = true }: PlanOptions = {},
): PlanResult {
  checkRequest(request)
  const objectives = withMargin(request.objectives, request.safetyMargin ?? 0)
  const prices = new PriceBook(context.catalog, request)
  const { hardware, processors, skipped } = hardwarePool(request, context.catalog, prices)
  const exclusions = new Exclusions()
  const cost = pointCost(request.requestsPerSecond, request.shape, request.maximumDevices, request.loadFactor)
  const search = new Search(request, context, objectives, cost, exclusions, fronts)
  const choices = engineChoices(request, context.architecture, hardware)

  search.explore(
    [
      ...choices.flatMap(choice => shapesOf(choice, request, context, exclusions)),
      ...hybridShapes(request, context, choices, processors),
    ],
    (done, of) => onProgress(`searching: ${done} of ${of} aggregated shapes`),
  )
  noPrecision(request, hardware, choices, exclusions)
  if (request.allowDisaggregated) {
    exploreDisaggregated(search, request, context, objectives, choices, onProgress)
  }

  const sizer = new Sizer(request, context, objectives, exclusions)
  const ranking = sizer.candidates(rankedPoints(search.best)).sort(byBlendedCost)
  const costFront = frontOf(sizer.candidates(search.costFront.items), c => c.cost.blended)
  const throughputFront = frontOf(
    sizer.candidates(search.throughputFront.items),
    c => -throughput(c.performance),
  )
  const against = counterfactuals
    ? counterfactualContributions(request, context, search.best, onProgress)
    : []
  return {
    request,
    modelId: request.modelId,
    ranking,
    costFront,
    throughputFront,
    contributions: [...techniqueContributions(search.best), ...against].sort(byStrength),
    binding: [
      ...relaxedObjectives(search.best, request, context, objectives, cost),
      ...exclusions.list(),
      ...pricesMissing(skipped),
    ],
    counts: {
      considered: search.considered,
      predicted: search.predicted + sizer.predictions,
      feasible: search.feasible,
    },
    skippedAccelerators: skipped,
    warnings: [...prices.warnings, ...warningsOf(request, ranking, hardware)],
  }
}

/** A choice without any layout is one whose weights need more devices than are allowed, or than belong together. */
function shapesOf(
  choice: EngineChoice,
  request: PlanRequest,
  context: PlanContext,
  exclusions: Exclusions,
): DeploymentShape[] {
  const shapes = aggregatedShapes(request, context, choice)
  if (shapes.length > 0) return shapes
  const { accelerator } = choice.hardware
  const fewest = Math.ceil(weightBytes(context.architecture, choice.precision) / accelerator.memoryBytes)
  const id = `${accelerator.id}-${choice.engine}-${choice.precision.preset}`
  exclusions.add('memory: the weights need more devices than may work together', id, fewest, () =>
    fewest > request.maximumDevices
      ? `${fewest} devices or more would be needed for ${id}; at most ${request.maximumDevices} are allowed`
      : `the model does not divide over the ${fewest} or more devices that ${id} needs`,
  )
  return shapes
}

function noPrecision(
  request: PlanRequest,
  hardware: readonly Hardware[],
  choices: readonly EngineChoice[],
  exclusions: Exclusions,
): void {
  for (const entry of hardware) {
    if (choices.some(choice => choice.hardware === entry)) continue
    const wanted = request.precisions.length === 0 ? 'the checkpoint' : request.precisions.join(', ')
    exclusions.add(`precision: ${wanted} cannot be served`, entry.accelerator.id, 0, () =>
      request.precisions.length === 0
        ? `no format that ${entry.accelerator.name} runs can be made from the checkpoint`
        : `other precisions may run on ${entry.accelerator.name}`,
    )
  }
}

/** The cheapest shapes, and beyond them the best of each accelerator, engine and mode. */
function rankedPoints(points: readonly OperatingPoint[]): OperatingPoint[] {
  const seen = new Set<string>()
  return [...points].sort(byCost).filter((point, index) => {
    const { accelerator, prefillAccelerator, deployment, offload } = point.shape
    const kind = `${offload?.accelerator.id ?? ''} ${prefillAccelerator.id}+${accelerator.id} ${deployment.engine} ${deployment.mode}`
    const first = !seen.has(kind)
    seen.add(kind)
    return index < ranked || first
  })
}

/** Sizes and prices points, each once. */
class Sizer {
  readonly #request: PlanRequest
  readonly #context: PlanContext
  readonly #objectives: readonly Objective[]
  readonly #exclusions: Exclusions
  readonly #known = new Map<OperatingPoint, Candidate | null>()
  predictions = 0

  constructor(
    request: PlanRequest,
    context: PlanContext,
    objectives: readonly Objective[],
    exclusions: Exclusions,
  ) {
    this.#request = request
    this.#context = context
    this.#objectives = objectives
    this.#exclusions = exclusions
  }

  candidates(points: readonly OperatingPoint[]): Candidate[] {
    return points.flatMap(point => this.#candidate(point) ?? [])
  }

  #candidate(point: OperatingPoint): Candidate | null {
    const known = this.#known.get(point)
    if (known !== undefined) return known
    const sized = sizeDeployment(point, this.#request, this.#context, this.#objectives)
    this.predictions += sized.predictions
    const candidate =
      'deployment' in sized ? buildCandidate(sized, this.#request, this.#context, this.#objectives) : null
    if (!('deployment' in sized)) this.#exclude(point, sized.devicesNeeded)
    this.#known.set(point, candidate)
    return candidate
  }

  #exclude(point: OperatingPoint, devicesNeeded: number | null): void {
    const devices = devicesNeeded ?? Number.POSITIVE_INFINITY
    this.#exclusions.add('rate: objectives at open-loop arrivals', point.shape.id, devices, () =>
      devicesNeeded === null
        ? 'a smoother arrival process or looser objectives would be needed'
        : `${devicesNeeded} devices would be tried next for ${point.shape.id}; at most ${this.#request.maximumDevices} are allowed`,
    )
  }
}

function byBlendedCost(a: Candidate, b: Candidate): number {
  return (
    a.cost.blended - b.cost.blended ||
    b.performance.tokensPerSecondPerUser - a.performance.tokensPerSecondPerUser ||
    (a.id < b.id ? -1 : 1)
  )
}

/**
 * Sizing for a demand moves points: what is dominated afterwards is dropped. Of neighbours that differ by less than a
 * hundredth in speed only the better is shown.
 */
function frontOf(candidates: readonly Candidate[], low: (candidate: Candidate) => number): Candidate[] {
  const speed = (candidate: Candidate) => candidate.performance.tokensPerSecondPerUser
  const front = paretoFront(candidates, speed, low, (a, b) => (a.id < b.id ? -1 : 1))
  const shown: Candidate[] = []
  for (const candidate of front.reverse()) {
    const slower = shown.at(-1)
    if (slower === undefined || speed(candidate) >= speed(slower) * frontSpacing) shown.push(candidate)
  }
  return shown.reverse()
}

function pricesMissing(skipped: PlanResult['skippedAccelerators']): PlanResult['binding'] {
  const without = skipped.filter(entry => entry.reason.includes('price'))
  if (without.length === 0) return []
  const names = without.map(entry => entry.acceleratorId).join(', ')
  return [
    {
      constraint: 'price: none known for this tier',
      candidatesExcluded: without.length,
      relaxation: `another tier, or prices in a facts file, would add ${names}`,
    },
  ]
}

function warningsOf(
  request: PlanRequest,
  ranking: readonly Candidate[],
  hardware: readonly Hardware[],
): string[] {
  const warnings: string[] = []
  if (hardware.length === 0) warnings.push('no accelerator is left to search')
  if (request.objectives.length === 0) {
    warnings.push('without a latency objective the cheapest load is the largest that memory holds')
  }
  const best = ranking[0]
  if (best !== undefined && best.performance.ttft.p90Ms > best.performance.endToEnd.meanMs / 2) {
    const seconds = (best.performance.ttft.p90Ms / 1e3).toPrecision(2)
    warnings.push(
      `one user in ten waits ${Number(seconds)} s or more for the first token, longer than for all that follow: add a ttft objective`,
    )
  }
  if (best !== undefined && best.feasibilityProbability < 0.5) {
    const names = request.objectives.map(formatObjective).join(', ')
    warnings.push(
      `the cheapest deployment meets ${names} only with ${Math.round(best.feasibilityProbability * 100)} % probability: plan with a safety margin`,
    )
  }
  return warnings
}

function checkRequest(request: PlanRequest): void {
  const { shape } = request
  const refuse = (message: string, where: string, fix: string): never => {
    throw new TokenwrightError('number', message, { where, fix })
  }
  if (!(shape.inputTokens >= 1 && Number.isFinite(shape.inputTokens)))
    refuse(`prompts of ${shape.inputTokens} tokens`, 'input tokens', 'give 1 or more')
  if (!(shape.outputTokens > 1 && Number.isFinite(shape.outputTokens)))
    refuse(
      `answers of ${shape.outputTokens} tokens`,
      'output tokens',
      'give more than 1: TPOT is undefined for one token',
    )
  if (!(shape.cachedTokens >= 0 && shape.cachedTokens <= shape.inputTokens))
    refuse(
      `${shape.cachedTokens} cached of ${shape.inputTokens} input tokens`,
      'cached tokens',
      'cached tokens are part of the input',
    )
  if (!(request.loadFactor > 0 && request.loadFactor <= 1))
    refuse(`a load factor of ${request.loadFactor}`, 'load factor', 'give a share in (0, 1]')
  if (!(Number.isInteger(request.maximumDevices) && request.maximumDevices >= 1))
    refuse(`at most ${request.maximumDevices} devices`, 'maximum devices', 'give a whole number of 1 or more')
  const margin = request.safetyMargin ?? 0
  if (!(margin >= 0 && margin < 1))
    refuse(`a safety margin of ${margin}`, 'safety margin', 'give a share in [0, 1)')
  const { concurrency } = request
  if (concurrency !== undefined && !(concurrency >= 1 && Number.isFinite(concurrency)))
    refuse(`${concurrency} requests in flight`, 'concurrency', 'give 1 or more')
  if (concurrency !== undefined && request.requestsPerSecond !== null)
    refuse('a rate and a fixed concurrency', 'concurrency', 'give one of them: each follows from the other')
  const rate = request.requestsPerSecond
  if (rate !== null && !(rate > 0 && Number.isFinite(rate)))
    refuse(`${rate} requests per second`, 'rate', 'give a rate above 0')
}
