/** Tokens of each replica's attempts, counted up, and when they are compared with the engine's own counters. */
import type { EngineCounters } from '../../measure/engine-counters.ts'
import type { EngineFact } from '../ledger/index.ts'
import {
  type BookedTokens,
  type CounterComparison,
  type CounterMoment,
  compareEngineCounters,
} from './counter-comparison.ts'

export interface ReplicaTally {
  /** known: what was known of the attempt before; null: it is new. */
  record(fact: EngineFact, known: EngineFact | null): void
  /** A reading of the engine's counters, against those since the last comparison began. null: nothing can be said. */
  compare(replica: string, atMs: number, counters: EngineCounters): CounterComparison | null
}

/** A comparison is over at least half of this and at most all of it, so that what began to differ lately shows. Chosen. */
const windowMs = 600_000

interface Count {
  requests: number
  promptTokens: number
  computedTokens: number
  outputTokens: number
  inFlight: number
  start: (CounterMoment & { readonly atMs: number }) | null
  middle: (CounterMoment & { readonly atMs: number }) | null
}

export function createReplicaTally(): ReplicaTally {
  const counts = new Map<string, Count>()
  const countOf = (replica: string): Count => {
    let count = counts.get(replica)
    if (count === undefined) {
      const start = null
      count = {
        requests: 0,
        promptTokens: 0,
        computedTokens: 0,
        outputTokens: 0,
        inFlight: 0,
        start,
        middle: null,
      }
      counts.set(replica, count)
    }
    return count
  }
  return {
    record(fact, known) {
      const count = countOf(fact.replica)
      const wasOver = known !== null && known.endMs !== null
      if (fact.endMs === null) {
        if (known === null) count.inFlight++
        return
      }
      if (!wasOver) count.requests++
      if (known !== null && !wasOver) count.inFlight--
      count.computedTokens += fact.computedTokens - (wasOver ? known.computedTokens : 0)
      count.promptTokens +=
        fact.computedTokens + fact.cachedTokens - (wasOver ? known.computedTokens + known.cachedTokens : 0)
      count.outputTokens += fact.outputTokens - (wasOver ? known.outputTokens : 0)
    },
    compare(replica, atMs, counters) {
      const count = countOf(replica)
      const { requests, promptTokens, computedTokens, outputTokens, inFlight } = count
      const booked: BookedTokens = { requests, promptTokens, computedTokens, outputTokens, inFlight }
      const now = { atMs, counters, booked }
      const comparison = count.start === null ? null : compareEngineCounters(count.start, now)
      if (count.start === null || comparison === null) {
        // Began anew, or too little was done: a new engine starts a new comparison, a quiet one goes on.
        const isQuiet = count.start !== null && atMs - count.start.atMs < windowMs
        if (!isQuiet || isLower(count.start!, now)) {
          count.start = now
          count.middle = null
        }
        return null
      }
      if (count.middle === null && atMs - count.start.atMs >= windowMs / 2) count.middle = now
      if (atMs - count.start.atMs >= windowMs) {
        count.start = count.middle
        count.middle = now
      }
      return comparison
    },
  }
}

function isLower(before: CounterMoment, after: CounterMoment): boolean {
  const tokens = ({ counters: { counters } }: CounterMoment): number =>
    (counters.inputTokens?.value ?? 0) + (counters.outputTokens?.value ?? 0)
  return (
    tokens(after) < tokens(before) || before.counters.startedAtSeconds !== after.counters.startedAtSeconds
  )
}
