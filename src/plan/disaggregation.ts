/** Adds disaggregated deployments to a search: which pools are worth probing, and which pairs worth following. */
import type { EngineChoice } from './search/aggregated-shapes.ts'
import type { PlanContext } from './search/context.ts'
import { cheapestPair, pairedShapes } from './search/disaggregated-shapes.ts'
import type { OperatingPoint } from './search/load-curve.ts'
import { type ProbedPools, probePools } from './search/pool-probe.ts'
import type { Search } from './search/search.ts'
import type { Objective, PlanRequest } from './types.ts'

/** Disaggregation has been shown to save up to half (DistServe §6: 4.5 × goodput at tight limits, 2 × usually); twice as dear is hopeless. */
const hopelessHardware = 2
/** Pools together dearer than this times the aggregated shape of the same kind cannot catch up: their sum is a lower bound. */
const hopelessPair = 1.1

export function exploreDisaggregated(
  search: Search,
  request: PlanRequest,
  context: PlanContext,
  objectives: readonly Objective[],
  choices: readonly EngineChoice[],
): void {
  if (request.maximumDevices < 2) return
  const tokens = (request.shape.inputTokens + request.shape.outputTokens) * 1e-6
  const aggregated = new Map<EngineChoice, OperatingPoint | null>()
  for (const choice of choices) aggregated.set(choice, cheapestOf(search.best, choice))
  const cheapest = Math.min(...search.best.map(point => point.cost))
  const probed: ProbedPools[] = []
  for (const choice of choices) {
    const best = aggregated.get(choice) ?? null
    if (best !== null && best.cost > cheapest * hopelessHardware) continue
    const pools = probePools(request, context, choice, objectives)
    search.predicted += pools.predictions
    if (pools.prefill.length > 0 && pools.decode.length > 0) probed.push(pools)
  }
  // With a demand, whole groups cost more than their rate suggests: the bound holds for either.
  const own = probed.filter(pools => {
    const best = aggregated.get(pools.choice) ?? null
    return best === null || cheapestPair(pools, pools) < hopelessPair * best.cost * tokens
  })
  // Prefill on one kind of device, decode on another: the cheapest partner of each.
  const mixed = probed.flatMap(decode => {
    const [prefill] = probed
      .filter(other => other !== decode && compatible(other.choice, decode.choice))
      .filter(other => cheapestPair(other, decode) < cheapest * tokens)
      .sort((a, b) => cheapestPair(a, decode) - cheapestPair(b, decode))
    return prefill === undefined ? [] : [{ prefill, decode }]
  })
  search.explore([
    ...own.flatMap(pools => pairedShapes(request, pools, pools)),
    ...mixed.flatMap(({ prefill, decode }) => pairedShapes(request, prefill, decode)),
  ])
}

/** Cheapest aggregated shape with the same device, engine and precision. */
function cheapestOf(points: readonly OperatingPoint[], choice: EngineChoice): OperatingPoint | null {
  let best: OperatingPoint | null = null
  for (const point of points) {
    const { deployment, accelerator } = point.shape
    const same =
      accelerator.id === choice.hardware.accelerator.id &&
      deployment.engine === choice.engine &&
      deployment.precision.preset === choice.precision.preset
    if (same && (best === null || point.cost < best.cost)) best = point
  }
  return best
}

/** Same engine, weights and KV-cache format, and one vendor: a cache written by one pool is read by the other. */
function compatible(prefill: EngineChoice, decode: EngineChoice): boolean {
  return (
    prefill.engine === decode.engine &&
    prefill.precision.preset === decode.precision.preset &&
    prefill.precision.keyValueCache === decode.precision.keyValueCache &&
    prefill.hardware.accelerator.vendor === decode.hardware.accelerator.vendor
  )
}
