/**
 * Least dollars per request that meets its objectives. Works across hardware, engines and API offers, since every candidate
 * brings its own predictions (CandidateEstimate) and its own price; what a candidate has cached lowers both its TTFT and its cost.
 *
 *   violation = max(margin × TTFT ÷ ttftMs, margin × TPOT ÷ tpotMs); feasible: violation ≤ 1
 *   chance    = 1 ÷ (1 + (margin × TTFT ÷ ttftMs)^k) ÷ (1 + (margin × TPOT ÷ tpotMs)^k),   k = ln 9 ÷ ln errorFactor
 *   score     = −(dollars + dollars of what it drives out of the cache) ÷ chance
 *
 * A limit that is a wall moves a conversation away from its cache the moment a queue is predicted a little too long, and pays
 * for the whole prompt elsewhere; as a chance, lateness and money are weighed. errorFactor 1 is the wall: the cheapest feasible
 * one, of those within priceTolerance of it the least violation; none feasible: the least violation.
 *
 * What is driven out: a token stored in a full cache takes the place of one that h ÷ (1 − h) hits were to be expected of (h:
 * share of prompt tokens found cached lately), less the longer it has been idle: exp(−age ÷ reuseSeconds).
 *
 * Candidates without predictions come last, by load: nothing can be promised of them. With otherwise 'reject' a request that no
 * candidate is feasible for is turned away.
 */
import type { DecisionView, Ranking } from '../decision-view.ts'
import { HitShare } from '../hit-share.ts'

export interface CostSettings {
  /** Objectives, milliseconds; null for none. */
  readonly ttftMs: number | null
  readonly tpotMs: number | null
  readonly otherwise: 'least-violation' | 'reject'
  /** Predictions count as so many times as long: room for what comes after them. */
  readonly margin: number
  /** Four in five requests take between their prediction ÷ this and × this; 1: predictions are taken at their word. */
  readonly errorFactor: number
  /** With errorFactor 1: prices this much above the lowest, relative to it, count as equal. */
  readonly priceTolerance: number
  /** How much what is driven out of a cache weighs, in dollars of computing it again; 0: nothing. */
  readonly reuseWeight: number
  /** What was idle for so long is worth 1/e of what was just used. */
  readonly reuseSeconds: number
  /** Output tokens a request is expected to have, for its price; null: what the request asks for. */
  readonly outputTokens: number | null
}

/**
 * errorFactor: measured in the twin, docs/models/routing.md#predictions-in-the-twin. margin, reuseWeight and reuseSeconds: chosen
 * on one half of two traces and kept on the other, docs/models/routing.md#what-routing-saves. A prompt computed again costs more
 * than its dollars (it is late, and holds up others), hence a weight above 1.
 */
export const costDefaults = {
  otherwise: 'least-violation',
  margin: 2,
  errorFactor: 2.5,
  priceTolerance: 0,
  reuseWeight: 10,
  reuseSeconds: 100,
  outputTokens: null,
} as const

/** Scores go down in steps wider than what is compared within one: cheapest, feasible, not feasible, unknown. */
const feasibleBase = 2
const infeasibleBase = 1e6
const worst = 1e6
const unknownBase = 1e7

/** Dollars below any real price: where requests cost nothing, the chance decides. */
const leastUsd = 1e-12

const [ttftPart, tpotPart, usdPart, evictedPart, violationPart] = [0, 1, 2, 3, 4]

export function rankByCost(settings: CostSettings): Ranking {
  const hits = new HitShare()
  const scoreOf = settings.errorFactor > 1 ? scoreByChance(settings) : scoreByWall(settings)
  return {
    partNames: ['ttftMs', 'tpotMs', 'usd', 'evictedUsd', 'violation'],
    looksAtEviction: settings.reuseWeight > 0,
    rank(view) {
      const { kept, keptCount, score, requests, candidates, cachedTokens } = view
      const cheapest = predict(view, settings, hits.usesPerToken)
      let anyKnown = false
      let longest = 0
      for (let index = 0; index < keptCount; index++) {
        const position = kept[index]!
        longest = Math.max(longest, cachedTokens[position]!)
        if (candidates[position]!.estimate === null) score[position] = -unknownBase - requests[position]!
        else {
          anyKnown = true
          score[position] = scoreOf(view, position, cheapest)
        }
      }
      hits.count(view.request.inputTokens, longest)
      const refused = settings.otherwise === 'reject' && anyKnown && cheapest === Number.POSITIVE_INFINITY
      return refused ? 'objective-out-of-reach' : null
    },
  }
}

type Score = (view: DecisionView, position: number, cheapestUsd: number) => number

function scoreByChance(settings: CostSettings): Score {
  const { margin } = settings
  const exponent = Math.log(9) / Math.log(settings.errorFactor)
  const ttftShare = margin / (settings.ttftMs ?? Number.POSITIVE_INFINITY)
  const tpotShare = margin / (settings.tpotMs ?? Number.POSITIVE_INFINITY)
  return ({ parts }, position) => {
    const usd = parts[usdPart]![position]! + parts[evictedPart]![position]!
    const late = 1 + (ttftShare * parts[ttftPart]![position]!) ** exponent
    const slow = 1 + (tpotShare * parts[tpotPart]![position]!) ** exponent
    const dollars = (usd + leastUsd) * late * slow
    // A prediction that is no number promises nothing.
    if (!(usd >= 0 && dollars >= 0)) return -infeasibleBase - worst
    return -Math.min(dollars, infeasibleBase)
  }
}

function scoreByWall({ priceTolerance }: CostSettings): Score {
  return ({ parts }, position, cheapestUsd) => {
    const violation = parts[violationPart]![position]!
    const usd = parts[usdPart]![position]!
    if (!isFeasible(violation, usd)) return -infeasibleBase - (violation <= worst ? violation : worst)
    return usd <= cheapestUsd * (1 + priceTolerance) ? -violation : -feasibleBase - usd
  }
}

function isFeasible(violation: number, usd: number): boolean {
  return violation <= 1 && usd >= 0
}

/** Fills the parts; the lowest price of a feasible candidate, Infinity when there is none. */
function predict(view: DecisionView, settings: CostSettings, usesPerToken: number): number {
  const { kept, keptCount, parts, candidates, cachedTokens, evictionAgeUs } = view
  const { inputTokens } = view.request
  const { margin, reuseWeight } = settings
  const outputTokens = settings.outputTokens ?? view.request.outputTokens
  const ttftLimitMs = settings.ttftMs ?? Number.POSITIVE_INFINITY
  const tpotLimitMs = settings.tpotMs ?? Number.POSITIVE_INFINITY
  const fadingUs = settings.reuseSeconds * 1e6
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
    const isOwn = state.isForeignCache !== true
    const worth = isOwn ? reuseWeight * usesPerToken * Math.exp(-evictionAgeUs[position]! / fadingUs) : 0
    let evicted = 0
    if (worth > 0 && estimate !== null) {
      // What these tokens cost to compute is what the ones they displace would cost again.
      const held = estimate.marginalUsd(state, inputTokens, inputTokens - 1, 0)
      const whole = estimate.marginalUsd(state, inputTokens, 0, 0) - held
      evicted = (worth * Math.max(0, whole) * (inputTokens - cached)) / inputTokens
    }
    parts[ttftPart]![position] = ttftMs
    parts[tpotPart]![position] = tpotMs
    parts[usdPart]![position] = usd
    parts[evictedPart]![position] = evicted
    parts[violationPart]![position] = violation
    if (isFeasible(violation, usd) && usd < cheapest) cheapest = usd
  }
  return cheapest
}
