/** Usage × price = money, exactly: one line a class, and the lines are the total. */
import { assert, present } from '../core/assert.ts'
import type { NanoUsd } from '../core/money.ts'
import { rationalFromDecimal, roundHalfEven } from '../core/rational.ts'
import type { UsageClasses } from '../cost/usage.ts'
import type { DecimalUsd, PriceClass, Prices } from './types.ts'

/** What a bill may need beyond tokens by class. */
export interface UsageExtras {
  /** Part of cacheWrite that is kept for an hour. */
  readonly cacheWriteOneHour?: number
  /** Length of the audio that was transcribed. */
  readonly audioSeconds?: number
  /** 1 unless told; 0 for a request that is not charged as one. */
  readonly requests?: number
}

export interface UsageCostLine {
  /** What was used. */
  readonly used: PriceClass
  /** Whose price it has: another class where the provider has none of its own. */
  readonly pricedAs: PriceClass
  /** Tokens, requests, or seconds of audio. */
  readonly quantity: number
  /** Dollars per million tokens, per request, per hour of audio. */
  readonly usd: DecimalUsd
  readonly nanoUsd: NanoUsd
}

export interface UsageCost {
  /** Sum of the lines. */
  readonly nanoUsd: NanoUsd
  readonly lines: readonly UsageCostLine[]
  /** Used, but without a price even by substitution: the total is too low by these. */
  readonly unpriced: readonly PriceClass[]
}

/**
 * Where a provider has no price for a class, its tokens are ordinary input or output to it: reads from a cache it gives no
 * discount for, writes it does not charge apart, audio it counts as tokens.
 */
const pricedAs: Readonly<Record<PriceClass, readonly PriceClass[]>> = {
  uncachedInput: ['uncachedInput'],
  cachedInput: ['cachedInput', 'uncachedInput'],
  cacheWrite: ['cacheWrite', 'uncachedInput'],
  cacheWriteOneHour: ['cacheWriteOneHour', 'cacheWrite', 'uncachedInput'],
  output: ['output'],
  inputAudio: ['inputAudio', 'uncachedInput'],
  outputAudio: ['outputAudio', 'output'],
  perRequest: ['perRequest'],
  perAudioHour: ['perAudioHour'],
}

/** Nano-dollars per quantity at $1: a token of a million, a request, a second of an hour of audio. */
const nanoPerQuantity: Readonly<Record<'token' | 'perRequest' | 'perAudioHour', readonly [bigint, bigint]>> =
  {
    token: [1_000_000_000n, 1_000_000n],
    perRequest: [1_000_000_000n, 1n],
    // Audio is counted in milliseconds, see below.
    perAudioHour: [1_000_000_000n, 3_600_000n],
  }

/**
 * What the usage costs at these prices. Each class is multiplied exactly and rounded once, half to even, to nano-dollars; the
 * total is the sum of the lines. Reasoning is part of output and not charged again. Requests are counted only by providers
 * that charge for them. Transcription sold by the hour charges no tokens.
 */
export function costOfUsage(prices: Prices, usage: UsageClasses, extras: UsageExtras = {}): UsageCost {
  const oneHour = extras.cacheWriteOneHour ?? 0
  assert(oneHour <= usage.cacheWrite, 'writes kept for an hour are part of all cache writes')
  const seconds = extras.audioSeconds ?? 0
  const byTheHour = prices.perAudioHour !== undefined && seconds > 0
  const lines: UsageCostLine[] = []
  const unpriced: PriceClass[] = []
  const charge = (used: PriceClass, quantity: number) => {
    assert(
      quantity >= 0 && Number.isFinite(quantity),
      `a quantity is not negative, got ${quantity} of ${used}`,
    )
    if (quantity === 0) return
    const sold = pricedAs[used].find(name => prices[name] !== undefined)
    if (sold === undefined) unpriced.push(used)
    else {
      const usd = prices[sold]!
      lines.push({ used, pricedAs: sold, quantity, usd, nanoUsd: amount(sold, quantity, usd) })
    }
  }
  if (!byTheHour) {
    charge('uncachedInput', usage.uncachedInput)
    charge('cachedInput', usage.cachedInput)
    charge('cacheWrite', usage.cacheWrite - oneHour)
    charge('cacheWriteOneHour', oneHour)
    charge('inputAudio', usage.inputAudio)
    charge('output', usage.output)
    charge('outputAudio', usage.outputAudio)
  }
  if (prices.perRequest !== undefined) charge('perRequest', extras.requests ?? 1)
  if (byTheHour) charge('perAudioHour', seconds)
  return { nanoUsd: lines.reduce((sum, line) => sum + line.nanoUsd, 0n), lines, unpriced }
}

function amount(sold: PriceClass, quantity: number, usd: DecimalUsd): NanoUsd {
  const isAudio = sold === 'perAudioHour'
  const counted = isAudio ? Math.round(quantity * 1000) : quantity
  assert(Number.isSafeInteger(counted), `tokens and requests are whole numbers, got ${quantity} of ${sold}`)
  const [nano, per] = nanoPerQuantity[isAudio || sold === 'perRequest' ? sold : 'token']
  const price = present(rationalFromDecimal(usd), `prices are decimal numbers, got ${usd}`)
  return roundHalfEven({
    numerator: BigInt(counted) * price.numerator * nano,
    denominator: price.denominator * per,
  })
}
