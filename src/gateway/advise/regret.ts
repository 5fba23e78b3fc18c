/**
 * Regret of routing: what was picked against the cheapest candidate that was fast enough. Of sampled decisions where there are any
 * (they were drawn by chance), else of all. An offer costs what its price says for the same usage, a deployment its engine time at what
 * the window charged per token, the one that was picked too: what a request was charged depends on who ran beside it, and compared with a
 * mean each dear one would seem a mistake. Idle time is paid either way and not part of it.
 */
import { type NanoUsd, usdFromNano } from '../../core/money.ts'
import { hoursPerMonth, leastData, type UsdBand } from './types.ts'
import { type AttemptFacts, isComparable, targetName, type WindowFacts } from './window-facts.ts'

/** A place that serves an alias, with what an attempt would have cost there. */
export interface RegretCandidate {
  readonly name: string
  readonly aliases: ReadonlySet<string>
  readonly price: (attempt: AttemptFacts) => NanoUsd | null
  /** Median measured in the window; null: it served too little to be known, and counts as not fast enough. */
  readonly medianTtftMs: number | null
}

export interface Regret {
  readonly decisions: number
  readonly isSampled: boolean
  /** Decisions for which something cheaper would have done. */
  readonly regretted: number
  readonly regretNanoUsd: NanoUsd
  readonly pickedNanoUsd: NanoUsd
  /** All decisions of a month, by the sample; null: of less than an hour nothing is said about a month. */
  readonly perMonth: UsdBand | null
  /** Where they would have gone, most money first. */
  readonly instead: readonly {
    readonly name: string
    readonly decisions: number
    readonly nanoUsd: NanoUsd
  }[]
  /** Mean of |predicted − realised| ÷ mean of realised, where both are known; null where they are not. */
  readonly priceError: number | null
}

/** objectiveMs: on TTFT, of an alias; null: none, the fastest do not matter. null of too few decisions. */
export function regretOf(
  facts: WindowFacts,
  candidates: readonly RegretCandidate[],
  objectiveMs: (alias: string) => number | null,
): Regret | null {
  const all = facts.attempts.filter(isComparable)
  const sampled = all.filter(({ sample }) => sample !== null)
  const isSampled = sampled.length >= leastData.sampledDecisions
  const decisions = isSampled ? sampled : all
  if (decisions.length < leastData.sampledDecisions) return null
  const instead = new Map<string, { decisions: number; nanoUsd: NanoUsd }>()
  const regrets = new Float64Array(decisions.length)
  const byName = new Map(candidates.map(candidate => [candidate.name, candidate]))
  let total = 0n
  let pickedNanoUsd = 0n
  for (const [index, attempt] of decisions.entries()) {
    const picked = byName.get(targetName(attempt.target))?.price(attempt) ?? attempt.nanoUsd
    pickedNanoUsd += picked
    const best = cheapest(attempt, candidates, objectiveMs(attempt.alias))
    if (best === null || best.nanoUsd >= picked) continue
    const regret = picked - best.nanoUsd
    regrets[index] = usdFromNano(regret)
    total += regret
    const known = instead.get(best.name) ?? { decisions: 0, nanoUsd: 0n }
    instead.set(best.name, { decisions: known.decisions + 1, nanoUsd: known.nanoUsd + regret })
  }
  const hours = (facts.toMs - facts.fromMs) / 3_600_000
  return {
    decisions: decisions.length,
    isSampled,
    regretted: regrets.filter(regret => regret > 0).length,
    regretNanoUsd: total,
    pickedNanoUsd,
    perMonth: hours < leastData.hours ? null : bandOf(regrets, (all.length * hoursPerMonth) / hours),
    instead: [...instead]
      .map(([name, part]) => ({ name, ...part }))
      .sort((a, b) => Number(b.nanoUsd - a.nanoUsd)),
    priceError: priceErrorOf(sampled),
  }
}

function cheapest(
  attempt: AttemptFacts,
  candidates: readonly RegretCandidate[],
  objectiveMs: number | null,
): { readonly name: string; readonly nanoUsd: NanoUsd } | null {
  let best: { name: string; nanoUsd: NanoUsd } | null = null
  for (const { name, aliases, price, medianTtftMs } of candidates) {
    if (!aliases.has(attempt.alias)) continue
    if (objectiveMs !== null && !(medianTtftMs !== null && medianTtftMs <= objectiveMs)) continue
    const nanoUsd = price(attempt)
    if (nanoUsd !== null && (best === null || nanoUsd < best.nanoUsd)) best = { name, nanoUsd }
  }
  return best
}

/** Mean ± 1.96 standard errors, times so many decisions. */
function bandOf(regrets: Float64Array, decisions: number): UsdBand {
  const count = regrets.length
  const mean = regrets.reduce((sum, usd) => sum + usd, 0) / count
  const variance = regrets.reduce((sum, usd) => sum + (usd - mean) ** 2, 0) / Math.max(1, count - 1)
  const half = 1.96 * Math.sqrt(variance / count)
  return { low: (mean - half) * decisions, expected: mean * decisions, high: (mean + half) * decisions }
}

function priceErrorOf(sampled: readonly AttemptFacts[]): number | null {
  const known = sampled.flatMap(({ sample }) => {
    const { predictedNanoUsd, realisedNanoUsd } = sample!
    return predictedNanoUsd === null || realisedNanoUsd === null
      ? []
      : [[Number(predictedNanoUsd), Number(realisedNanoUsd)] as const]
  })
  const realised = known.reduce((sum, [, after]) => sum + after, 0)
  if (realised === 0) return null
  return known.reduce((sum, [before, after]) => sum + Math.abs(before - after), 0) / realised
}
