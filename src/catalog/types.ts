/** Facts the project ships, as code sees them. data/*.json holds them; load-catalog-file.ts reads them at the edge. */
import type { Provenance } from '../core/provenance.ts'

/** Chip generation: what efficiency coefficients are shared over. */
export type Generation =
  | 'turing'
  | 'ampere'
  | 'ada'
  | 'hopper'
  | 'blackwell'
  | 'blackwell-ultra'
  | 'rubin'
  | 'rtx-blackwell'
  | 'cdna2'
  | 'cdna3'
  | 'cdna4'
  | 'cdna5'
  | 'tpu'
  | 'trainium'
  | 'inferentia'
  | 'groq'
  | 'cerebras'
  | 'gaudi'
  | 'ascend'
  | 'other'

export interface Accelerator {
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly generation: Generation
  readonly aliases: readonly string[]
  /** Usable device memory (HBM/GDDR; SRAM for Groq and Cerebras). */
  readonly memoryBytes: number
  readonly memoryBandwidthBytesPerSecond: number
  /** Dense peak (no sparsity), FLOP/s; null where the format has no hardware path. */
  readonly peakFlopsPerSecond: {
    readonly bf16: number | null
    readonly fp8: number | null
    readonly fp4: number | null
  }
  /** NVLink, Infinity Fabric, ICI …: devices that reach each other at bandwidth, one direction per device. */
  readonly scaleUp: {
    readonly domainDevices: number
    readonly bandwidthBytesPerSecond: number
    readonly technology: string
  }
  /** Network per device, one direction; null when unknown. */
  readonly scaleOutBytesPerSecond: number | null
  readonly tdpWatts: number
  /** IT power per device all-in (host, network, fans) when stated by a source; null otherwise. */
  readonly allInWatts: number | null
  readonly devicesPerNode: number
  readonly launch: string | null
  /** Engines that run on it (perf/deployment.ts names); empty where no general engine does, or where nobody can buy it yet. */
  readonly engines: readonly string[]
  readonly provenance: Provenance
}

export type PriceTier = 'owned' | 'reserved' | 'on-demand' | 'spot'

/** Dollars per device hour, with what they include. */
export interface Price {
  readonly id: string
  readonly acceleratorId: string
  readonly provider: string
  readonly tier: PriceTier
  readonly usdPerDeviceHour: number
  /** Region as the source names it; null when not regional. */
  readonly region: string | null
  /** Closed list, so that the cost equation knows what to add. */
  readonly includes: readonly PriceComponent[]
  readonly commitment: string | null
  readonly provenance: Provenance
  /** Set on prices of the user's facts file: they win over the built-in ones. */
  readonly userSupplied?: boolean
}

export type PriceComponent =
  | 'capital'
  | 'host'
  | 'network'
  | 'space'
  | 'cooling'
  | 'energy'
  | 'operations'
  | 'margin'

export interface ElectricityPrice {
  readonly id: string
  readonly region: string
  /** Other names of the region: states, countries, cloud regions. */
  readonly aliases?: readonly string[]
  /** Who pays it: "industrial average", "data-centre delivered", … */
  readonly kind?: string
  readonly usdPerKilowattHour: number
  /** Grams of CO2 equivalent per kWh of the grid, when a source states it. */
  readonly carbonGramsPerKilowattHour: number | null
  readonly provenance: Provenance
  readonly userSupplied?: boolean
}

export interface PowerUsageEffectiveness {
  readonly id: string
  readonly scope: string
  readonly aliases?: readonly string[]
  readonly pue: number
  readonly provenance: Provenance
}

/** A model of the catalog: its config file and names. */
export interface CatalogModel {
  readonly id: string
  readonly aliases: readonly string[]
  /** Path under data/models/. */
  readonly configPath: string
  readonly publishedTotalParameters: number | null
  readonly publishedActiveParameters: number | null
  readonly provenance: Provenance
}

export interface Catalog {
  readonly accelerators: readonly Accelerator[]
  readonly prices: readonly Price[]
  readonly electricity: readonly ElectricityPrice[]
  readonly pue: readonly PowerUsageEffectiveness[]
  readonly models: readonly CatalogModel[]
}
