/** accelerators.json of the sources → Accelerator[] in bytes, bytes/s and FLOP/s, and the gaps. */

import type { FactGap } from '../../src/catalog/system-types.ts'
import type { Accelerator } from '../../src/catalog/types.ts'
import { additions, type Correction, corrections } from './accelerator-corrections.ts'
import { acceleratorTraits } from './accelerator-traits.ts'
import { provenanceOf, type SourceAccelerator, type SourceOwnership } from './source-files.ts'

const gigabyte = 1e9
const gibibyte = 2 ** 30

/**
 * Sources print "GB" for both. What operating systems report tells them apart: HBM comes in binary gigabytes
 * (GB200 186 → 189,471 MiB), GDDR with its error correction and SRAM in decimal ones (L40S 48 → 46,068 MiB).
 * Devices not yet on sale are taken as decimal, the smaller reading.
 */
const decimalHbm = new Set(['vr-nvl72', 'rubin-ultra-kyber', 'mi455x-helios'])

export function importAccelerators(
  source: readonly SourceAccelerator[],
  ownership: SourceOwnership,
): { accelerators: Accelerator[]; gaps: FactGap[] } {
  const accelerators: Accelerator[] = []
  const gaps: FactGap[] = []
  for (const entry of [...source, ...additions]) {
    const missing = (['memoryGB', 'memoryBandwidthGBs'] as const).filter(field => entry[field] === null)
    if (missing.length > 0) gaps.push(gapOf(entry, missing))
    else accelerators.push(acceleratorOf(entry, ownership))
  }
  return { accelerators, gaps }
}

function gapOf(entry: SourceAccelerator, missing: readonly string[]): FactGap {
  return { id: entry.id, kind: 'accelerator', name: entry.name, missing, provenance: provenanceOf(entry) }
}

function acceleratorOf(entry: SourceAccelerator, ownership: SourceOwnership): Accelerator {
  const traits = acceleratorTraits[entry.id]
  if (!traits) throw new Error(`no traits for ${entry.id}: add it to accelerator-traits.ts`)
  const correction: Correction = corrections[entry.id] ?? { because: '' }
  const allIn = allInPower(entry, ownership)
  const estimated = entry.tdpW === null
  if (estimated && correction.estimatedTdpWatts === undefined) throw new Error(`no TDP for ${entry.id}`)
  return {
    id: entry.id,
    name: entry.name,
    vendor: entry.vendor,
    generation: traits.generation,
    aliases: traits.aliases,
    memoryBytes: correction.memoryBytes ?? memoryBytesOf(entry),
    memoryBandwidthBytesPerSecond: Math.round((entry.memoryBandwidthGBs ?? 0) * gigabyte),
    peakFlopsPerSecond: {
      bf16: teraflops(entry.denseTflops.bf16),
      fp8: teraflops(entry.denseTflops.fp8),
      fp4: teraflops(entry.denseTflops.fp4),
    },
    scaleUp: {
      domainDevices: correction.domainDevices ?? entry.scaleUp.domainSize ?? 1,
      bandwidthBytesPerSecond: Math.round(
        (correction.bandwidthGBs ?? entry.scaleUp.perDeviceUniGBs ?? 0) * gigabyte,
      ),
      technology: correction.technology ?? entry.scaleUp.tech ?? 'none',
    },
    scaleOutBytesPerSecond:
      entry.scaleOutGbpsPerDevice === null ? null : (entry.scaleOutGbpsPerDevice * gigabyte) / 8,
    tdpWatts: entry.tdpW ?? correction.estimatedTdpWatts ?? 0,
    allInWatts: allIn?.watts ?? null,
    devicesPerNode: correction.devicesPerNode ?? entry.node.devicesPerTray ?? entry.node.devices ?? 1,
    launch: entry.launch,
    engines: traits.engines,
    provenance: provenanceOf(
      estimated && entry.confidence !== 'memory-unverified' ? { ...entry, confidence: 'estimate' } : entry,
      [entry.notes, entry.node.note, correction.because, allIn && `all-in watts: ${allIn.basis}`],
    ),
  }
}

function memoryBytesOf(entry: SourceAccelerator): number {
  const binary = (entry.memoryType ?? '').startsWith('HBM') && !decimalHbm.has(entry.id)
  return Math.round((entry.memoryGB ?? 0) * (binary ? gibibyte : gigabyte))
}

function teraflops(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1e12)
}

/** IT watts per device with its share of host, network and fans: the newest ownership table, else the entry itself. */
function allInPower(
  entry: SourceAccelerator,
  ownership: SourceOwnership,
): { watts: number; basis: string } | null {
  for (const snapshot of [...ownership.snapshots].reverse()) {
    if (!snapshot.powerBasis.startsWith('all-in IT')) continue
    const row = snapshot.rows.find(candidate => candidate.accelerator === entry.id)
    if (row) {
      return {
        watts: Math.round(row.powerKwPerDevice * 1000),
        basis: `${snapshot.id}, chip with its share of host and network, before PUE`,
      }
    }
  }
  if (entry.node.perDeviceAllInW) {
    return { watts: entry.node.perDeviceAllInW, basis: 'system power ÷ devices, incl. network' }
  }
  const { maxKw, devices } = entry.node
  if (maxKw && devices && entry.confidence !== 'memory-unverified') {
    return {
      watts: Math.round((maxKw * 1000) / devices),
      basis: 'rated node power ÷ devices, without external network',
    }
  }
  return null
}
