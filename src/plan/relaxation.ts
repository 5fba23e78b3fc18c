/** What a looser objective would buy: the binding objective of the cheapest deployments, and the price of each limit. */
import { formatObjective } from './objectives.ts'
import type { PlanContext } from './search/context.ts'
import { roundUp } from './search/exclusions.ts'
import { LoadCurve, type OperatingPoint, type PointCost } from './search/load-curve.ts'
import { byCost } from './search/search.ts'
import { questionOf } from './search/shape.ts'
import type { BindingConstraint, Objective, PlanRequest } from './types.ts'

/** The limit is loosened by this factor to see what it costs. */
const loosened = 1.25
/** An objective within this of its limit stops the load from growing. */
const bindingFrom = 0.98
/** A gain below this is not worth a line. */
const worthMentioning = 0.005
const shapesTried = 5

/** For the objective that limits the cheapest deployment: what 25 % more time would save. Empty when memory limits it. */
export function relaxedObjectives(
  points: readonly OperatingPoint[],
  request: PlanRequest,
  context: PlanContext,
  objectives: readonly Objective[],
  cost: PointCost,
): BindingConstraint[] {
  // With the load given, a looser limit buys nothing for this shape.
  if (request.concurrency !== undefined) return []
  const cheapest = [...points].sort(byCost).slice(0, shapesTried)
  const best = cheapest[0]
  if (best?.tightest == null || best.tightest.ratio < bindingFrom) return []
  const binding = best.tightest.objective
  const looser = objectives.map(objective =>
    objective.metric === binding.metric && objective.statistic === binding.statistic
      ? { ...objective, limitMs: objective.limitMs * loosened }
      : objective,
  )
  let found = best
  for (const point of cheapest) {
    const predictor = context.predictor(questionOf(point.shape, request.shape))
    const curve = new LoadCurve(point.shape, predictor, looser, cost)
    const low = curve.at(point.concurrency)
    if (!('cost' in low)) continue
    const high = curve.at(Math.max(point.concurrency, curve.fullConcurrency(low.performance)))
    if (!('cost' in high)) continue
    const largest = curve.largestFeasible(low, high) ?? low
    if (byCost(largest, found) < 0) found = largest
  }
  const saving = 1 - found.cost / best.cost
  if (saving < worthMentioning) return []
  const limit = { ...binding, limitMs: roundUp(binding.limitMs * loosened) }
  return [
    {
      constraint: `${formatObjective(binding)} limits the load of the cheapest deployment`,
      candidatesExcluded: 0,
      relaxation: `${formatObjective(limit)} would save ${(100 * saving).toFixed(0)} % with ${found.shape.id}`,
    },
  ]
}
