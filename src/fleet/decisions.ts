/**
 * What a fleet decided, without times: who went where, who was scheduled with how many cached tokens, preempted, evicted.
 * Two drivers of the same code must agree on it; the parity test compares these lists replica by replica, since events of
 * different replicas may change places when clocks differ by microseconds.
 */
import type { FleetEvent } from './types.ts'

/** One decision as text; null for events that are none. First word: replica, or − for the front. */
export function decisionOf(event: FleetEvent): string | null {
  switch (event.kind) {
    case 'routed':
      return `${event.replica} routed ${event.requestId}`
    case 'rejected':
      return `− rejected ${event.requestId} ${event.reason}`
    case 'replica':
      return `${event.replica} ${event.state}`
    case 'transferred':
      return `${event.to} fetched ${event.requestId} from ${event.from}`
    case 'engine':
      break
    default:
      return null
  }
  const { replica, event: inner } = event
  switch (inner.kind) {
    case 'scheduled':
      return `${replica} scheduled ${inner.requestId} cached ${inner.cachedTokens} host ${inner.hostTokens}`
    case 'preempted':
      return `${replica} preempted ${inner.requestId}`
    case 'prefilled':
      return `${replica} prefilled ${inner.requestId}`
    case 'finished':
      return `${replica} finished ${inner.requestId} ${inner.outcome} ${inner.outputTokens}`
    case 'blocks-removed':
      return `${replica} evicted ${inner.tier} ${inner.hashes.join(' ')}`
    default:
      return null
  }
}

/** The decisions in a list of events, in order. */
export function decisionsOf(events: readonly FleetEvent[]): string[] {
  const decisions: string[] = []
  for (const event of events) {
    const decision = decisionOf(event)
    if (decision !== null) decisions.push(decision)
  }
  return decisions
}

export interface ReplicaDecisions {
  /** In their order, evictions left out. */
  readonly decisions: string[]
  /**
   * Tier and hash of each block evicted, sorted: an engine that takes steps together evicts for all of them at once, so
   * that only what went is comparable, not the moment. Where it would matter, the next `scheduled` differs.
   */
  readonly evicted: string[]
}

/** The same decisions taken apart by their first word. */
export function decisionsByReplica(decisions: readonly string[]): Map<string, ReplicaDecisions> {
  const lists = new Map<string, ReplicaDecisions>()
  for (const decision of decisions) {
    const [place, verb, tier, ...hashes] = decision.split(' ') as [string, string, string, ...string[]]
    const list = lists.get(place) ?? { decisions: [], evicted: [] }
    lists.set(place, list)
    if (verb === 'evicted') for (const hash of hashes) list.evicted.push(`${tier} ${hash}`)
    else list.decisions.push(decision)
  }
  for (const { evicted } of lists.values()) evicted.sort()
  return lists
}
