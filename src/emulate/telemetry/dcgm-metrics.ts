/**
 * /dcgm/metrics as NVIDIA's dcgm-exporter writes it: names, types and units of etc/default-counters.csv at 00d6d344, labels
 * and their order of internal/pkg/rendermetrics/render_metrics.go at 1f7abdb7. What the twin does not know (clocks,
 * temperatures, pci_bus_id …) is left out rather than invented.
 */
import { createHash } from 'node:crypto'
import type { EnergyReading } from './device-energy.ts'
import { exposition, type Family, type Labels } from './exposition.ts'
import type { DeviceTelemetry } from './settings.ts'

/** The devices of one replica; a replica is a host of its own here. */
export interface DeviceGroup {
  readonly hostname: string
  readonly device: DeviceTelemetry
  readonly devices: number
  /** Of all of them. */
  readonly energy: EnergyReading
}

const bytesPerMebibyte = 2 ** 20

/** The whole text. Devices of a replica share its watts equally. */
export function dcgmExposition(groups: readonly DeviceGroup[]): string {
  const family = (
    name: string,
    type: Family['type'],
    help: string,
    value: (group: DeviceGroup) => string | null,
  ): Family => ({
    name,
    type,
    help,
    series: groups.flatMap(group => {
      const text = value(group)
      if (text === null) return []
      return Array.from({ length: group.devices }, (_, index) => ({
        labels: deviceLabels(group, index),
        value: text,
      }))
    }),
  })
  return exposition(
    [
      family('DCGM_FI_DEV_POWER_USAGE', 'gauge', 'Power, W.', ({ energy, devices }) =>
        (energy.watts / devices).toFixed(6),
      ),
      family(
        'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION',
        'counter',
        'Energy since the start, mJ.',
        ({ energy, devices }) => String(Math.floor((energy.joules * 1000) / devices)),
      ),
      family('DCGM_FI_DEV_GPU_UTIL', 'gauge', 'Share of time with work, %.', ({ energy }) =>
        String(Math.round(energy.busyShare * 100)),
      ),
      family('DCGM_FI_DEV_FB_FREE', 'gauge', 'Memory not in use, MiB.', ({ device }) =>
        device.memoryBytes === null || device.usedBytes === null
          ? null
          : mebibytes(device.memoryBytes - device.usedBytes),
      ),
      family('DCGM_FI_DEV_FB_USED', 'gauge', 'Memory in use, MiB.', ({ device }) =>
        device.usedBytes === null ? null : mebibytes(device.usedBytes),
      ),
    ],
    'given',
  )
}

function mebibytes(bytes: number): string {
  return String(Math.floor(bytes / bytesPerMebibyte))
}

function deviceLabels({ hostname, device }: DeviceGroup, index: number): Labels {
  return {
    gpu: String(index),
    UUID: deviceUuid(hostname, index),
    device: `nvidia${index}`,
    modelName: device.modelName,
    Hostname: hostname,
  }
}

/** Made up, but the same in every run: dashboards join on it. */
export function deviceUuid(hostname: string, index: number): string {
  const hex = createHash('sha256').update(`${hostname}/${index}`).digest('hex')
  return `GPU-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
