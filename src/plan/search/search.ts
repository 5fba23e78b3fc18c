/**
 * The search proper. Every shape is asked at its lightest and its fullest load. What can still matter is then followed to
 * the largest load within the objectives and along the Pareto fronts.
 *
 * No shape is left unasked. One is not followed when it cannot run or misses an objective with one request in flight, or
 * when even an optimistic estimate of its curve (curve-estimate.ts) neither beats the cheapest shape found with any of
 * its traits (device, engine, precision, technique) nor reaches a front.
 */
import type { Performance } from '../../perf/deployment.ts'
import type { Objective, PlanRequest } from '../types.ts'
import type { PlanContext } from './context.ts'
import { estimateAt, optimisticLoad } from './curve-estimate.ts'
import type { Exclusions } from './exclusions.ts'
import { ParetoFront } from './front.ts'
import { LoadCurve, meetsObjectives, type OperatingPoint, type PointCost } from './load-curve.ts'
import { type DeploymentShape, questionOf } from './shape.ts'

/** Neighbours on a front differ by at most this factor in concurrency. */
const frontStep = 1.6

/** Where only a good representative is wanted (best of each engine on each device), gains below 10 % are not pursued. */
const inexactGain = 0.9

/** A shape with the ends of its curve. */
interface OpenShape {
  readonly curve: LoadCurve
  readonly low: OperatingPoint
  readonly high: OperatingPoint
  /** Cost that no load within the objectives is expected to undercut. */
  readonly promise: number
}

export class Search {
  readonly #request: PlanRequest
  readonly #context: PlanContext
  readonly #objectives: readonly Objective[]
  readonly #cost: PointCost
  readonly #exclusions: Exclusions
  readonly #fronts: boolean
  readonly #bestByTrait = new Map<string, number>()
  readonly costFront = new ParetoFront<OperatingPoint>(byShapeAndLoad)
  readonly throughputFront = new ParetoFront<OperatingPoint>(byShapeAndLoad)
  /** Best operating point of every shape that was followed to its end. */
  readonly best: OperatingPoint[] = []
  considered = 0
  predicted = 0
  /** Shapes that meet the objectives at some load, followed or not. */
  feasible = 0

  constructor(
    request: PlanRequest,
    context: PlanContext,
    objectives: readonly Objective[],
    cost: PointCost,
    exclusions: Exclusions,
    fronts = true,
  ) {
    this.#request = request
    this.#context = context
    this.#objectives = objectives
    this.#cost = cost
    this.#exclusions = exclusions
    this.#fronts = fronts
  }

