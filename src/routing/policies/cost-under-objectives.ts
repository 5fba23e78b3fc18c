/**
 * The cheapest candidate that is predicted to meet the objectives: dollars are minimised, latency is a constraint. Works across
 * hardware, engines and API offers, since every candidate brings its own predictions (CandidateEstimate) and its own price;
 * what a candidate has cached lowers both its TTFT and its cost.
 *
 *   violation = max(margin × TTFT ÷ ttftMs, margin × TPOT ÷ tpotMs); feasible: violation ≤ 1
 *   among feasible ones: least marginal dollars; of those within priceTolerance of it, least violation
 *   none feasible: least violation, or refusal
 *
 * Candidates without predictions come last, by load: nothing can be promised of them. Filling the cheapest up to its objective
 * before a dearer one is touched is intended: it leaves the dear ones free, to be given back.
 */
import type { DecisionView, Ranking } from '../decision-view.ts'

export interface CostSettings {
  /** Objectives, milliseconds; null for none. */
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  readonly otherwise: 'least-violation' | 'reject'
  /** Predictions count as so many times as long: room for their error. */
  readonly margin: number
  /** Prices this much above the lowest, relative to it, count as equal. */
  readonly priceTolerance: number
  /** Output tokens a request is expected to have, for its price; null: what the request asks for. */
  readonly outputTokens: number | null
}

/** Assumed: predictions and prices are taken at their word, and nobody is turned away for a prediction. */
export const costDefaults = {
  otherwise: 'least-violation',
  margin: 1,
  priceTolerance: 0,
  outputTokens: null,
} as const

/** Scores go down in steps wider than what is compared within one: cheapest, feasible, not feasible, unknown. */
const feasibleBase = 2
const infeasibleBase = 1e6
const worstViolation = 1e6
const unknownBase = 1e7

export function rankByCost(settings: CostSettings): Ranking {
  return {
    partNames: ['ttftMs', 'tpotMs', 'usd', 'violation'],
    rank(view) {
      const { kept, keptCount, parts, score, requests } = view
      const usd = parts[2]!
      const violation = parts[3]!
      const cheapest = predict(view, settings)
      const limit = cheapest * (1 + settings.priceTolerance)
      let anyKnown = false
      for (let index = 0; index < keptCount; index++) {
        const position = kept[index]!
        const violated = violation[position]!
        if (view.candidates[position]!.estimate === null) {
          score[position] = -unknownBase - requests[position]!
          continue
        }
        anyKnown = true
        if (isFeasible(violated, usd[position]!)) {
          score[position] = usd[position]! <= limit ? -violated : -feasibleBase - usd[position]!
        } else {
          // A prediction that is no number promises nothing.
          score[position] = -infeasibleBase - (violated <= worstViolation ? violated : worstViolation)
        }
      }
      const refused = settings.otherwise === 'reject' && anyKnown && cheapest === Number.POSITIVE_INFINITY
      return refused ? 'objective-out-of-reach' : null
    },
  }
}

function isFeasible(violation: number, usd: number): boolean {
  return violation <= 1 && usd >= 0
}

/** Fills the parts; the lowest price of a feasible candidate, Infinity when there is none. */
function predict(view: DecisionView, settings: CostSettings): number {
  const { kept, keptCount, parts, candidates, cachedTokens } = view
  const { inputTokens } = view.request
  const { margin } = settings
  const outputTokens = settings.outputTokens ?? view.request.outputTokens
  const ttftLimitMs = settings.ttftMs ?? Number.POSITIVE_INFINITY
  const tpotLimitMs = settings.tpotMs ?? Number.POSITIVE_INFINITY
  let cheapest = Number.POSITIVE_INFINITY
  for (let index = 0; index < keptCount; index++) {
    const position = kept[index]!
    const state = candidates[position]!
    const { estimate } = state
    const cached = cachedTokens[position]!
    const ttftMs = estimate === null ? Number.NaN : estimate.ttftMs(state, inputTokens, cached)
    const tpotMs = estimate === null ? Number.NaN : estimate.tpotMs(state)
    const usd =
      estimate === null ? Number.NaN : estimate.marginalUsd(state, inputTokens, cached, outputTokens)
    const violation = Math.max((margin * ttftMs) / ttftLimitMs, (margin * tpotMs) / tpotLimitMs)
    parts[0]![position] = ttftMs
    parts[1]![position] = tpotMs
    parts[2]![position] = usd
    parts[3]![position] = violation
    if (isFeasible(violation, usd) && usd < cheapest) cheapest = usd
  }
  return cheapest
}
