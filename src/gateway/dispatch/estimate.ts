/** What one more request would cost and take at a candidate: the learnt speed asked for the state a router sees. */
import type { CandidateEstimate, CandidateState } from '../../routing/index.ts'
import type { LearntSpeed } from './learnt-speed.ts'
import type { LearntTokens } from './learnt-tokens.ts'
import type { OfferPricing } from './offer-pricing.ts'
import type { ReplicaPricing } from './replica-pricing.ts'

/** Time of day of the decision under way, ms since 1970: prices depend on it, routers do not tell it. */
export interface Moment {
  nowMs: number
}

export function createEstimate(
  speed: LearntSpeed,
  tokens: LearntTokens,
  offer: OfferPricing | null,
  replica: ReplicaPricing | null,
  moment: Moment,
): CandidateEstimate {
  /** With one more. */
  const requestsWith = ({ running, waiting }: CandidateState) => running + waiting + 1
  return {
    ttftMs: (state, inputTokens, cachedTokens) =>
      speed.ttftMs(computedTokens(inputTokens, cachedTokens, tokens.trust) + state.pendingPromptTokens),
    tpotMs: state => speed.tpotMs(requestsWith(state)),
    marginalUsd(state, inputTokens, cachedTokens, outputTokens) {
      const computed = computedTokens(inputTokens, cachedTokens, tokens.trust)
      if (replica !== null) return replica.usd(computed, outputTokens, requestsWith(state))
      const scale = tokens.perEstimated
      const prices = offer!.tokenPrices(moment.nowMs, inputTokens * scale)
      return (
        prices.request +
        scale * (computed * prices.input + (inputTokens - computed) * prices.cached) +
        outputTokens * prices.output
      )
    },
  }
}

/** Prompt tokens that are expected not to be cached: of those an index believes cached as many count as were found of late. */
export function computedTokens(inputTokens: number, cachedTokens: number, trust: number): number {
  return inputTokens - Math.round(Math.min(cachedTokens, inputTokens - 1) * trust)
}
