/**
 * Watts, where they are measured, and what they buy. Every figure per watt states its basis; the bases differ by
 * 12 to 29 % on the same machine (InferenceX constants before and after July 2026), so they are never mixed silently.
 */
import { assert } from '../core/assert.ts'

/**
 * board: the accelerators alone. it-all-in: with their share of host, network, fans and power supplies.
 * utility: at the site's meter, IT power × PUE.
 */
export type PowerBasis = 'board' | 'it-all-in' | 'utility'

/** Power with the place where it was measured. */
export interface StatedPower {
  readonly watts: number
  readonly basis: PowerBasis
}

export const wattsPerKilowatt = 1_000
export const wattsPerMegawatt = 1_000_000
export const secondsPerHour = 3_600
export const tokensPerMillion = 1_000_000

/**
 * IT watts behind a stated power; PUE is utility ÷ IT by definition (The Green Grid).
 * Board power passes as it is: the host's share is unknown, and the caller has to say so.
 */
export function itWattsOf(power: StatedPower, pue: number): number {
  assertPue(pue)
  return power.basis === 'utility' ? power.watts / pue : power.watts
}

/** IT watts × PUE: power at the meter. */
export function utilityWattsOf(itWatts: number, pue: number): number {
  assertPue(pue)
  return itWatts * pue
}

/** tokens/s ÷ megawatts, on the basis of the watts given (docs/models/cost.md). */
export function tokensPerSecondPerMegawatt(tokensPerSecond: number, watts: number): number {
  assert(watts > 0, `tokens/s/MW needs a positive power, got ${watts} W`)
  return tokensPerSecond / (watts / wattsPerMegawatt)
}

/** watts ÷ (tokens/s): the reciprocal view of tokens/s/MW, on the same basis. */
export function joulesPerToken(tokensPerSecond: number, watts: number): number {
  assert(tokensPerSecond > 0, `J/token needs a positive throughput, got ${tokensPerSecond} tokens/s`)
  return watts / tokensPerSecond
}

/** IT kW × PUE × grid intensity: grams of CO2 equivalent per hour, location-based, operation only. */
export function carbonGramsPerHour(itWatts: number, pue: number, gramsPerKilowattHour: number): number {
  return (utilityWattsOf(itWatts, pue) / wattsPerKilowatt) * gramsPerKilowattHour
}

/** Grams per hour ÷ million tokens per hour. */
export function carbonGramsPerMillionTokens(gramsPerHour: number, tokensPerSecond: number): number {
  assert(tokensPerSecond > 0, `g/Mtok needs a positive throughput, got ${tokensPerSecond} tokens/s`)
  return gramsPerHour / ((tokensPerSecond * secondsPerHour) / tokensPerMillion)
}

function assertPue(pue: number): void {
  assert(Number.isFinite(pue) && pue >= 1, `PUE is utility ÷ IT power and at least 1, got ${pue}`)
}
