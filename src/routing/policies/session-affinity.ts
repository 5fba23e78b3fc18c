/**
 * A session stays where it is, unless that place is overloaded. Rendezvous hashing: every candidate draws a number for the
 * session from a hash of both, the highest wins (Thaler and Ravishankar, Using Name-Based Mappings to Increase Hit Rates,
 * IEEE/ACM TON 6(1), 1998). When a candidate goes, only its own sessions move; when one comes, it takes its share and nothing
 * else moves. No table, so several routers agree without talking.
 *
 * Bounded load: who would hold more than loadFactor × the average is passed over for the session's next choice (Mirrokni, Thorup
 * and Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018).
 */
import { mix32 } from '../../core/random.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import type { DecisionView, Ranking } from '../decision-view.ts'
import { loadScore } from './by-load.ts'

export interface SessionAffinitySettings {
  /** What is kept together. */
  readonly key: 'session' | 'tenant'
  /** Largest load of one candidate ÷ average load; above 1. */
  readonly loadFactor: number
}

/** 1.25: c of brpc's and of lafikl/liblb's bounded-load balancers; HAProxy's documentation of hash-balance-factor has 1.5 as example. */
export const sessionAffinityDefaults: SessionAffinitySettings = { key: 'session', loadFactor: 1.25 }

const two32 = 2 ** 32

export function rankBySession(settings: SessionAffinitySettings): Ranking {
  return {
    partNames: ['draw', 'requests'],
    rank(view) {
      const { kept, keptCount, parts, score, requests, ids } = view
      const key = affinityKey(view.request, settings.key)
      const bound = key === null ? 0 : loadBound(view, settings.loadFactor)
      for (let index = 0; index < keptCount; index++) {
        const position = kept[index]!
        const load = requests[position]!
        const draw = key === null ? 0 : rendezvousDraw(key, ids[position]!)
        parts[0]![position] = draw
        parts[1]![position] = load
        // Draws lie in [0, 1): whoever is over the bound comes after all who are not.
        if (key === null) score[position] = loadScore(view, position, 'requests')
        else score[position] = load < bound ? draw : draw - 1
      }
      return null
    },
  }
}

/** A number for what the request belongs to; null when it belongs to nothing. */
export function affinityKey(request: WorkloadRequest, key: SessionAffinitySettings['key']): number | null {
  if (key === 'session') return request.session < 0 ? null : request.session
  if (request.tenant === '') return null
  let hash = 0x811c9dc5
  for (let index = 0; index < request.tenant.length; index++) {
    hash = Math.imul(hash ^ request.tenant.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/** The candidate's number for this key, uniform in [0, 1). */
export function rendezvousDraw(key: number, candidateId: number): number {
  const high = Math.floor(key / two32)
  const seed = mix32(key ^ Math.imul(high, 0x9e3779b1))
  return mix32(seed ^ Math.imul(candidateId + 1, 0x85ebca6b)) / two32
}

/** ⌈factor × (requests under way + this one) ÷ candidates⌉: someone is always below it. */
function loadBound(view: DecisionView, factor: number): number {
  let total = 1
  for (let index = 0; index < view.keptCount; index++) total += view.requests[view.kept[index]!]!
  return Math.ceil((factor * total) / view.keptCount)
}
