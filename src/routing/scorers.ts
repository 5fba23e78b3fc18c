/** Scorers of the weighted policy: each gives every kept candidate a value in [0, 1], higher is better. */
import type { DecisionView } from './decision-view.ts'
import { affinityKey, rendezvousDraw } from './policies/session-affinity.ts'

export type ScorerName = (typeof scorerNames)[number]

export const scorerNames = [
  /** Requests waiting: shortest queue 1, longest 0. */
  'queue',
  /** Requests waiting and running: fewest 1, most 0. */
  'requests',
  /** Prompt tokens still to compute: fewest 1, most 0. */
  'pending-tokens',
  /** 1 − share of cache blocks in use. */
  'cache-use',
  /** Share of the prompt believed cached, slower tiers weighted. */
  'prefix',
  /** 1 where the session belongs (rendezvous hashing), 0 elsewhere; all 1 without a session. */
  'session',
  /** Marginal dollars: cheapest 1, dearest 0; 0 where nobody knows. */
  'cost',
] as const

/** Writes to `out` by position. */
export type Scorer = (view: DecisionView, out: Float64Array) => void

export const scorers: Readonly<Record<ScorerName, Scorer>> = {
  queue: (view, out) => scoreFewest(view, view.waiting, out),
  requests: (view, out) => scoreFewest(view, view.requests, out),
  'pending-tokens': (view, out) => scoreFewest(view, view.pendingTokens, out),
  'cache-use': (view, out) => {
    for (let index = 0; index < view.keptCount; index++) {
      const position = view.kept[index]!
      out[position] = Math.min(1, Math.max(0, 1 - view.candidates[position]!.cacheUse))
    }
  },
  prefix: (view, out) => {
    for (let index = 0; index < view.keptCount; index++) {
      const position = view.kept[index]!
      out[position] = view.creditTokens[position]! / view.request.inputTokens
    }
  },
  session: scoreSession,
  cost: scoreCost,
}

/** (most − x) ÷ (most − fewest), all 1 when equal: llm-d-router and Gateway API inference extension, queue scorer. */
function scoreFewest(view: DecisionView, of: Float64Array, out: Float64Array): void {
  const { kept, keptCount } = view
  let most = Number.NEGATIVE_INFINITY
  let fewest = Number.POSITIVE_INFINITY
  for (let index = 0; index < keptCount; index++) {
    const value = of[kept[index]!]!
    if (value > most) most = value
    if (value < fewest) fewest = value
  }
  const range = most - fewest
  for (let index = 0; index < keptCount; index++) {
    const position = kept[index]!
    out[position] = range === 0 ? 1 : (most - of[position]!) / range
  }
}

function scoreSession(view: DecisionView, out: Float64Array): void {
  const { kept, keptCount, ids } = view
  const key = affinityKey(view.request, 'session')
  let home = -1
  let highest = -1
  for (let index = 0; index < keptCount; index++) {
    const position = kept[index]!
    const draw = key === null ? 0 : rendezvousDraw(key, ids[position]!)
    out[position] = key === null ? 1 : 0
    if (draw > highest) {
      highest = draw
      home = position
    }
  }
  if (home !== -1) out[home] = 1
}

function scoreCost(view: DecisionView, out: Float64Array): void {
  const { kept, keptCount, candidates, cachedTokens } = view
  const { inputTokens, outputTokens } = view.request
  let most = Number.NEGATIVE_INFINITY
  let least = Number.POSITIVE_INFINITY
  for (let index = 0; index < keptCount; index++) {
    const position = kept[index]!
    const state = candidates[position]!
    const usd = state.estimate?.marginalUsd(state, inputTokens, cachedTokens[position]!, outputTokens)
    out[position] = usd ?? Number.NaN
    if (usd === undefined) continue
    if (usd > most) most = usd
    if (usd < least) least = usd
  }
  const range = most - least
  for (let index = 0; index < keptCount; index++) {
    const position = kept[index]!
    const usd = out[position]!
    out[position] = Number.isNaN(usd) ? 0 : range === 0 ? 1 : (most - usd) / range
  }
}
