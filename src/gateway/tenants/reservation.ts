/**
 * What a request is charged before it is known what it takes, and after. Before: an upper bound (worst case), or what is expected
 * with a margin. The choice decides what a cap promises: with the worst case it is never exceeded, with expectations by what requests
 * take beyond them.
 */
import { assert } from '../../core/assert.ts'
import type { NanoUsd } from '../../core/money.ts'
import { noUsage, type UsageClasses } from '../usage.ts'
import type { AccountSpec, Measure } from './account.ts'
import type { AccountCharge } from './allowances.ts'

export type ReservationBasis =
  | { readonly kind: 'worst-case' }
  /** Expected output tokens × margin, at least 1; never above the worst case. */
  | { readonly kind: 'expected'; readonly margin: number }

export interface ExpectedRequest {
  /** Counted, or an upper bound: bytes of the prompt are one, for no tokenizer makes more tokens than bytes. */
  readonly inputTokens: number
  /** `max_tokens` of the request, or null. */
  readonly maxOutputTokens: number | null
  /** Most the model writes: its own limit, or context − prompt. */
  readonly outputCeiling: number
  /** By what this alias wrote so far, or null when nothing is known: then the worst case is taken. */
  readonly expectedOutputTokens: number | null
}

/** What is reserved, by measure. */
export interface Amounts {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: NanoUsd
}

/**
 * The amounts to reserve. Cost: of the dearest class the prompt could be billed in; audio is dearer than text and has to be said
 * by the caller's price function.
 */
export function amountsToReserve(
  basis: ReservationBasis,
  request: ExpectedRequest,
  costOf: (usage: UsageClasses) => NanoUsd,
): Amounts {
  const { inputTokens, maxOutputTokens, outputCeiling, expectedOutputTokens } = request
  const most = Math.min(maxOutputTokens ?? outputCeiling, outputCeiling)
  let outputTokens = most
  if (basis.kind === 'expected' && expectedOutputTokens !== null) {
    assert(basis.margin >= 1, 'a margin is at least 1')
    outputTokens = Math.min(most, Math.ceil(expectedOutputTokens * basis.margin))
  }
  const uncached = costOf({ ...noUsage, uncachedInput: inputTokens, output: outputTokens })
  const written = costOf({ ...noUsage, cacheWrite: inputTokens, output: outputTokens })
  return { inputTokens, outputTokens, cost: uncached > written ? uncached : written }
}

/** What the request really took. */
export function amountsUsed(usage: UsageClasses, cost: NanoUsd): Amounts {
  return {
    inputTokens: usage.uncachedInput + usage.cachedInput + usage.cacheWrite + usage.inputAudio,
    outputTokens: usage.output + usage.outputAudio,
    cost,
  }
}

export function amountOf(measure: Measure, amounts: Amounts): bigint {
  switch (measure) {
    case 'requests':
      return 1n
    case 'input-tokens':
      return BigInt(amounts.inputTokens)
    case 'output-tokens':
      return BigInt(amounts.outputTokens)
    case 'total-tokens':
      return BigInt(amounts.inputTokens + amounts.outputTokens)
    case 'usd':
      return amounts.cost
  }
}

export function chargesOf(accounts: readonly AccountSpec[], amounts: Amounts): AccountCharge[] {
  return accounts.map(spec => ({ spec, amount: amountOf(spec.measure, amounts) }))
}
