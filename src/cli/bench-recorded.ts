/** Requests of a recording. A thread that sends loads this module by its address, so all it needs is plain data. */
import type { BenchWorkload } from '../bench/bench-load.ts'
import type { RandomSource } from '../core/random.ts'
import type { SimulateFlags } from './simulate-flags.ts'

export type RecordedRequests = SimulateFlags

export const recordedRequestsUrl = import.meta.url

/** As a RequestsModule has it. */
export async function createRequests(options: unknown, random: RandomSource): Promise<BenchWorkload> {
  const flags = options as RecordedRequests
  const { workloadOfTrace } = await import('./simulate-trace.ts')
  const { workload, facts, notes } = await workloadOfTrace(flags, random)
  return {
    workload,
    open: facts.trace?.mode === 'arrivals' && flags.concurrency === undefined,
    isWarmUp: () => false,
    conversations: false,
    notes: [facts.description, ...notes],
  }
}
