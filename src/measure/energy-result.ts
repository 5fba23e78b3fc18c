/** Energy of a measured run, by whoever metered it. */
import type { PowerBasis } from '../cost/power.ts'

export interface EnergyResult {
  /** dcgm, nvml, amdsmi, or the name of the metric the user gave. */
  readonly source: string
  /** What the meter sees: boards, IT, utility. */
  readonly powerBasis: PowerBasis
  readonly devices: number
  readonly seconds: number
  /** Difference of the energy counters; null when there are none. */
  readonly counterJoules: number | null
  /** Integral of the power samples; null when there are none, or when too little of the window is covered. */
  readonly integratedJoules: number | null
  /** counter ÷ integrated − 1; null unless both are known. */
  readonly disagreement: number | null
  /** The one that is used: the counter where there is one. */
  readonly joules: number
  readonly meanWatts: number
  readonly joulesPerOutputToken: number | null
  /** Input, cached input included, and output, on powerBasis: what plan calls by the same name. */
  readonly tokensPerSecondPerMegawatt: number | null
  /** joules × PUE × tariff; null when the price of the hardware includes energy, or no tariff is known. */
  readonly usdPerMillionTokens: number | null
  readonly warnings: readonly string[]
}
