/** Dollars per million tokens, blended and by class, from a bill, the tokens it bought and a declared allocation. */
import { TokenwrightError } from '../core/errors.ts'
import { nanoPerUsd } from '../core/money.ts'
import { allocate } from './allocate.ts'
import { tokensPerMillion } from './power.ts'
import type { AllocationWeights, CostPerMillionTokens, NanoUsd, TokenCounts } from './types.ts'
import { withoutEmptyClasses } from './weights.ts'

/** $/Mtok = bill ÷ tokens × 1e6. The classes' prices × their tokens + idle × all tokens give back the bill. */
export function costPerMillionTokens(
  billNanoUsd: NanoUsd,
  tokens: TokenCounts,
  weights: AllocationWeights,
): CostPerMillionTokens {
  const all = tokens.uncachedInput + tokens.cachedInput + tokens.output
  if (all <= 0n) {
    throw new TokenwrightError('number', 'a cost per token needs at least one token', {
      fix: 'give the tokens that the bill paid for',
    })
  }
  const allocation = allocate(billNanoUsd, withoutEmptyClasses(weights, tokens))
  return {
    blended: usdPerMillion(billNanoUsd, all),
    perOutputToken: orNull(billNanoUsd, tokens.output),
    uncachedInput: orNull(allocation.uncachedInputNanoUsd, tokens.uncachedInput),
    cachedInput: orNull(allocation.cachedInputNanoUsd, tokens.cachedInput),
    output: orNull(allocation.outputNanoUsd, tokens.output),
    idle: usdPerMillion(allocation.idleNanoUsd, all),
    method: weights.method,
  }
}

function usdPerMillion(nanoUsd: NanoUsd, tokens: bigint): number {
  return Number(nanoUsd) / (Number(tokens) * (Number(nanoPerUsd) / tokensPerMillion))
}

function orNull(nanoUsd: NanoUsd, tokens: bigint): number | null {
  return tokens === 0n ? null : usdPerMillion(nanoUsd, tokens)
}
