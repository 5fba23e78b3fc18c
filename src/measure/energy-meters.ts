/**
 * Who tells the power or energy of devices, under which name and in which unit.
 *
 * - dcgm: NVIDIA's dcgm-exporter (port 9400): W, and mJ since the driver was loaded (etc/default-counters.csv at 00d6d344).
 *   What a device does not know comes as a huge "blank" number (9223372036854775794 in the exporter's README). A scrape reads a
 *   cached sample: figures change only as often as the exporter collects (NVIDIA's "Configure Prometheus for DCGM Exporter").
 * - nvml: nvidia_gpu_exporter, which asks nvidia-smi: W.
 * - amdsmi: AMD's device-metrics-exporter: W, and µJ since the start (docs/configuration/metricslist.md at 0778d3ab).
 * - any other Prometheus metric in a unit of power or energy, named by the user.
 *
 * All of the built-in ones see boards only: no host, no network, no fans.
 */
import { TokenwrightError } from '../core/errors.ts'
import type { PowerBasis } from '../cost/power.ts'
import type { Sample } from './prometheus-text.ts'

export interface EnergyMeter {
  /** dcgm, nvml, amdsmi, or the name of the user's metric. */
  readonly source: string
  readonly basis: PowerBasis
  /** Gauges of power; a later one is taken where the earlier ones are absent. */
  readonly power: readonly MeteredMetric[]
  /** Counters of energy. */
  readonly energy: readonly MeteredMetric[]
  /** Labels that tell devices apart; the first one that a series has, with the host's name where there is one. */
  readonly deviceLabels: readonly string[]
}

export interface MeteredMetric {
  readonly name: string
  /** Watts or joules per unit of the metric. */
  readonly factor: number
}

/** One device at one scrape. */
export interface MeterReading {
  readonly device: string
  readonly watts: number | null
  /** Energy counter, since whenever it began. */
  readonly joules: number | null
}

export const energyMeters: readonly EnergyMeter[] = [
  {
    source: 'dcgm',
    basis: 'board',
    power: [
      { name: 'DCGM_FI_DEV_POWER_USAGE', factor: 1 },
      { name: 'DCGM_FI_DEV_POWER_USAGE_INSTANT', factor: 1 },
    ],
    energy: [{ name: 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', factor: 1e-3 }],
    deviceLabels: ['UUID', 'gpu'],
  },
  {
    source: 'nvml',
    basis: 'board',
    power: [{ name: 'nvidia_smi_power_draw_watts', factor: 1 }],
    energy: [],
    deviceLabels: ['uuid'],
  },
  {
    source: 'amdsmi',
    basis: 'board',
    power: [
      { name: 'gpu_package_power', factor: 1 },
      { name: 'gpu_average_package_power', factor: 1 },
      { name: 'gpu_power_usage', factor: 1 },
    ],
    energy: [{ name: 'gpu_energy_consumed', factor: 1e-6 }],
    deviceLabels: ['gpu_uuid', 'serial_number', 'gpu_id'],
  },
]

/** Units a user may give for a metric, as watts or joules. */
const powerUnits: ReadonlyMap<string, number> = new Map([
  ['w', 1],
  ['watts', 1],
  ['mw', 1e-3],
  ['kw', 1e3],
])
const energyUnits: ReadonlyMap<string, number> = new Map([
  ['j', 1],
  ['joules', 1],
  ['mj', 1e-3],
  ['uj', 1e-6],
  ['kj', 1e3],
  ['wh', 3_600],
  ['kwh', 3_600_000],
])
const bases: readonly PowerBasis[] = ['board', 'it-all-in', 'utility']

/**
 * A meter of the user's: `METRIC:UNIT[@BASIS]`, e.g. `node_power_watts:W@it-all-in` or `pdu_energy_kwh:kWh@utility`. Unit
 * W, mW, kW, J, mJ, uJ, kJ, Wh or kWh (mW is milliwatts); basis board (the default), it-all-in or utility.
 */
export function parseMeter(text: string, where: string): EnergyMeter {
  const match = /^([^\s@]+):([a-zA-Z]+)(?:@([a-z-]+))?$/.exec(text.trim())
  const [, name = '', unit = '', basis = 'board'] = match ?? []
  const power = powerUnits.get(unit.toLowerCase())
  const energy = energyUnits.get(unit.toLowerCase())
  const known = bases.find(one => one === basis)
  if (match === null || (power === undefined && energy === undefined) || known === undefined)
    throw new TokenwrightError('unit', `"${text}" is not a metric with a unit of power or energy`, {
      where,
      fix: 'write METRIC:UNIT or METRIC:UNIT@BASIS, e.g. node_power_watts:W@it-all-in; units W, mW, kW, J, mJ, uJ, kJ, Wh, kWh; bases board, it-all-in, utility',
    })
  return {
    source: name,
    basis: known,
    power: power === undefined ? [] : [{ name, factor: power }],
    energy: energy === undefined ? [] : [{ name, factor: energy }],
    deviceLabels: ['UUID', 'uuid', 'gpu_uuid', 'gpu', 'gpu_id', 'device', 'instance'],
  }
}

/** The first built-in meter that speaks in these samples; null when none does. */
export function meterOf(samples: readonly Sample[]): EnergyMeter | null {
  return energyMeters.find(meter => readMeter(samples, meter).length > 0) ?? null
}

/** For parseExposition. */
export function isMetered(name: string, meter: EnergyMeter | null): boolean {
  const meters = meter === null ? energyMeters : [meter]
  return meters.some(({ power, energy }) => [...power, ...energy].some(metric => metric.name === name))
}

/**
 * What a meter says at one scrape, by device. A device may have several series (partitions, pods that share it) that all
 * tell the whole device's figure: the largest is taken, not the sum.
 */
export function readMeter(samples: readonly Sample[], meter: EnergyMeter): MeterReading[] {
  const watts = byDevice(samples, meter, meter.power)
  const joules = byDevice(samples, meter, meter.energy)
  return [...new Set([...watts.keys(), ...joules.keys()])].map(device => ({
    device,
    watts: watts.get(device) ?? null,
    joules: joules.get(device) ?? null,
  }))
}

/** DCGM's blanks begin here: 2^47 for doubles (dcgm_structs.h, from memory), more for integers. */
const blank = 2 ** 47

function byDevice(
  samples: readonly Sample[],
  meter: EnergyMeter,
  metrics: readonly MeteredMetric[],
): Map<string, number> {
  const found = new Map<string, number>()
  for (const { name, factor } of metrics) {
    for (const sample of samples) {
      if (sample.name !== name || !(sample.value >= 0 && sample.value < Number.POSITIVE_INFINITY)) continue
      if (meter.source === 'dcgm' && sample.value >= blank) continue
      const device = deviceOf(sample, meter.deviceLabels)
      found.set(device, Math.max(found.get(device) ?? 0, sample.value * factor))
    }
    if (found.size > 0) break
  }
  return found
}

function deviceOf({ labels }: Sample, deviceLabels: readonly string[]): string {
  const host = labels.Hostname ?? labels.hostname ?? ''
  const label = deviceLabels.find(name => (labels[name] ?? '') !== '')
  const device = label === undefined ? '' : labels[label]!
  return host === '' ? device : `${host}/${device}`
}
