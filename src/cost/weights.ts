/**
 * How a bill is split over uncached input, cached input, output and idle time. Each builder is one declared method
 * (docs/models/cost.md); none is the truth, all add up to the bill.
 *
 * Cached input pays for storing and moving its KV cache, not for FLOPs: its prefill was paid when it was computed. Its
 * share is therefore always an argument of its own, and 0 is a fair value when the cache lies in device memory.
 *
 * An idle weight below a billionth of the whole is the rounding rest of shares that add up to one (1 − 0.47 − 0.53):
 * it counts as none, so that a deployment without idle time shows exactly 0 and not 7.5e-14.
 */
import { assert } from '../core/assert.ts'
import { usdFromNano } from '../core/money.ts'
import type { AllocationWeights, NanoUsd, TokenCounts } from './types.ts'

export interface EngineTime {
  /** Seconds the engines computed prompts, without cachedInputSeconds. */
  readonly prefillSeconds: number
  /** Seconds the engines generated. */
  readonly decodeSeconds: number
  /** Seconds the engines stood still to load cached blocks, or were charged for keeping them. */
  readonly cachedInputSeconds: number
  readonly idleSeconds: number
}

/** By engine time, measured or modelled: each class pays for the seconds it kept the engines busy. */
export function weightsByEngineTime(time: EngineTime): AllocationWeights {
  return checked({
    method: 'engine-time',
    uncachedInput: time.prefillSeconds,
    cachedInput: time.cachedInputSeconds,
    output: time.decodeSeconds,
    idle: time.idleSeconds,
  })
}

/** Bytes of cached KV ÷ bandwidth × the share of that time for which engines stall: the seconds cached input pays. */
export function cachedInputSeconds(transfer: {
  readonly cachedTokens: number
  readonly keyValueBytesPerToken: number
  readonly bytesPerSecond: number
  /** 0 = entirely hidden behind other work, 1 = engines wait for it. */
  readonly stallShare: number
}): number {
  assert(transfer.bytesPerSecond > 0, `bandwidth is positive, got ${transfer.bytesPerSecond}`)
  assertShare(transfer.stallShare, 'stall share')
  return (
    ((transfer.cachedTokens * transfer.keyValueBytesPerToken) / transfer.bytesPerSecond) * transfer.stallShare
  )
}

export interface PoolBills {
  readonly prefillNanoUsd: NanoUsd
  readonly decodeNanoUsd: NanoUsd
  /** Share of each pool's time that it works; what is left is idle. */
  readonly prefillBusyShare: number
  readonly decodeBusyShare: number
  /** Part of the prefill pool's busy time that cached input pays (fetching blocks). */
  readonly cachedShareOfPrefill: number
}

/**
 * By pool, for disaggregated serving: the prefill pool's bill goes to input, the decode pool's to output, each pool's
 * idle time to idle. Weights are dollars; exact while a bill is below $9 million (2^53 nano-dollars).
 */
export function weightsByPool(bills: PoolBills): AllocationWeights {
  assertShare(bills.prefillBusyShare, 'busy share of the prefill pool')
  assertShare(bills.decodeBusyShare, 'busy share of the decode pool')
  assertShare(bills.cachedShareOfPrefill, 'cached share of prefill')
  const prefill = usdFromNano(bills.prefillNanoUsd)
  const decode = usdFromNano(bills.decodeNanoUsd)
  const prefillBusy = prefill * bills.prefillBusyShare
  return checked({
    method: 'pool',
    uncachedInput: prefillBusy * (1 - bills.cachedShareOfPrefill),
    cachedInput: prefillBusy * bills.cachedShareOfPrefill,
    output: decode * bills.decodeBusyShare,
    idle: prefill * (1 - bills.prefillBusyShare) + decode * (1 - bills.decodeBusyShare),
  })
}

/** Prices relative to one uncached input token. */
export interface PriceRatios {
  readonly outputPerInput: number
  readonly cachedPerInput: number
}

/** What API sellers charged in 2026: output 4 to 5 × input, cached input a tenth (providers' list prices). */
export const marketPriceRatios: PriceRatios = { outputPerInput: 4, cachedPerInput: 0.1 }

/** By fixed ratio, as API price lists do: every class costs a declared multiple of an uncached input token. */
export function weightsByFixedRatio(
  tokens: TokenRates,
  ratios: PriceRatios,
  idleShare = 0,
): AllocationWeights {
  const busy = checked({
    method: 'fixed-ratio',
    uncachedInput: Number(tokens.uncachedInput),
    cachedInput: Number(tokens.cachedInput) * ratios.cachedPerInput,
    output: Number(tokens.output) * ratios.outputPerInput,
    idle: 0,
  })
  return withIdleShare(busy, idleShare)
}

/** Tokens by class, counted or per second: only proportions matter. */
export type TokenRates = TokenCounts | Readonly<Record<keyof TokenCounts, number>>

/** Adds idle time so that it makes up `idleShare` of the enlarged whole; the classes keep their proportions. */
export function withIdleShare(weights: AllocationWeights, idleShare: number): AllocationWeights {
  assertShare(idleShare, 'idle share')
  if (idleShare === 0) return weights
  if (idleShare === 1) return { ...weights, uncachedInput: 0, cachedInput: 0, output: 0, idle: 1 }
  const whole = weights.uncachedInput + weights.cachedInput + weights.output + weights.idle
  return checked({ ...weights, idle: weights.idle + (whole * idleShare) / (1 - idleShare) })
}

/** Engine time spent on a class that delivered no token is idle time: otherwise its money would have no price. */
export function withoutEmptyClasses(weights: AllocationWeights, tokens: TokenCounts): AllocationWeights {
  const keep = (weight: number, count: bigint) => (count === 0n ? 0 : weight)
  const uncachedInput = keep(weights.uncachedInput, tokens.uncachedInput)
  const cachedInput = keep(weights.cachedInput, tokens.cachedInput)
  const output = keep(weights.output, tokens.output)
  const moved =
    weights.uncachedInput - uncachedInput + weights.cachedInput - cachedInput + weights.output - output
  return { method: weights.method, uncachedInput, cachedInput, output, idle: weights.idle + moved }
}

function checked(weights: AllocationWeights): AllocationWeights {
  for (const key of ['uncachedInput', 'cachedInput', 'output', 'idle'] as const) {
    const weight = weights[key]
    assert(
      Number.isFinite(weight) && weight >= 0,
      `weight ${key} is a finite number of 0 or more, got ${weight}`,
    )
  }
  const busy = weights.uncachedInput + weights.cachedInput + weights.output
  return weights.idle < roundingRest * busy ? { ...weights, idle: 0 } : weights
}

/** Below this share of the bill an idle part is no idle time: 30 milliseconds a year. */
const roundingRest = 1e-9

function assertShare(share: number, name: string): void {
  assert(share >= 0 && share <= 1, `${name} lies in [0, 1], got ${share}`)
}
