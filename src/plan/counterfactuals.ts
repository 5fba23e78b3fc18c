/**
 * What the model and the workload themselves contribute: the cheapest deployment of a world without the technique, over the same
 * hardware, engines, precisions, layouts and objectives. What changes is one thing, computed from the model's own description:
 *
 *   expert routing     every expert computes every token: active parameters = total, nothing is balanced or routed
 *   latent attention   the cache holds keys and values of every head, heads × (key + value) elements, instead of one latent
 *                      (multi-head in table 1 of DeepSeek-V2, arXiv:2405.04434); projections stay
 *   cache hits         cached input tokens are computed anew
 *
 * Efficiencies are those of the model as it is: the worlds differ in work, not in how well kernels do it.
 */
import type { Attention, LayerGroup, ModelArchitecture } from '../model/architecture.ts'
import { exploreDisaggregated } from './disaggregation.ts'
import { hardwarePool } from './hardware-pool.ts'
import { withMargin } from './objectives.ts'
import { aggregatedShapes, engineChoices } from './search/aggregated-shapes.ts'
import type { PlanContext } from './search/context.ts'
import { Exclusions } from './search/exclusions.ts'
import { hybridShapes } from './search/hybrid-shapes.ts'
import { type OperatingPoint, pointCost } from './search/load-curve.ts'
import { PriceBook } from './search/pricing.ts'
import { Search } from './search/search.ts'
import type { DeploymentShape } from './search/shape.ts'
import type { PlanRequest, TechniqueContribution } from './types.ts'

/** A world without one technique. */
export interface Counterfactual {
  readonly technique: string
  /** What it is without. */
  readonly without: string
  readonly architecture: ModelArchitecture
  readonly request: PlanRequest
}

/** Those that differ from the world as it is; a dense model with ordinary attention and nothing cached has none. */
export function counterfactuals(request: PlanRequest, architecture: ModelArchitecture): Counterfactual[] {
  const found: Counterfactual[] = []
  const unrouted = withoutRouting(architecture)
  if (unrouted !== null) {
    found.push({
      technique: 'expert routing (MoE)',
      without: 'every expert computes every token',
      architecture: unrouted,
      request,
    })
  }
  const multiHead = withoutLatents(architecture)
  if (multiHead !== null) {
    found.push({
      technique: 'latent attention (MLA)',
      without: 'keys and values of every head are cached',
      architecture: multiHead,
      request,
    })
  }
  if (request.shape.cachedTokens > 0) {
    found.push({
      technique: 'cache hits',
      without: 'cached input tokens are computed anew',
      architecture,
      request: { ...request, shape: { ...request.shape, cachedTokens: 0 } },
    })
  }
  return found
}

/** Null where nothing is routed. */
export function withoutRouting(architecture: ModelArchitecture): ModelArchitecture | null {
  return changedLayers(architecture, group => {
    const { feedForward } = group
    return feedForward.kind === 'moe' && feedForward.expertsPerToken < feedForward.experts
      ? { ...group, feedForward: { ...feedForward, expertsPerToken: feedForward.experts } }
      : group
  })
}

/**
 * Null where nothing is kept as a latent of each token. Latents merged over several tokens (DeepSeek-V4) are another technique and
 * stay.
 */
export function withoutLatents(architecture: ModelArchitecture): ModelArchitecture | null {
  return changedLayers(architecture, group => {
    const { attention } = group
    if (attention.kind !== 'mla' || attention.compressionTokens > 1) return group
    const multiHead: Attention = {
      kind: 'gqa',
      queryHeads: attention.queryHeads,
      keyValueHeads: attention.queryHeads,
      keyHeadDimension: attention.noPositionDimension,
      valueHeadDimension: attention.valueHeadDimension,
      windowTokens: null,
      keysAreValues: false,
      sparse: attention.sparse,
    }
    return { ...group, attention: multiHead }
  })
}

function changedLayers(
  architecture: ModelArchitecture,
  change: (group: LayerGroup) => LayerGroup,
): ModelArchitecture | null {
  const layerGroups = architecture.layerGroups.map(change)
  const same = layerGroups.every((group, index) => group === architecture.layerGroups[index])
  return same ? null : { ...architecture, layerGroups }
}

/** Devices that are this many times as dear as the cheapest, in the world as it is, are assumed to win in no other. */
const hopelessFrom = 5

/**
 * Cost of the cheapest deployment ÷ cost of the cheapest in each world without a technique. `points`: of a search of the world as it is,
 * where there was one; devices that are hopeless there are not tried. `tell` hears how far a search is.
 */
export function counterfactualContributions(
  request: PlanRequest,
  context: PlanContext,
  points?: readonly OperatingPoint[],
  tell: (text: string) => void = () => {},
): TechniqueContribution[] {
  const worlds = counterfactuals(request, context.architecture)
  if (worlds.length === 0) return []
  const found = points ?? searched(request, context, context.architecture, tell)
  const cheapest = cheapestOf(found)
  if (cheapest === null) return []
  const hopeful = found.filter(point => point.cost < cheapest * hopelessFrom)
  const acceleratorIds = [...new Set(hopeful.flatMap(devicesOf))]
  return worlds.map(world => {
    const among = { ...world.request, acceleratorIds }
    const without = cheapestOf(
      searched(among, context, world.architecture, text => tell(`without ${world.technique}: ${text}`)),
    )
    return {
      technique: world.technique,
      without: world.without,
      costRatio: without === null ? null : cheapest / without,
      withoutUsdPerMillionTokens: without,
    }
  })
}

/** The cheapest deployment within the objectives, and a good one of each device: a part of what planDeployments finds. */
function searched(
  request: PlanRequest,
  actual: PlanContext,
  architecture: ModelArchitecture,
  tell: (text: string) => void,
): readonly OperatingPoint[] {
  const context = architecture === actual.architecture ? actual : actual.withArchitecture(architecture)
  const objectives = withMargin(request.objectives, request.safetyMargin ?? 0)
  const prices = new PriceBook(context.catalog, request)
  const { hardware, processors } = hardwarePool(request, context.catalog, prices)
  const cost = pointCost(request.requestsPerSecond, request.shape, request.maximumDevices, request.loadFactor)
  const search = new Search(request, context, objectives, cost, new Exclusions(), false)
  // Formats, that of the cache among them, are those that the model is served in.
  const choices = engineChoices(request, actual.architecture, hardware)
  search.explore(
    [
      ...choices.flatMap(choice => aggregatedShapes(request, context, choice)),
      ...hybridShapes(request, context, choices, processors),
    ].map(byDeviceOnly),
    (done, of) => tell(`searching: ${done} of ${of} aggregated shapes`),
  )
  if (request.allowDisaggregated) {
    exploreDisaggregated(search, request, context, objectives, choices, tell)
  }
  return search.best
}

/** Of techniques nobody asks here: nothing is followed to its end for their sake. */
function byDeviceOnly(shape: DeploymentShape): DeploymentShape {
  const device = { name: `accelerator ${shape.accelerator.id}`, exact: false }
  return { ...shape, traits: [{ name: 'any', exact: true }, device] }
}

function devicesOf({ shape }: OperatingPoint): string[] {
  const { accelerator, prefillAccelerator, offload } = shape
  return [accelerator.id, prefillAccelerator.id, ...(offload === null ? [] : [offload.accelerator.id])]
}

/** Dollars per million tokens; null where nothing is feasible. */
function cheapestOf(points: readonly OperatingPoint[]): number | null {
  const lowest = Math.min(...points.map(({ cost }) => cost))
  return Number.isFinite(lowest) ? lowest : null
}
