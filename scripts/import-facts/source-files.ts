/** Forms of the source files (as far as the importer reads them) and the closed list their confidences are mapped to. */
import type { Confidence, Provenance } from '../../src/core/provenance.ts'

export interface Sourced {
  readonly source: string
  readonly asOf: string
  readonly confidence: string
}

export interface SourceAccelerator extends Sourced {
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly memoryGB: number | null
  readonly memoryType: string | null
  readonly memoryBandwidthGBs: number | null
  readonly denseTflops: {
    readonly bf16: number | null
    readonly fp8: number | null
    readonly fp4: number | null
  }
  readonly scaleUp: {
    readonly domainSize: number | null
    readonly perDeviceUniGBs: number | null
    readonly tech: string | null
  }
  readonly scaleOutGbpsPerDevice: number | null
  readonly tdpW: number | null
  readonly node: {
    readonly devices?: number
    readonly devicesPerTray?: number
    readonly maxKw?: number
    readonly typicalKw?: number
    readonly perDeviceAllInW?: number
    readonly note?: string
  }
  readonly launch: string | null
  readonly notes?: string
}

export interface SourceRental extends Sourced {
  readonly provider: string
  readonly sku: string
  readonly accelerator: string
  readonly devices: number
  readonly usdPerDeviceHour: number | null
  readonly kind: string
  readonly region: string | null
  readonly note?: string
}

export interface SourceMarketIndex extends Sourced {
  readonly accelerator: string
  readonly index: number
  readonly hyperscaler: number
  readonly neocloud: number
  readonly marketplace: number
  readonly spot: number
}

export interface SourceOwnership {
  readonly snapshots: readonly (Sourced & {
    readonly id: string
    readonly powerBasis: string
    readonly note: string | null
    readonly rows: readonly {
      readonly accelerator: string
      readonly powerKwPerDevice: number
      readonly ownHyperscalerUsdPerHour: number
      readonly ownNeocloudUsdPerHour: number | null
      readonly rent3yrUsdPerHour: number
    }[]
  })[]
  readonly capex: readonly (Sourced & {
    readonly id: string
    readonly item: string
    readonly usd?: number
    readonly perDeviceUsd?: number
  })[]
  readonly parameters: readonly (Sourced &
    Readonly<Record<string, unknown>> & { readonly id: string; readonly name: string })[]
}

export interface SourceElectricity {
  readonly prices: readonly (Sourced & {
    readonly id: string
    readonly region: string
    readonly kind: string
    readonly usdPerKwh: number
    readonly low?: number
    readonly high?: number
    readonly subsidisedLow?: number
  })[]
  readonly carbonIntensity: readonly (Sourced & {
    readonly iso: string
    readonly gCO2PerKwh: number
    readonly year: number
  })[]
  readonly timeOfUse: readonly (Sourced & {
    readonly id: string
    readonly multipliers: readonly number[]
    readonly note?: string
  })[]
}

export interface SourcePue extends Sourced {
  readonly id: string
  readonly scope: string
  readonly pue: number
  readonly p25?: number
  readonly p75?: number
}

export interface SourceShape extends Sourced {
  readonly id: string
  readonly kind: string
  readonly hourly: readonly number[] | null
  readonly peakToMean?: number
  readonly max10minToMean?: number
  readonly rateWeightedClientCV?: number
}

const confidences: Readonly<Record<string, Confidence>> = {
  'vendor spec': 'published',
  'published list price': 'published',
  'published analysis': 'analysis',
  estimate: 'estimate',
  'memory-unverified': 'unverified',
}

/** Store numbers of the tool that fetched a document mean nothing to a reader. */
function publicName(source: string): string {
  return source
    .replace(/\w+ id \d{6,}, /g, '')
    .replace(/(\.gov) page in \w+/g, '$1')
    .replace(/,? ?\b(snapshots?|module)? ?id \d{6,}( and \d{6,})?/g, '')
    .replace(/ \(\)/g, '')
}

/** Provenance of an entry; notes are joined, empty ones dropped. */
export function provenanceOf(
  entry: Sourced,
  notes: readonly (string | null | undefined | false)[] = [],
): Provenance {
  const confidence = confidences[entry.confidence]
  if (!confidence) throw new Error(`unknown confidence "${entry.confidence}" of ${entry.source}`)
  const text = publicName(notes.filter(Boolean).join('; '))
  return {
    source: publicName(entry.source),
    asOf: entry.asOf,
    confidence,
    ...(text ? { notes: text } : {}),
  }
}

/** "same" as a source means that of the entry before. */
export function withResolvedSources<T extends Sourced>(entries: readonly T[]): T[] {
  let last = ''
  return entries.map(entry => {
    if (!/^same\b/.test(entry.source)) last = entry.source
    return { ...entry, source: last }
  })
}
