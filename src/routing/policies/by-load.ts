/** Rankings that look at load alone, or at nothing. */
import type { DecisionView, Ranking } from '../decision-view.ts'

/** What counts as load: requests waiting and running; or prompt tokens still to compute, then requests. */
export type LoadMeasure = 'requests' | 'pending-tokens'

/** Room for the number of requests below one pending token: 2^20 requests and 2^33 tokens stay exact. */
const requestsPerToken = 2 ** 20

/** Higher is less loaded; exact, so that only equal loads are equal. */
export function loadScore(view: DecisionView, position: number, by: LoadMeasure): number {
  const requests = view.requests[position]!
  return by === 'requests' ? -requests : -(view.pendingTokens[position]! * requestsPerToken + requests)
}

/** Least loaded first. */
export function rankByLoad(by: LoadMeasure): Ranking {
  return {
    partNames: ['requests', 'pendingTokens'],
    rank(view) {
      const { kept, keptCount, parts, score } = view
      for (let index = 0; index < keptCount; index++) {
        const position = kept[index]!
        parts[0]![position] = view.requests[position]!
        parts[1]![position] = view.pendingTokens[position]!
        score[position] = loadScore(view, position, by)
      }
      return null
    },
  }
}

/** All alike: the picker decides, by turns (round robin) or by chance. */
export const rankAlike: Ranking = {
  partNames: [],
  rank(view) {
    const { kept, keptCount, score } = view
    for (let index = 0; index < keptCount; index++) score[kept[index]!] = 0
    return null
  },
}
