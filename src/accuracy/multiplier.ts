/** Multipliers: a few factors, each on one kind of cost, between shipped coefficients and somebody's own measurements. */
import {
  type CoefficientName,
  coefficientNames,
  type LocalCoefficients,
  valueFromLog,
} from '../perf/coefficients.ts'

/** A multiplier of times: 1.1 makes what it stands for take 10 % longer. */
export interface Multiplier<Name extends string = string> {
  readonly name: Name
  /** Coefficients that grow with it (times) and that shrink with it (shares reached). */
  readonly times: readonly CoefficientName[]
  readonly shares: readonly CoefficientName[]
}

/** ln-space shifts of coefficients: what an overlay stores. */
export type Shifts = Readonly<Partial<Record<CoefficientName, number>>>

/** Shifts under the logarithms of the multipliers, in their order. */
export function shiftsOf(multipliers: readonly Multiplier[], logs: ArrayLike<number>): Shifts {
  const shifts: Partial<Record<CoefficientName, number>> = {}
  multipliers.forEach(({ times, shares }, i) => {
    for (const name of times) shifts[name] = logs[i]!
    for (const name of shares) shifts[name] = -logs[i]!
  })
  return shifts
}

/** Coefficients under ln-space shifts, as resolveCoefficients applies them. */
export function withShifts(base: LocalCoefficients, shifts: Shifts): LocalCoefficients {
  const local: Record<CoefficientName, number> = { ...base }
  for (const name of coefficientNames) {
    const shift = shifts[name]
    if (shift !== undefined) local[name] = valueFromLog(name, logOf(name, base[name]) + shift)
  }
  return local
}

/** Inverse of valueFromLog: (x⁻⁴ + 1)^(−1/4) for shares, found by comparing with what it does to 1. */
function logOf(name: CoefficientName, value: number): number {
  const bounded = valueFromLog(name, 0) < 1
  return bounded ? -0.25 * Math.log(value ** -4 - 1) : Math.log(value)
}
