/** Adds disaggregated deployments to a search: all pools are estimated, the pairs that can matter are searched in full. */
import type { EngineChoice } from './search/aggregated-shapes.ts'
import type { PlanContext } from './search/context.ts'
import { pairedShapes } from './search/disaggregated-shapes.ts'
import { PoolProbe } from './search/pool-probe.ts'
import type { Search } from './search/search.ts'
import type { Objective, PlanRequest } from './types.ts'

/** A pair reaches its bound only when rates match exactly and nothing queues: this much above the cheapest may still win. */
const slack = 1.25

interface Pair {
  readonly prefill: PoolProbe
  readonly decode: PoolProbe
}

export function exploreDisaggregated(
  search: Search,
  request: PlanRequest,
  context: PlanContext,
  objectives: readonly Objective[],
  choices: readonly EngineChoice[],
  tell: (text: string) => void = () => {},
): void {
  if (request.maximumDevices < 2) return
  const probes = choices.map((choice, index) => {
    tell(`searching: pools of ${choice.hardware.accelerator.id} (${index} of ${choices.length})`)
    return new PoolProbe(request, context, choice, objectives)
  })
  const own = probes.map(probe => ({ prefill: probe, decode: probe }))
  const mixed = probes.flatMap(decode => cheapestPartner(decode, probes) ?? [])
  const tokens = (request.shape.inputTokens + request.shape.outputTokens) * 1e-6
  const aggregated = Math.min(...search.best.map(point => point.cost)) * tokens * request.loadFactor
  const limit = slack * Math.min(aggregated, slack * Math.min(...[...own, ...mixed].map(bound)))
  const worthSearching = [...own, ...mixed].filter(
    pair => bound(pair) <= limit && bound(pair) < Number.POSITIVE_INFINITY,
  )
  search.explore(
    worthSearching.flatMap(({ prefill, decode }) => pairedShapes(request, prefill, decode)),
    (done, of) => tell(`searching: ${done} of ${of} disaggregated shapes`),
  )
  for (const probe of probes) search.predicted += probe.predictions
}

/** Dollars per request that the pair cannot undercut. */
function bound({ prefill, decode }: Pair): number {
  return prefill.prefillBound + decode.decodeBound
}

/** Prefill on another kind of device, where that is cheaper than on the same. */
function cheapestPartner(decode: PoolProbe, probes: readonly PoolProbe[]): Pair | null {
  let best = decode
  for (const probe of probes) {
    if (probe.prefillBound < best.prefillBound && compatible(probe.choice, decode.choice)) best = probe
  }
  return best === decode ? null : { prefill: best, decode }
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
