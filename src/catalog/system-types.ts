/** Facts beside the core catalog: whole systems and their power, shapes of demand and tariff, inputs of ownership cost, gaps. */
import type { Provenance } from '../core/provenance.ts'
import type { Catalog } from './types.ts'

/** A node or rack that is bought as one. */
export interface SystemFacts {
  readonly id: string
  readonly name: string
  readonly aliases: readonly string[]
  readonly acceleratorId: string
  readonly devices: number
  /** Devices behind one operating system: 4 in a tray of an NVL72 rack. */
  readonly devicesPerHost: number
  /** IT watts of the whole system at its limit, as rated; null when no source states it. */
  readonly maximumWatts: number | null
  /** IT watts usually provisioned for; null when no source states it. */
  readonly typicalWatts: number | null
  /** Parts that add up to the system's power; null when no source breaks it down. */
  readonly power: SystemPowerProfile | null
  /** Purchase prices that sources state, dollars for the whole system. */
  readonly capital: readonly SystemCapital[]
  readonly provenance: Provenance
}

export interface SystemCapital {
  readonly what: string
  readonly usd: number
  readonly provenance: Provenance
}

/**
 * IT power of a system = (Σ accelerator watts + fixed watts) ÷ supply efficiency + fans + network.
 * Watts of the accelerators are measured or predicted and come on top. "Multi" = the system serves together with others.
 */
export interface SystemPowerProfile {
  /** DC watts of processors, memory, drives and boards by kind of work. */
  readonly fixedWatts: {
    readonly singleSystem: number
    readonly multiSystem: number
    readonly agentic: number | null
    readonly agenticWithHostCache: number | null
  }
  /** Network cards, switches and optics; scale-out share included. */
  readonly networkWatts: { readonly singleSystem: number; readonly multiSystem: number }
  /** Electrical watts of all fans at full speed, and the range of their duty. Power goes with duty³. */
  readonly fans: {
    readonly fullSpeedWatts: number
    readonly minimumDuty: number
    readonly maximumDuty: number
  }
  /** Rated output of the power supplies, watts, and their efficiency by load share (linear in between). */
  readonly supply: {
    readonly capacityWatts: number
    readonly efficiencyByLoad: readonly (readonly [load: number, efficiency: number])[]
  }
  /** Facility factor that the source pairs with it. */
  readonly pue: number
  readonly provenance: Provenance
}

/** A day by hours, mean 1. */
export interface HourlyShape {
  readonly id: string
  readonly kind: 'demand' | 'tariff'
  readonly description: string
  /** 24 multipliers whose mean is 1 (within rounding); hour 0 as the source has it. */
  readonly hourly: readonly number[]
  readonly peakToMean: number
  /** Highest ten minutes ÷ mean, when the source allows to say. */
  readonly tenMinutePeakToMean: number | null
  /** Coefficient of variation of the clients' inter-arrival times, weighted by rate; 1 = Poisson. */
  readonly clientVariation: number | null
  readonly provenance: Provenance
}

/** An input of the ownership-cost formula: years, shares, dollars per kW-month … */
export interface CostParameter {
  readonly id: string
  readonly name: string
  /** "base" is the default; "low" and "high" are the range; other keys are variants, e.g. air and liquid. */
  readonly values: Readonly<Record<string, number>>
  readonly provenance: Provenance
}

/** Something known to exist whose figures no source states: not used in any answer, but not hidden. */
export interface FactGap {
  readonly id: string
  readonly kind: 'accelerator' | 'price'
  readonly name: string
  readonly missing: readonly string[]
  readonly provenance: Provenance
}

/** All facts the project ships. */
export interface FactsCatalog extends Catalog {
  readonly systems: readonly SystemFacts[]
  readonly shapes: readonly HourlyShape[]
  readonly costParameters: readonly CostParameter[]
  readonly gaps: readonly FactGap[]
}
