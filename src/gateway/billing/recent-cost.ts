/** What a deployment's tokens cost of late: money of the intervals closed last ÷ tokens of the requests that ended in them. */
import { type NanoUsd, nanoUsdFromNumber } from '../../core/money.ts'
import type { UsageClasses } from '../../cost/usage.ts'
import type { IntervalClosed } from '../ledger/index.ts'

/** Dollars are for display and for expectations; null where there were no tokens, or nothing was closed yet. */
export interface RecentCost {
  /** Of the intervals it is from; both 0 before the first. */
  readonly fromMs: number
  readonly toMs: number
  readonly uncachedInputTokens: number
  readonly outputTokens: number
  readonly billedNanoUsd: NanoUsd
  readonly requestsNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  /** Engine time of prompts ÷ tokens computed. Cached tokens cost nothing by themselves. */
  readonly usdPerUncachedInputToken: number | null
  /** Engine time of decoding ÷ output tokens. */
  readonly usdPerOutputToken: number | null
  /** Idle time included: the whole bill ÷ all tokens computed and written. */
  readonly usdPerMillionTokensWithIdle: number | null
  /** idle ÷ bill. */
  readonly idleShare: number | null
}

export interface RecentCostBook {
  /** Tokens of a request that has ended; negative where a later count is lower. */
  used(computedTokens: number, outputTokens: number): void
  /** Answers what the event gave to requests and to idle time, corrections included. */
  enter(event: IntervalClosed): { readonly requestsNanoUsd: NanoUsd; readonly idleNanoUsd: NanoUsd }
  cost(): RecentCost
}

interface Entry {
  readonly fromMs: number
  readonly toMs: number
  readonly prefillNanoUsd: NanoUsd
  readonly decodeNanoUsd: NanoUsd
  readonly idleNanoUsd: NanoUsd
  readonly computedTokens: number
  readonly outputTokens: number
}

export function createRecentCost(recentMs: number): RecentCostBook {
  let entries: Entry[] = []
  let computedTokens = 0
  let outputTokens = 0
  /** Asked for with every request, and another one only when an interval is closed. */
  let known: RecentCost | null = null

  return {
    used(computed, output) {
      computedTokens += computed
      outputTokens += output
    },
    enter(event) {
      known = null
      let prefillNanoUsd = 0n
      let decodeNanoUsd = 0n
      let idleNanoUsd = 0n
      for (const { charges, idle } of [event, ...event.corrections]) {
        for (const charge of charges) {
          prefillNanoUsd += charge.prefillNanoUsd + charge.prefillEnergyNanoUsd
          decodeNanoUsd += charge.decodeNanoUsd + charge.decodeEnergyNanoUsd
        }
        idleNanoUsd += idle.deviceNanoUsd + idle.energyNanoUsd
      }
      const { fromMs, toMs } = event
      entries.push({ fromMs, toMs, prefillNanoUsd, decodeNanoUsd, idleNanoUsd, computedTokens, outputTokens })
      computedTokens = 0
      outputTokens = 0
      // The last one stays however long it was.
      entries = entries.filter(
        (entry, index) => index === entries.length - 1 || entry.fromMs >= toMs - recentMs,
      )
      return { requestsNanoUsd: prefillNanoUsd + decodeNanoUsd, idleNanoUsd }
    },
    cost() {
      known ??= costOf(entries)
      return known
    },
  }
}

function costOf(entries: readonly Entry[]): RecentCost {
  const total = (of: (entry: Entry) => bigint): bigint => entries.reduce((sum, entry) => sum + of(entry), 0n)
  const tokens = (of: (entry: Entry) => number): number => entries.reduce((sum, entry) => sum + of(entry), 0)
  const prefillNanoUsd = total(entry => entry.prefillNanoUsd)
  const decodeNanoUsd = total(entry => entry.decodeNanoUsd)
  const idleNanoUsd = total(entry => entry.idleNanoUsd)
  const uncachedInputTokens = tokens(entry => entry.computedTokens)
  const written = tokens(entry => entry.outputTokens)
  const requestsNanoUsd = prefillNanoUsd + decodeNanoUsd
  const billedNanoUsd = requestsNanoUsd + idleNanoUsd
  const blended = usdPerToken(billedNanoUsd, uncachedInputTokens + written)
  return {
    fromMs: entries[0]?.fromMs ?? 0,
    toMs: entries.at(-1)?.toMs ?? 0,
    uncachedInputTokens,
    outputTokens: written,
    billedNanoUsd,
    requestsNanoUsd,
    idleNanoUsd,
    usdPerUncachedInputToken: usdPerToken(prefillNanoUsd, uncachedInputTokens),
    usdPerOutputToken: usdPerToken(decodeNanoUsd, written),
    usdPerMillionTokensWithIdle: blended === null ? null : blended * 1e6,
    idleShare: billedNanoUsd === 0n ? null : Number(idleNanoUsd) / Number(billedNanoUsd),
  }
}

/** What a usage would be charged at this cost; null where nothing of its kind was seen. Cached tokens cost nothing by themselves. */
export function chargeAt(
  { usdPerUncachedInputToken, usdPerOutputToken }: RecentCost,
  usage: UsageClasses,
): NanoUsd | null {
  const computed = usage.uncachedInput + usage.cacheWrite + usage.inputAudio
  const written = usage.output + usage.outputAudio
  if (computed > 0 && usdPerUncachedInputToken === null) return null
  if (written > 0 && usdPerOutputToken === null) return null
  return nanoUsdFromNumber(computed * (usdPerUncachedInputToken ?? 0) + written * (usdPerOutputToken ?? 0))
}

function usdPerToken(nanoUsd: NanoUsd, tokens: number): number | null {
  return tokens <= 0 ? null : Number(nanoUsd) / 1e9 / tokens
}
