/** One bought hour of a deployment: what it costs, what it serves, what a million tokens come to. */
import { TokenwrightError } from '../core/errors.ts'
import { allocate } from './allocate.ts'
import { costPerMillionTokens } from './per-million-tokens.ts'
import { secondsPerHour } from './power.ts'
import type {
  Allocation,
  AllocationWeights,
  CostPerMillionTokens,
  CostRate,
  TokenCounts,
  Utilisation,
} from './types.ts'
import { type BillByUse, billByUse, idleShare, servedShare } from './utilisation.ts'
import { type TokenRates, withIdleShare } from './weights.ts'

export interface HourlyCostInput {
  readonly rate: CostRate
  /** Tokens per second by class that the whole deployment can serve: up, full, at its best throughput. */
  readonly capacityTokensPerSecond: TokenRates
  readonly utilisation: Utilisation
  /** How a busy hour is split; the idle time of `utilisation` is added to it here. */
  readonly busyWeights: AllocationWeights
}

export interface HourlyCost {
  /** Tokens per second by class after utilisation, averaged over the hours bought. */
  readonly servedTokensPerSecond: Readonly<Record<keyof TokenCounts, number>>
  readonly servedTokensPerSecondTotal: number
  /** The hourly bill by class and idle: adds up exactly. */
  readonly allocation: Allocation
  /** The hourly bill by what became of the time: adds up exactly. */
  readonly use: BillByUse
  readonly perMillionTokens: CostPerMillionTokens
}

/**
 * Tokens are whole numbers, but an hour may hold few of them: prices are taken over this many hours, so that rounding
 * to whole tokens shifts no price by more than a millionth even at one token per hour.
 */
const accountingHours = 1_000_000n

/** $/Mtok = $/h × 1e6 ÷ (tokens/s × utilisation × 3600) (docs/models/cost.md). */
export function hourlyCost(input: HourlyCostInput): HourlyCost {
  const share = servedShare(input.utilisation)
  const served = {
    uncachedInput: Number(input.capacityTokensPerSecond.uncachedInput) * share,
    cachedInput: Number(input.capacityTokensPerSecond.cachedInput) * share,
    output: Number(input.capacityTokensPerSecond.output) * share,
  }
  const total = served.uncachedInput + served.cachedInput + served.output
  if (!(total > 0 && Number.isFinite(total))) {
    throw new TokenwrightError(
      'number',
      `a cost per token needs a throughput above 0, got ${total} tokens/s`,
      {
        fix: 'give the tokens per second of the whole deployment',
      },
    )
  }
  const weights = withIdleShare(input.busyWeights, idleShare(input.utilisation))
  const bill = input.rate.nanoUsdPerHour
  const tokens = {
    uncachedInput: tokensIn(served.uncachedInput),
    cachedInput: tokensIn(served.cachedInput),
    output: tokensIn(served.output),
  }
  return {
    servedTokensPerSecond: served,
    servedTokensPerSecondTotal: total,
    allocation: allocate(bill, weights),
    use: billByUse(bill, input.utilisation),
    perMillionTokens: costPerMillionTokens(bill * accountingHours, tokens, weights),
  }
}

function tokensIn(tokensPerSecond: number): bigint {
  return BigInt(Math.round(tokensPerSecond * secondsPerHour * Number(accountingHours)))
}
