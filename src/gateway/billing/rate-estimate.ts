/** How fast a deployment computes prompts, from what it did of late; and the watts it is assumed to take. */
import type { DeploymentConfig } from '../config/gateway-config.ts'
import { type EngineFact, type EngineRates, estimatePrefillSecondsPerToken } from '../ledger/index.ts'

export interface RateEstimate {
  /** A request that has ended. */
  ended(fact: EngineFact): void
  /** unfinished: what runs now, since nobody is alone beside it. */
  rates(
    deployment: Pick<DeploymentConfig, 'cost' | 'performance'>,
    unfinished: readonly EngineFact[],
  ): EngineRates
}

/** Requests looked at: the estimate compares each with each, so 200 take a fraction of a millisecond. Chosen. */
const mostFacts = 200

/**
 * Prompt rate: the slope over requests that were alone, now or when there last were enough of them; else what the configuration
 * says; else the least TTFT ÷ computed tokens seen, which is never too fast; else 0 (prompts then take no time).
 */
export function createRateEstimate(): RateEstimate {
  const facts: EngineFact[] = []
  let next = 0
  let forgottenMs = Number.NEGATIVE_INFINITY
  let known: number | null = null

  return {
    ended(fact) {
      if (facts.length < mostFacts) {
        facts.push(fact)
        return
      }
      forgottenMs = Math.max(forgottenMs, facts[next]!.endMs ?? forgottenMs)
      facts[next] = fact
      next = (next + 1) % mostFacts
    },
    rates({ cost, performance }, unfinished) {
      // What was sent while a forgotten request ran may not have been alone: it counts as company only (no tokens).
      const judged = facts.map(fact => (fact.sentMs < forgottenMs ? { ...fact, computedTokens: 0 } : fact))
      known = estimatePrefillSecondsPerToken([...judged, ...unfinished.slice(0, mostFacts)]) ?? known
      const prior = performance === null ? null : performance.msPerPromptToken / 1000
      const { prefill, decode, idle } = cost.watts ?? { prefill: 0, decode: 0, idle: 0 }
      return {
        prefillSecondsPerToken: known ?? prior ?? leastSecondsPerToken(facts) ?? 0,
        prefillSecondsPerTokenPair: 0,
        decodeWeightPerContextToken: 0,
        prefillWatts: prefill,
        decodeWatts: decode,
        idleWatts: idle,
      }
    },
  }
}

function leastSecondsPerToken(facts: readonly EngineFact[]): number | null {
  let least: number | null = null
  for (const { sentMs, firstTokenMs, computedTokens } of facts) {
    if (firstTokenMs === null || computedTokens === 0) continue
    const seconds = (firstTokenMs - sentMs) / computedTokens / 1000
    if (least === null || seconds < least) least = seconds
  }
  return least
}
