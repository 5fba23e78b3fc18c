/** Electricity prices with carbon intensity and names of regions, PUE, hourly shapes, cost parameters. */
import type { CostParameter, HourlyShape } from '../../src/catalog/system-types.ts'
import type { ElectricityPrice, PowerUsageEffectiveness } from '../../src/catalog/types.ts'
import { carbonZones, pueAliases, regionAliases } from './region-names.ts'
import {
  provenanceOf,
  type SourceElectricity,
  type SourceOwnership,
  type SourcePue,
  type SourceShape,
} from './source-files.ts'

export function importElectricity(source: SourceElectricity): ElectricityPrice[] {
  const newest = new Map<string, ElectricityPrice>()
  for (const entry of source.prices) {
    const id = entry.id.replace(/-20\d\d$/, '')
    const known = newest.get(id)
    if (known && known.provenance.asOf >= entry.asOf) continue
    const zone = carbonZones[id] ?? (id.startsWith('us-') ? 'USA' : null)
    const carbon = zone === null ? undefined : source.carbonIntensity.find(row => row.iso === zone)
    if (zone !== null && !carbon) throw new Error(`no carbon intensity for zone ${zone}`)
    newest.set(id, {
      id,
      region: entry.region,
      aliases: namesOf(id),
      kind: entry.kind,
      usdPerKilowattHour: entry.usdPerKwh,
      carbonGramsPerKilowattHour: carbon?.gCO2PerKwh ?? null,
      provenance: provenanceOf(entry, [
        entry.low !== undefined && `range ${entry.low} to ${entry.high}`,
        entry.subsidisedLow !== undefined && `subsidised down to ${entry.subsidisedLow}`,
        carbon && `carbon: ${carbon.iso} ${carbon.year}, ${carbon.source}`,
      ]),
    })
  }
  return [...newest.values()]
}

/** Aliases of a region. A US state's first alias is its name; people also write it after the country: us-texas. */
function namesOf(id: string): string[] {
  const names = regionAliases[id] ?? []
  const isState = /^us-[a-z]{2}$/.test(id) && names[0] !== undefined
  return isState ? [...names, `us-${names[0]}`] : [...names]
}

export function importPue(source: readonly SourcePue[]): PowerUsageEffectiveness[] {
  return source.map(entry => ({
    id: entry.id,
    scope: entry.scope,
    aliases: pueAliases[entry.id] ?? [],
    pue: entry.pue,
    provenance: provenanceOf(entry, [entry.p25 !== undefined && `quartiles ${entry.p25} and ${entry.p75}`]),
  }))
}

export function importShapes(
  demand: readonly SourceShape[],
  tariffs: SourceElectricity['timeOfUse'],
): HourlyShape[] {
  const peak = (hourly: readonly number[]) => Math.max(...hourly)
  const shapes: HourlyShape[] = []
  for (const entry of demand) {
    if (!entry.hourly) continue
    shapes.push({
      id: entry.id,
      kind: 'demand',
      description: entry.kind,
      hourly: entry.hourly,
      peakToMean: entry.peakToMean ?? peak(entry.hourly),
      tenMinutePeakToMean: entry.max10minToMean ?? null,
      clientVariation: entry.rateWeightedClientCV ?? null,
      provenance: provenanceOf(entry),
    })
  }
  for (const entry of tariffs) {
    shapes.push({
      id: `tariff-${entry.id}`,
      kind: 'tariff',
      description: 'hourly price ÷ mean price',
      hourly: entry.multipliers,
      peakToMean: peak(entry.multipliers),
      tenMinutePeakToMean: null,
      clientVariation: null,
      provenance: provenanceOf(entry, [entry.note]),
    })
  }
  return shapes
}

/** Inputs of ownership cost: every plain number of a parameter is a value. */
export function importCostParameters(source: SourceOwnership['parameters']): CostParameter[] {
  return source.flatMap(entry => {
    const values = Object.entries(entry).filter(
      (pair): pair is [string, number] => typeof pair[1] === 'number',
    )
    if (values.length === 0) return []
    return [
      { id: entry.id, name: entry.name, values: Object.fromEntries(values), provenance: provenanceOf(entry) },
    ]
  })
}
