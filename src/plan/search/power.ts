/**
 * Watts averaged over the hours bought. A load factor below 1 means that for part of the time nobody is served, and then
 * devices draw idle watts (TDP × idle share), not those of full load:
 *
 *   average = load factor × watts at the operating point + (1 − load factor) × idle watts
 *
 * Taking the unused part as whole idle hours is the lower end: a demand that thins out instead of stopping keeps devices
 * busier per token than this. Hosts draw the same either way.
 */
import type { Performance } from '../../perf/deployment.ts'

/** Board watts of all devices. */
export function averageWatts(performance: Performance, loadFactor: number): number {
  const { acceleratorWatts, idleWatts = acceleratorWatts } = performance
  return loadFactor * acceleratorWatts + (1 - loadFactor) * idleWatts
}
