/** Where two ways of getting tokens cost the same. */
import { assert } from '../core/assert.ts'
import { usdFromNano } from '../core/money.ts'
import { secondsPerHour, tokensPerMillion } from './power.ts'
import type { CostRate, NanoUsd } from './types.ts'

/**
 * Share of hours above which devices paid for all the time (owned, reserved) beat devices paid by the hour used:
 * committed price ÷ hourly price. Above 1, committing never pays.
 */
export function breakEvenHoursShare(committedUsdPerHour: number, usedUsdPerHour: number): number {
  assert(committedUsdPerHour >= 0 && usedUsdPerHour > 0, 'prices are positive')
  return committedUsdPerHour / usedUsdPerHour
}

/** Tokens per second, averaged over the hours bought, above which a deployment beats buying tokens at a price. */
export function breakEvenTokensPerSecond(rate: CostRate, usdPerMillionTokens: number): number {
  assert(usdPerMillionTokens > 0, `a price per million tokens is positive, got ${usdPerMillionTokens}`)
  return (usdFromNano(rate.nanoUsdPerHour) / usdPerMillionTokens) * (tokensPerMillion / secondsPerHour)
}

/** Months after which buying is paid back by lower running cost; null when it never is. */
export function paybackMonths(purchase: {
  readonly capitalNanoUsd: NanoUsd
  readonly runningNanoUsdPerMonth: NanoUsd
  readonly rentNanoUsdPerMonth: NanoUsd
}): number | null {
  const saved = purchase.rentNanoUsdPerMonth - purchase.runningNanoUsdPerMonth
  return saved <= 0n ? null : Number(purchase.capitalNanoUsd) / Number(saved)
}

/** Dollars per million tokens at which revenue equals the bill, for a stated mean throughput. */
export function breakEvenUsdPerMillionTokens(rate: CostRate, tokensPerSecond: number): number {
  assert(tokensPerSecond > 0, `throughput is positive, got ${tokensPerSecond}`)
  return (usdFromNano(rate.nanoUsdPerHour) * tokensPerMillion) / (tokensPerSecond * secondsPerHour)
}
