/** A day of demand, hour by hour, and what share of the capacity bought for it is used. */
import { assert } from '../core/assert.ts'
import { TokenwrightError } from '../core/errors.ts'
import { hoursPerDay } from '../core/units.ts'

/** 24 hourly demands in any unit; only their proportions matter. */
export interface DemandShape {
  readonly name: string
  readonly hourly: readonly number[]
}

/**
 * peak: capacity is bought for the busiest hour, all day (own or reserved devices).
 * autoscale: capacity follows demand, but never falls below `floor` of the peak (0 = scales to zero), and stays
 * `headroom` above demand (0.2 = 20 %) as bursts within the hour need it.
 */
export type CapacityPolicy =
  | { readonly kind: 'peak' }
  | { readonly kind: 'autoscale'; readonly floor: number; readonly headroom: number }

export interface DemandFill {
  /** Mean demand ÷ mean capacity bought, in (0, 1]. */
  readonly fill: number
  /** Mean capacity bought ÷ the peak hour's demand: what the average hourly bill scales with. */
  readonly meanCapacityShare: number
  /** Peak hour ÷ mean hour. */
  readonly peakToMean: number
}

/** Checks a day: 24 finite hours, none negative, some demand. */
export function demandShape(name: string, hourly: readonly number[]): DemandShape {
  const fix = `give ${hoursPerDay} hourly values, e.g. the id of a shape or 24 numbers separated by commas`
  if (hourly.length !== hoursPerDay) {
    throw new TokenwrightError(
      'number',
      `a demand shape has ${hoursPerDay} hours, "${name}" has ${hourly.length}`,
      { where: name, fix },
    )
  }
  if (hourly.some(value => !Number.isFinite(value) || value < 0) || hourly.every(value => value === 0)) {
    throw new TokenwrightError(
      'number',
      `demand shape "${name}" holds negative, invalid or only zero demand`,
      { where: name, fix },
    )
  }
  return { name, hourly }
}

export function demandFill(shape: DemandShape, policy: CapacityPolicy): DemandFill {
  const peak = Math.max(...shape.hourly)
  // Divided by the peak first: demands near the largest number would overflow their sum.
  const relative = shape.hourly.map(value => value / peak)
  const mean = average(relative)
  const capacity = average(relative.map(demand => capacityFor(demand, policy)))
  return { fill: Math.min(1, mean / capacity), meanCapacityShare: capacity, peakToMean: 1 / mean }
}

function capacityFor(demand: number, policy: CapacityPolicy): number {
  if (policy.kind === 'peak') return 1
  assert(
    policy.floor >= 0 && policy.floor <= 1,
    `the autoscale floor lies in [0, 1] of the peak, got ${policy.floor}`,
  )
  assert(
    Number.isFinite(policy.headroom) && policy.headroom >= 0,
    `headroom is not negative, got ${policy.headroom}`,
  )
  return Math.max(policy.floor, demand * (1 + policy.headroom))
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
