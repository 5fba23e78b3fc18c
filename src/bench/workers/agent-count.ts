/** How many agents send a load. */
import { availableParallelism } from 'node:os'
import { TokenwrightError } from '../../core/errors.ts'
import type { BenchLoad } from '../bench-load.ts'
import { divisionOf } from './divided-spec.ts'
import { mostAgents } from './divided-workload.ts'

/**
 * Streams that one agent holds: benchmarks/many-streams.ts measures it. The rule is ours; AIPerf's is 2,500 connections a
 * worker process (its documentation, from memory).
 */
const streamsPerAgent = 2_000

export interface AgentCount {
  readonly agents: number
  /** For people: what dividing changes, or why it was not done. */
  readonly notes: readonly string[]
}

/**
 * As many as `asked`, else one for every 2,000 streams of the load and no more than the machine has processors. Never more
 * than there are users, or requests that a cap lets through.
 * @throws TokenwrightError 'usage' when more than one is asked for and the load cannot be divided.
 */
export function agentCount(
  { point, requests, maximumInFlight, maximumPrefills }: BenchLoad,
  asked: number | null,
  parallelism: number = availableParallelism(),
): AgentCount {
  const caps = [maximumInFlight, maximumPrefills].filter(cap => cap !== null)
  const streams = streamsOf({ point, maximumInFlight })
  const own = Math.min(parallelism, Math.ceil((streams ?? 1) / streamsPerAgent))
  const wanted = Math.min(asked ?? own, mostAgents, streams ?? Number.POSITIVE_INFINITY, ...caps)
  if (wanted <= 1) return { agents: 1, notes: [] }
  const division = requests.kind === 'spec' ? divisionOf(requests.spec) : null
  if (division?.kind === 'none') {
    const { problem, fix } = division
    if (asked !== null) throw new TokenwrightError('usage', problem, { where: '--workers', fix })
    return { agents: 1, notes: [`one thread sends ${streams} streams: ${problem}`] }
  }
  // Whether recorded requests wait for answers is known when they have been read: nobody is to be refused for what nobody asked for.
  if (division === null && asked === null) return { agents: 1, notes: [] }
  if (caps.length === 0) return { agents: wanted, notes: [] }
  return {
    agents: wanted,
    notes: [`caps on requests are divided over ${wanted} workers: one may wait while another has room`],
  }
}

/** Requests at a time at most, where that is known. */
export function streamsOf({
  point,
  maximumInFlight,
}: Pick<BenchLoad, 'point' | 'maximumInFlight'>): number | null {
  return point.concurrency ?? maximumInFlight
}
