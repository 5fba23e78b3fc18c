/** Joules of a deployment's replicas between the ends of its intervals, from their exporters. */
import type { ReplicaConfig } from '../config/gateway-config.ts'
import { createMetricsGet } from '../engine-state/metrics-get.ts'
import { type EnergyReading, energyBetween, energyFilter, readDcgmEnergy } from './energy-counters.ts'

/** Counters behind a replica's powerUrl; null when there is no answer or none that tells. Must not reject. */
export type ReadEnergy = (powerUrl: string) => Promise<EnergyReading | null>

/** An exporter answers from memory, so 2 s is long (assumed). */
const timeoutMs = 2000

export interface DcgmReader {
  readonly readEnergy: ReadEnergy
  close(): void
}

/** Reads DCGM exporters over HTTP(S). */
export function createDcgmReader(): DcgmReader {
  const get = createMetricsGet(timeoutMs)
  return {
    async readEnergy(powerUrl) {
      try {
        const address = new URL(powerUrl)
        address.hash = ''
        return readDcgmEnergy(await get.get(address.href), energyFilter(powerUrl))
      } catch {
        // No answer and an answer without the counter mean the same: nothing was measured.
        return null
      }
    },
    close: () => get.close(),
  }
}

export interface EnergyMeter {
  /**
   * Reads all replicas for the moment atMs, and answers what those of the interval that ends then took since fromMs: null unless each
   * of them was read at both ends. `next` are the replicas of the interval that begins.
   */
  read(
    fromMs: number,
    atMs: number,
    replicas: readonly ReplicaConfig[],
    next: readonly ReplicaConfig[],
  ): Promise<number | null>
}

export function createEnergyMeter(readEnergy: ReadEnergy): EnergyMeter {
  let last = new Map<string, { readonly atMs: number; readonly reading: EnergyReading }>()
  return {
    async read(fromMs, atMs, replicas, next) {
      // Replicas that name the same devices are counted once.
      const ending = urlsOf(replicas)
      const urls = [...new Set([...ending, ...urlsOf(next)])].filter(url => url !== null)
      const readings = await Promise.all(urls.map(readEnergy))
      const now = new Map(urls.map((url, index) => [url, readings[index] ?? null]))
      let millijoules: number | null = 0
      for (const url of ending) {
        const before = url === null ? undefined : last.get(url)
        const after = url === null ? null : now.get(url)!
        const part =
          before === undefined || before.atMs !== fromMs || after === null
            ? null
            : energyBetween(before.reading, after)
        millijoules = millijoules === null || part === null ? null : millijoules + part
      }
      last = new Map()
      for (const [url, reading] of now) if (reading !== null) last.set(url, { atMs, reading })
      return ending.size === 0 ? null : millijoules
    },
  }
}

function urlsOf(replicas: readonly ReplicaConfig[]): Set<string | null> {
  return new Set(replicas.map(({ powerUrl }) => powerUrl))
}
