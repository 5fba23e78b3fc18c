/** Inputs and answer of the cost-per-token equation. Money that is added up is integer nano-dollars (core/money.ts). */
import type { Price, PriceComponent } from '../catalog/types.ts'
import type { NanoUsd } from '../core/money.ts'

export type { NanoUsd } from '../core/money.ts'

/** Devices bought at one price. */
export interface PricedDevices {
  readonly count: number
  readonly price: Price
  /** How the bill names them; by default the accelerator, tier and provider of the price. */
  readonly label?: string
  /**
   * Average IT watts of each of these devices; needed only where some prices include energy and others do not.
   * Without it, the deployment's power is taken as equal for every device.
   */
  readonly itWattsPerDevice?: number
}

export interface CostRateInput {
  /** Devices by price, e.g. 16 × B200 reserved. */
  readonly devices: readonly PricedDevices[]
  /** IT power of the whole deployment, watts, time-averaged (accelerators + host share); null when not known. */
  readonly itWatts: number | null
  /** Utility power ÷ IT power, 1 or more. */
  readonly pue: number
  /** Tariff at the meter; null when not known. */
  readonly usdPerKilowattHour: number | null
  readonly carbonGramsPerKilowattHour: number | null
  /** Anything the price tier excludes and the user adds, e.g. staff or licences; per hour for the deployment. */
  readonly extraUsdPerHour: readonly { readonly name: string; readonly usdPerHour: number }[]
}

/** One line of the hourly bill. */
export interface CostLine {
  readonly name: string
  readonly component: PriceComponent | 'extra'
  /** Per hour. */
  readonly nanoUsdPerHour: NanoUsd
  /** True when a price already includes it (then the amount is 0 and the line says so). */
  readonly included: boolean
  readonly formula: string
}

export interface CostRate {
  readonly lines: readonly CostLine[]
  /** Exactly the sum of the lines. */
  readonly nanoUsdPerHour: NanoUsd
  readonly carbonGramsPerHour: number | null
}

/** A component of cost that the answer leaves out, and why. */
export interface NotCounted {
  readonly component: PriceComponent | 'carbon' | 'idle' | 'availability'
  readonly reason: string
}

/** The hourly bill with a statement of what it leaves out. */
export interface ItemisedCostRate extends CostRate {
  readonly notCounted: readonly NotCounted[]
}

/** Three factors, never one. Each in (0, 1]; product = share of bought capacity that serves tokens. */
export interface Utilisation {
  readonly availability: number
  readonly demandFill: number
  readonly operatingPoint: number
}

/** How the bill is split over the three token classes; declared in every answer. */
export type AllocationMethod = 'engine-time' | 'pool' | 'fixed-ratio'

export interface TokenCounts {
  readonly uncachedInput: bigint
  readonly cachedInput: bigint
  readonly output: bigint
}

/** Engine seconds (measured or modelled) by class; used as weights. */
export interface AllocationWeights {
  readonly method: AllocationMethod
  readonly uncachedInput: number
  readonly cachedInput: number
  readonly output: number
  readonly idle: number
}

export interface Allocation {
  readonly method: AllocationMethod
  /** uncachedInput + cachedInput + output + idle = bill, to the last nano-dollar. */
  readonly billNanoUsd: NanoUsd
  readonly uncachedInputNanoUsd: NanoUsd
  readonly cachedInputNanoUsd: NanoUsd
  readonly outputNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
}

/** Dollars per million tokens; null where the class has no tokens. */
export interface CostPerMillionTokens {
  /** Whole bill ÷ all tokens (input incl. cached + output). */
  readonly blended: number
  /** Whole bill ÷ output tokens only: what "per output token" headlines mean. */
  readonly perOutputToken: number | null
  readonly uncachedInput: number | null
  readonly cachedInput: number | null
  readonly output: number | null
  /** Idle part of the blended figure. */
  readonly idle: number
  readonly method: AllocationMethod
}
