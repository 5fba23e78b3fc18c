/** One figure for a mix of token classes: what a million tokens cost when so much of the prompt comes from the cache. */
import { assert } from '../core/assert.ts'
import { usdFromNano } from '../core/money.ts'
import { noUsage, pricedClasses, type UsageClasses } from '../cost/usage.ts'
import { costOfUsage } from './cost-of-usage.ts'
import type { Prices } from './types.ts'

export interface TokenMix {
  /** Input tokens per output token, e.g. 10. */
  readonly inputPerOutput: number
  /** Share of the input that is read from the cache, 0 to 1. */
  readonly cachedShare: number
  /** Share of the input that is written to it, 0 to 1; together with the above at most 1. */
  readonly cacheWriteShare?: number
}

/** Tokens of a mix are weighed by this many, so that shares down to a millionth count. */
const mixTokens = 1_000_000_000

/** The mix as usage of about a billion tokens. */
export function usageOfMix(mix: TokenMix): UsageClasses {
  const { inputPerOutput, cachedShare, cacheWriteShare = 0 } = mix
  assert(inputPerOutput >= 0, `input per output token is not negative, got ${inputPerOutput}`)
  assert(
    cachedShare >= 0 && cacheWriteShare >= 0 && cachedShare + cacheWriteShare <= 1,
    `shares of the input lie between 0 and 1, got ${cachedShare} and ${cacheWriteShare}`,
  )
  const input = Math.round((mixTokens * inputPerOutput) / (inputPerOutput + 1))
  const cachedInput = Math.round(input * cachedShare)
  const cacheWrite = Math.min(input - cachedInput, Math.round(input * cacheWriteShare))
  return {
    ...noUsage,
    uncachedInput: input - cachedInput - cacheWrite,
    cachedInput,
    cacheWrite,
    output: mixTokens - input,
  }
}

/**
 * Dollars per million tokens, input and output together, for usage of any size ("effective price" at OpenRouter). Null when a
 * class that is used has no price, or nothing is used. Fees per request are left out: they depend on the size of requests.
 */
export function effectivePrice(prices: Prices, usage: UsageClasses): number | null {
  const tokens = pricedClasses.reduce((total, name) => total + usage[name], 0)
  if (tokens === 0) return null
  const { nanoUsd, unpriced } = costOfUsage(prices, usage, { requests: 0 })
  return unpriced.length > 0 ? null : (usdFromNano(nanoUsd) / tokens) * 1e6
}
