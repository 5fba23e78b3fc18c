/**
 * Why a device-hour bought is not a device-hour that serves at full speed: three causes with three owners, kept apart
 * (docs/models/cost.md) and multiplied only at the end.
 *
 *   availability     it was up                     faults and recovery     operations
 *   demand fill      there was work                mean ÷ bought capacity  product, autoscaling
 *   operating point  it ran at its best batch      the latency objective   engineering
 */
import { assert } from '../core/assert.ts'
import { splitByWeights } from '../core/money.ts'
import type { NanoUsd, Utilisation } from './types.ts'

/** Always up, always full, at peak throughput. */
export const fullUtilisation: Utilisation = { availability: 1, demandFill: 1, operatingPoint: 1 }

export function utilisation(factors: Utilisation): Utilisation {
  for (const [name, factor] of Object.entries(factors)) {
    assert(factor > 0 && factor <= 1, `${name} lies in (0, 1], got ${factor}`)
  }
  return factors
}

/** Mean time between interruptions ÷ (that + recovery): the steady-state availability of a repairable system. */
export function availabilityFromInterruptions(meanHoursBetween: number, recoveryHours: number): number {
  assert(
    meanHoursBetween > 0 && recoveryHours >= 0,
    'interruptions come after a positive time, recovery takes none or some',
  )
  return meanHoursBetween / (meanHoursBetween + recoveryHours)
}

/** Throughput within the objectives ÷ the deployment's best throughput. */
export function operatingPoint(tokensPerSecond: number, peakTokensPerSecond: number): number {
  assert(
    tokensPerSecond > 0 && tokensPerSecond <= peakTokensPerSecond,
    'an operating point lies in (0, peak]',
  )
  return tokensPerSecond / peakTokensPerSecond
}

/** Share of bought capacity that becomes tokens. */
export function servedShare(factors: Utilisation): number {
  return factors.availability * factors.demandFill * factors.operatingPoint
}

/** Share of bought time in which nothing is served: down, or up without demand. */
export function idleShare(factors: Utilisation): number {
  return 1 - factors.availability * factors.demandFill
}

/** A bill by what became of the time it bought; adds up to the bill to the last unit. */
export interface BillByUse {
  /** What the tokens served would have cost on machines that are always up, full and at their best batch. */
  readonly workNanoUsd: NanoUsd
  /** Running below the best throughput, for the sake of latency. */
  readonly operatingPointNanoUsd: NanoUsd
  /** Up, without demand. */
  readonly unfilledNanoUsd: NanoUsd
  /** Down. */
  readonly unavailableNanoUsd: NanoUsd
}

export function billByUse(billNanoUsd: NanoUsd, factors: Utilisation): BillByUse {
  const { availability, demandFill, operatingPoint } = utilisation(factors)
  const parts = splitByWeights(billNanoUsd, [
    availability * demandFill * operatingPoint,
    availability * demandFill * (1 - operatingPoint),
    availability * (1 - demandFill),
    1 - availability,
  ])
  return {
    workNanoUsd: parts[0]!,
    operatingPointNanoUsd: parts[1]!,
    unfilledNanoUsd: parts[2]!,
    unavailableNanoUsd: parts[3]!,
  }
}
