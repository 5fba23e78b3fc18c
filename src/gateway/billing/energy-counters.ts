/** Joules from counters of devices: what DCGM's exporter says, and what two readings of it mean. Pure. */
import { hasLabels, type Labels, parseExposition } from '../../measure/prometheus-text.ts'

/** mJ since the driver was loaded (DCGM's field 156); by series, so that one device that begins anew is noticed. */
export type EnergyReading = ReadonlyMap<string, number>

/** etc/default-counters.csv of NVIDIA/dcgm-exporter at 00d6d344: counter, mJ. */
const energyMetric = 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION'
/** Some exporters run one series per MIG instance beside the device: each tells the device's whole energy, so one is taken. */
const deviceLabels = ['UUID', 'gpu', 'device']

/** null when the text has no such counter. only: devices with these labels, each of them one of the values. */
export function readDcgmEnergy(text: string, only: EnergyFilter = []): EnergyReading | null {
  const { samples } = parseExposition(text, name => name === energyMetric)
  const reading = new Map<string, number>()
  for (const sample of samples) {
    if (!Number.isFinite(sample.value) || sample.value < 0) continue
    if (!only.every(({ label, values }) => values.some(value => hasLabels(sample, { [label]: value }))))
      continue
    reading.set(deviceOf(sample.labels), sample.value)
  }
  return reading.size === 0 ? null : reading
}

function deviceOf(labels: Labels): string {
  const host = labels.Hostname ?? ''
  const name = deviceLabels.find(label => labels[label] !== undefined)
  return name === undefined ? JSON.stringify(labels) : `${host}/${labels[name]}`
}

export type EnergyFilter = readonly { readonly label: string; readonly values: readonly string[] }[]

/**
 * Which devices of an exporter are meant, from the part of its address behind `#`: `http://node:9400/metrics#gpu=0,1`. An
 * exporter tells of all devices of its host; without the part, all of them are the replica's.
 */
export function energyFilter(url: string): EnergyFilter {
  const hash = new URL(url).hash.slice(1)
  if (hash === '') return []
  return [...new URLSearchParams(hash)].map(([label, values]) => ({ label, values: values.split(',') }))
}

/**
 * mJ between two readings. A counter that runs backwards began anew: what it has counted since is taken, what was lost is
 * unknown. null when devices came or went: then nothing is known of the whole.
 */
export function energyBetween(before: EnergyReading, after: EnergyReading): number | null {
  if (before.size !== after.size) return null
  let millijoules = 0
  for (const [device, value] of after) {
    const known = before.get(device)
    if (known === undefined) return null
    millijoules += value < known ? value : value - known
  }
  return Math.round(millijoules)
}