  /** `tell` hears now and then how many shapes have been looked at; what it throws ends the search. */
  explore(shapes: readonly DeploymentShape[], tell: (done: number, of: number) => void = () => {}): void {
    const open = shapes.flatMap((shape, index) => {
      if (index % 64 === 0) tell(index, shapes.length)
      return this.#open(shape) ?? []
    })
    // Best promise first: good shapes found early rule out more of the rest. Ties by id keep the order of input out.
    open.sort((a, b) => a.promise - b.promise || (a.curve.shape.id < b.curve.shape.id ? -1 : 1))
    const heaviest = new Map<OpenShape, OperatingPoint>()
    for (const [index, ends] of open.entries()) {
      if (index % 64 === 0) tell(shapes.length, shapes.length)
      if (!this.#mayBeCheapest(ends.curve.shape, ends.promise)) continue
      const best = this.#follow(ends)
      if (best !== null) heaviest.set(ends, best)
    }
    if (!this.#fronts) return
    for (const [index, ends] of open.entries()) {
      if (index % 64 === 0) tell(shapes.length, shapes.length)
      this.#keepOnFronts(ends.low)
      this.#fill(ends.curve, ends.low, heaviest.get(ends) ?? ends.high)
    }
  }

  #open(shape: DeploymentShape): OpenShape | null {
    this.considered++
    const predictor = this.#context.predictor(questionOf(shape, this.#request.shape))
    const curve = new LoadCurve(shape, predictor, this.#objectives, this.#cost)
    const { concurrency } = this.#request
    const low = this.#predict(curve, concurrency ?? 1)
    if (!('cost' in low)) {
      this.#exclusions.infeasible(shape.id, low)
      return null
    }
    if (!meetsObjectives(low)) {
      this.#exclusions.missed(low, this.#objectives)
      return null
    }
    this.feasible++
    const full = concurrency ?? curve.fullConcurrency(low.performance)
    const heaviest = full <= low.concurrency ? low : this.#predict(curve, full)
    const high = 'cost' in heaviest ? heaviest : low
    return { curve, low, high, promise: this.#promise(curve, low, high) }
  }

  #promise(curve: LoadCurve, low: OperatingPoint, high: OperatingPoint): number {
    if (high === low) return low.cost
    const load = optimisticLoad(low, high, this.#objectives)
    return Math.min(low.cost, estimateAt(curve, low, high, load).cost)
  }

  #predict(curve: LoadCurve, concurrency: number) {
    this.predicted++
    return curve.at(concurrency)
  }

  #mayBeCheapest(shape: DeploymentShape, cost: number): boolean {
    return shape.traits.some(({ name, exact }) => {
      const best = this.#bestByTrait.get(name)
      return best === undefined || cost < best * (exact ? 1 : inexactGain)
    })
  }

  /** To the largest load within the objectives; null when on the way there it turns out not to be the cheapest of anything. */
  #follow({ curve, low, high }: OpenShape): OperatingPoint | null {
    const before = curve.predictions
    const largest = curve.largestFeasible(low, high, cost => this.#mayBeCheapest(curve.shape, cost))
    this.predicted += curve.predictions - before
    if (largest === null) return null
    const best = preferred(largest, low)
    if (!Number.isFinite(best.cost)) {
      this.#exclusions.tooManyDevices(best, this.#request)
      return null
    }
    this.best.push(best)
    for (const { name } of best.shape.traits) {
      const known = this.#bestByTrait.get(name)
      if (known === undefined || best.cost < known) this.#bestByTrait.set(name, best.cost)
    }
    this.#keepOnFronts(best)
    return best
  }

  #keepOnFronts(point: OperatingPoint): void {
    if (!Number.isFinite(point.cost) || !meetsObjectives(point)) return
    const { performance } = point
    this.costFront.add(performance.tokensPerSecondPerUser, point.cost, point)
    this.throughputFront.add(performance.tokensPerSecondPerUser, -throughput(performance), point)
  }

  /** Whether the fronts beat an optimistic estimate of every load in between. */
  #hopeless(curve: LoadCurve, light: OperatingPoint, heavy: OperatingPoint): boolean {
    const factor = heavy.concurrency / light.concurrency
    const steps = Math.max(2, Math.ceil(Math.log(factor) / Math.log(frontStep)))
    for (let step = 0; step <= steps; step++) {
      const e = estimateAt(curve, light, heavy, light.concurrency * factor ** (step / steps))
      if (!this.costFront.dominates(e.tokensPerSecondPerUser, e.cost)) return false
      if (!this.throughputFront.dominates(e.tokensPerSecondPerUser, -e.totalTokensPerSecondPerDevice))
        return false
    }
    return true
  }

  /** Halves the stretch between two loads for as long as something new on a front may lie inside. */
  #fill(curve: LoadCurve, light: OperatingPoint, heavy: OperatingPoint): void {
    if (heavy.concurrency / light.concurrency <= frontStep || this.#hopeless(curve, light, heavy)) return
    const middle = this.#predict(curve, Math.sqrt(light.concurrency * heavy.concurrency))
    if (!('cost' in middle)) return
    this.#keepOnFronts(middle)
    // Beyond a load that misses an objective there is nothing to find.
    if (meetsObjectives(middle)) this.#fill(curve, middle, heavy)
    this.#fill(curve, light, middle)
  }
}

/** One request in flight is the better choice when more load does not make tokens cheaper (a queue, not a batch). */
function preferred(largest: OperatingPoint, lightest: OperatingPoint): OperatingPoint {
  return lightest.cost < largest.cost ? lightest : largest
}

export function throughput(performance: Performance): number {
  return performance.totalTokensPerSecondPerDevice
}

export function byShapeAndLoad(a: OperatingPoint, b: OperatingPoint): number {
  if (a.shape.id !== b.shape.id) return a.shape.id < b.shape.id ? -1 : 1
  return a.concurrency - b.concurrency
}

/** Cheapest first; then faster, then by name. */
export function byCost(a: OperatingPoint, b: OperatingPoint): number {
  return (
    a.cost - b.cost ||
    b.performance.tokensPerSecondPerUser - a.performance.tokensPerSecondPerUser ||
    byShapeAndLoad(a, b)
  )
}
