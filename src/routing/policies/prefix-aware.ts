/**
 * Cache first while loads are even, load first when they are not: the two-step rule of the SGLang router
 * (sgl-router/src/policies/cache_aware.rs, commit 026f853), on block identities instead of text.
 *
 * 1. Most loaded − least loaded > imbalanceRequests and most > imbalanceRatio × least: the least loaded.
 * 2. Otherwise, when the best match covers more than matchThreshold of the prompt: the least loaded of those with the best match.
 * 3. Otherwise the least loaded. (The SGLang router takes the one with the smallest tree here; its successor's
 *    documentation, lightseekorg/smg docs/getting-started/load-balancing.md, names load, as we do.)
 */
import type { DecisionView, Ranking } from '../decision-view.ts'

export interface PrefixAwareSettings {
  /** Share of the prompt, 0 to 1. */
  readonly matchThreshold: number
  readonly imbalanceRequests: number
  readonly imbalanceRatio: number
}

/** Defaults of lightseekorg/smg, docs/getting-started/load-balancing.md: --cache-threshold, --balance-abs-threshold, --balance-rel-threshold. */
export const prefixAwareDefaults: PrefixAwareSettings = {
  matchThreshold: 0.3,
  imbalanceRequests: 64,
  imbalanceRatio: 1.5,
}

/** Below all loads: candidates without the best match come after all with it. */
const withoutMatch = 2 ** 40

export function rankByPrefix(settings: PrefixAwareSettings): Ranking {
  return {
    partNames: ['requests', 'matchedShare'],
    rank(view) {
      const { kept, keptCount, parts, score, requests, cachedTokens } = view
      const { inputTokens } = view.request
      const wanted = wantedTokens(view, settings)
      for (let index = 0; index < keptCount; index++) {
        const position = kept[index]!
        const load = requests[position]!
        parts[0]![position] = load
        parts[1]![position] = cachedTokens[position]! / inputTokens
        score[position] = cachedTokens[position]! >= wanted ? -load : -load - withoutMatch
      }
      return null
    },
  }
}

/** Tokens a candidate must hold to be preferred; 0: load alone decides. */
function wantedTokens(view: DecisionView, settings: PrefixAwareSettings): number {
  const { kept, keptCount, requests, cachedTokens } = view
  let most = 0
  let least = Number.POSITIVE_INFINITY
  let longest = 0
  for (let index = 0; index < keptCount; index++) {
    const position = kept[index]!
    most = Math.max(most, requests[position]!)
    least = Math.min(least, requests[position]!)
    longest = Math.max(longest, cachedTokens[position]!)
  }
  const { matchThreshold, imbalanceRequests, imbalanceRatio } = settings
  if (most - least > imbalanceRequests && most > imbalanceRatio * least) return 0
  return longest > matchThreshold * view.request.inputTokens ? longest : 0
}
