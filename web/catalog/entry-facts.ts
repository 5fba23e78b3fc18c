/** Any entry of the catalog as names and values with units, read off the names of its fields. */
import type { Provenance } from '../../src/core/provenance.ts'
import {
  formatBytes,
  formatCount,
  formatSignificant,
  formatUsd,
  formatWatts,
} from '../../src/report/format-number.ts'
import type { Pair } from '../../src/report/plan-facts.ts'

export function entryPairs(entry: object, prefix = ''): Pair[] {
  return Object.entries(entry).flatMap(([key, value]): Pair[] => {
    if (key === 'provenance' || (prefix === '' && key === 'id')) return []
    const name = prefix === '' ? words(key) : `${prefix}, ${words(key)}`
    if (value === null || value === undefined) return [[name, 'not stated']]
    if (Array.isArray(value))
      return [[name, value.length === 0 ? 'none' : value.map(item => said(key, item)).join(', ')]]
    if (typeof value === 'object') return entryPairs(value, name)
    return [[name, said(key, value)]]
  })
}

/** `memory bandwidth` for memoryBandwidthBytesPerSecond: the unit stands with the value. */
function words(key: string): string {
  const name = key.replace(
    /(BytesPerSecond|Bytes|Watts|FlopsPerSecond|UsdPerKilowattHour|GramsPerKilowattHour|usdPerDeviceHour|usdPerKilowattHour)$/,
    unit => (key === unit ? 'price' : ''),
  )
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
}

function said(key: string, value: unknown): string {
  if (typeof value === 'number') return withUnit(key, value)
  if (typeof value !== 'object' || value === null) return String(value)
  const provenance = 'provenance' in value ? (value.provenance as Provenance) : null
  const rest = Object.entries(value)
    .filter(([name]) => name !== 'provenance')
    .map(([name, inner]) => said(name, inner))
    .join(' ')
  return provenance === null
    ? rest
    : `${rest} (${provenance.confidence}, ${provenance.asOf}: ${provenance.source})`
}

function withUnit(key: string, value: number): string {
  if (/BytesPerSecond$/.test(key)) return `${formatBytes(value)}/s`
  if (/Bytes$/.test(key)) return formatBytes(value)
  if (/Watts$|multiSystem|singleSystem|agentic/.test(key)) return formatWatts(value)
  if (/^(bf16|fp8|fp4)$/.test(key)) return `${formatSignificant(value / 1e12)} TFLOP/s`
  if (/^usdPerDeviceHour$/.test(key)) return `${formatUsd(value)} per device hour`
  if (/^usdPerKilowattHour$/.test(key)) return `${formatUsd(value)} per kWh`
  if (/GramsPerKilowattHour$/.test(key)) return `${formatSignificant(value)} g CO2e per kWh`
  if (/^usd$/.test(key)) return formatUsd(value)
  return Number.isInteger(value) ? formatCount(value) : String(value)
}
