/** What kept shapes out, counted by constraint, with the nearest miss of each: the raw material of an explanation. */
import type { Infeasible } from '../../perf/deployment.ts'
import { formatObjective, measuredValueMs } from '../objectives.ts'
import type { BindingConstraint, Objective, PlanRequest } from '../types.ts'
import { groupsNeeded, meetsObjectives, type OperatingPoint } from './load-curve.ts'

interface Exclusion {
  count: number
  /** Smaller = nearer to being allowed. */
  distance: number
  shapeId: string
  relaxation: string | null
}

export class Exclusions {
  readonly #byConstraint = new Map<string, Exclusion>()

  add(constraint: string, shapeId: string, distance: number, relaxation: () => string | null): void {
    const known = this.#byConstraint.get(constraint)
    const nearer =
      known === undefined ||
      distance < known.distance ||
      (distance === known.distance && shapeId < known.shapeId)
    if (!nearer) {
      known.count++
      return
    }
    this.#byConstraint.set(constraint, {
      count: (known?.count ?? 0) + 1,
      distance,
      shapeId,
      relaxation: relaxation(),
    })
  }

  infeasible(shapeId: string, fault: Infeasible): void {
    const distance = fault.shortfall ?? Number.MAX_VALUE
    this.add(constraintOf(fault), shapeId, distance, () => relaxationOf(fault, shapeId))
  }

  /** A shape whose lightest load already misses an objective. */
  missed(point: OperatingPoint, objectives: readonly Objective[]): void {
    const { tightest, shape } = point
    if (tightest === null || meetsObjectives(point)) return
    this.add(formatObjective(tightest.objective), shape.id, tightest.ratio, () => {
      const needed = objectives
        .filter(objective => measuredValueMs(objective, point.performance) > objective.limitMs)
        .map(
          objective =>
            `${objective.metric} ${objective.statistic} < ${roundUp(measuredValueMs(objective, point.performance))} ms`,
        )
      return `${needed.join(' and ')} would allow ${shape.id} with ${inFlight(point.concurrency)} in flight`
    })
  }

  /** A shape that meets the objectives, but would need more devices than allowed to carry the demand. */
  tooManyDevices(
    point: OperatingPoint,
    request: Pick<PlanRequest, 'requestsPerSecond' | 'maximumDevices'>,
  ): void {
    const { shape, performance } = point
    const groups = groupsNeeded(request.requestsPerSecond ?? 0, performance.requestsPerSecond)
    const devices = groups * shape.devices
    const demand = `${request.requestsPerSecond} requests/s with at most ${request.maximumDevices} devices`
    this.add(
      `devices: ${demand}`,
      shape.id,
      devices,
      () => `${devices} devices would allow ${groups} × ${shape.id}`,
    )
  }

  /** Most shapes excluded first. */
  list(): BindingConstraint[] {
    return [...this.#byConstraint]
      .sort((a, b) => b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1))
      .map(([constraint, { count, relaxation }]) => ({ constraint, candidatesExcluded: count, relaxation }))
  }
}

function constraintOf(fault: Infeasible): string {
  switch (fault.reason) {
    case 'weights-exceed-memory':
      return 'memory: the weights do not fit'
    case 'context-exceeds-memory':
      return 'memory: the context does not fit'
    case 'overload':
      return 'rate: more than can be sustained'
    case 'format-unsupported':
      return 'precision: the device cannot run the format'
    case 'layout-unsupported':
      return 'layout: the engine cannot split the model so'
  }
}

function relaxationOf(fault: Infeasible, shapeId: string): string | null {
  const { shortfall } = fault
  switch (fault.reason) {
    case 'weights-exceed-memory':
      return shortfall !== null && shortfall > 0
        ? `${(shortfall / 1e9).toPrecision(3)} GB less per device would allow ${shapeId}: more devices per replica or a lower precision`
        : `a little more room per device would allow ${shapeId}: more devices per replica or a lower precision`
    case 'context-exceeds-memory':
      return shortfall === null
        ? fault.detail
        : `${Math.ceil(shortfall)} tokens less context would allow ${shapeId}`
    case 'overload':
    case 'format-unsupported':
    case 'layout-unsupported':
      return fault.detail
  }
}

function inFlight(concurrency: number): string {
  return concurrency === 1 ? 'one request' : `${Math.round(concurrency)} requests`
}

/** Three significant digits, never below the value: a limit that is really met. */
export function roundUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2)
  return Number((Math.ceil(value / unit) * unit).toPrecision(3))
}
