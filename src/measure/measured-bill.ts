/**
 * Seconds × dollars per hour ÷ tokens, exactly: the same equation as docs/models/cost.md §1 with a measurement in place of a
 * prediction. The hourly rate is cost/cost-rate.ts's, energy as metered where the price leaves it out; the bill is that of
 * the billed seconds, rounded once, and its classes add up to it to the last nano-dollar.
 *
 * Shares of the classes cannot be seen from outside: a client knows when tokens came, not what the engine did meanwhile, and
 * requests overlap, so neither TTFT nor the engines' per-request prefill times are engine time. Hence either fixed ratios
 * (what sellers charge), or the engine time that plan's model gives the same deployment under the measured load; the answer
 * says which.
 */
import { assert } from '../core/assert.ts'
import { multiplyMoney, type NanoUsd, usdFromNano } from '../core/money.ts'
import { rationalFromNumber } from '../core/rational.ts'
import { allocate } from '../cost/allocate.ts'
import { costRate, describePrice } from '../cost/cost-rate.ts'
import { costPerMillionTokens } from '../cost/per-million-tokens.ts'
import { itWattsOf, type StatedPower, secondsPerHour, tokensPerMillion } from '../cost/power.ts'
import type { AllocationWeights, CostRate, ItemisedCostRate } from '../cost/types.ts'
import {
  marketPriceRatios,
  type PriceRatios,
  weightsByEngineTime,
  weightsByFixedRatio,
  withoutEmptyClasses,
} from '../cost/weights.ts'
import type { ApiPrice } from './api-prices.ts'
import type { EnergyTariff } from './energy.ts'
import type { ApiComparison, MeasuredCost } from './measured-cost.ts'
import type { PricedHardware } from './measured-hardware.ts'

export type CostAllocation =
  | { readonly kind: 'fixed-ratio'; readonly ratios: PriceRatios }
  /** Shares of engine time (perf's Performance.engineTime) of the same deployment under the measured load. */
  | {
      readonly kind: 'engine-time'
      readonly prefillShare: number
      readonly decodeShare: number
      readonly idleShare: number
      /** Whose shares, ready to print: "prediction of plan/deployment.yaml at concurrency 16". */
      readonly source: string
    }

/** What is taken when nothing better is known. */
export const defaultAllocation: CostAllocation = { kind: 'fixed-ratio', ratios: marketPriceRatios }

export interface MeasuredTokens {
  readonly uncachedInput: number
  readonly cachedInput: number
  readonly output: number
}

export interface MeasuredBillInput {
  readonly devices: readonly PricedHardware[]
  /** The steady window, seconds. */
  readonly billedSeconds: number
  /** Of served requests within it; need not be whole numbers, as a window cuts requests. */
  readonly tokens: MeasuredTokens
  readonly requests: number
  /** Input and output tokens of requests within every objective; null without objectives. */
  readonly goodTokens: number | null
  readonly allocation: CostAllocation
  /** Mean power of the window, metered or predicted; null when not known. */
  readonly power: StatedPower | null
  /** The same when nobody is served; null: as much as under load, which makes low load factors too dear. */
  readonly idlePower: StatedPower | null
  /** Null when no tariff is known. */
  readonly tariff: EnergyTariff | null
  readonly extraUsdPerHour: readonly { readonly name: string; readonly usdPerHour: number }[]
  readonly offers: readonly ApiPrice[]
}

/** Shares of the load that the answer shows: a working day's mean, a busy service's, nearly full, full. */
export const shownLoadFactors = [0.2, 0.5, 0.8, 1] as const

/** As in cost/hourly-cost.ts: whole tokens over so many windows, so that rounding shifts no price by more than a millionth. */
const accountingWindows = 1_000_000n

/** Null when no token was served in the window. */
export function measuredCost(input: MeasuredBillInput): MeasuredCost | null {
  const { billedSeconds, tokens } = input
  const total = tokens.uncachedInput + tokens.cachedInput + tokens.output
  if (!(billedSeconds > 0) || !(total > 0)) return null
  assert(input.devices.length > 0, 'somebody serves')
  const rate = rateWith(input, input.power)
  const bill = billOf(rate, billedSeconds)
  const counts = {
    uncachedInput: wholeTokens(tokens.uncachedInput),
    cachedInput: wholeTokens(tokens.cachedInput),
    output: wholeTokens(tokens.output),
  }
  const weights = withoutEmptyClasses(weightsOf(input.allocation, tokens), counts)
  const { method, ...allocation } = allocate(bill, weights)
  const load = loadCost(input, rate, total)
  return {
    hardware: input.devices.map(({ count, price }) => `${count} × ${describePrice(price)}`).join(' + '),
    usdPerHour: usdFromNano(rate.nanoUsdPerHour),
    lines: rate.lines.map(({ nanoUsdPerHour: _, ...line }) => line),
    priceSource: input.devices.map(priceSource).join('; '),
    billedSeconds,
    allocation: {
      billNanoUsd: String(allocation.billNanoUsd),
      uncachedInputNanoUsd: String(allocation.uncachedInputNanoUsd),
      cachedInputNanoUsd: String(allocation.cachedInputNanoUsd),
      outputNanoUsd: String(allocation.outputNanoUsd),
      idleNanoUsd: String(allocation.idleNanoUsd),
    },
    allocationMethod: method,
    allocationBasis: basisText(input.allocation),
    perMillionTokens: costPerMillionTokens(bill * accountingWindows, counts, weights),
    usdPerMillionGoodTokens:
      input.goodTokens !== null && input.goodTokens > 0
        ? usdFromNano(bill) / (input.goodTokens / tokensPerMillion)
        : null,
    usdPerRequest: input.requests > 0 ? usdFromNano(bill) / input.requests : null,
    byLoadFactor: shownLoadFactors.map(loadFactor => ({
      loadFactor,
      usdPerMillionTokens: usdPerMillionAt(load, loadFactor),
    })),
    breakEven: input.offers.map(offer => compareWith(offer, tokens, total, load)),
    notCounted: rate.notCounted.map(({ component, reason }) => `${component}: ${reason}`),
  }
}

/** Hourly rate at a power; boards pass as they are, the host's share being unknown. */
function rateWith(input: MeasuredBillInput, power: StatedPower | null): ItemisedCostRate {
  const pue = input.tariff?.pue ?? 1
  return costRate({
    devices: input.devices.map(({ count, price }) => ({ count, price })),
    itWatts: power === null ? null : itWattsOf(power, pue),
    pue,
    usdPerKilowattHour: input.tariff?.usdPerKilowattHour ?? null,
    carbonGramsPerKilowattHour: null,
    extraUsdPerHour: input.extraUsdPerHour,
  })
}

function billOf(rate: CostRate, seconds: number): NanoUsd {
  const { numerator, denominator } = rationalFromNumber(seconds)
  return multiplyMoney(rate.nanoUsdPerHour, { numerator, denominator: denominator * BigInt(secondsPerHour) })
}

function wholeTokens(tokens: number): bigint {
  return BigInt(Math.round(tokens * Number(accountingWindows)))
}

function weightsOf(allocation: CostAllocation, tokens: MeasuredTokens): AllocationWeights {
  if (allocation.kind === 'fixed-ratio') return weightsByFixedRatio(tokens, allocation.ratios)
  return weightsByEngineTime({
    prefillSeconds: allocation.prefillShare,
    decodeSeconds: allocation.decodeShare,
    // Found in device memory: its prefill was paid for when it was computed.
    cachedInputSeconds: 0,
    idleSeconds: allocation.idleShare,
  })
}

function basisText(allocation: CostAllocation): string {
  if (allocation.kind === 'engine-time') return `engine time by the ${allocation.source}`
  const { outputPerInput, cachedPerInput } = allocation.ratios
  return `fixed ratio: an output token costs ${outputPerInput} × and a cached input token ${cachedPerInput} × an uncached input token`
}

function priceSource({ price, reason }: PricedHardware): string {
  const { source, asOf } = price.provenance
  return `${price.id}: ${source}, ${asOf}${reason === '' ? '' : ` (${reason})`}`
}

/** Dollars per hour = idle + load factor × more; million tokens per hour at the measured load. */
interface LoadCost {
  readonly idleUsdPerHour: number
  readonly loadUsdPerHour: number
  readonly millionTokensPerHour: number
}

/** Only energy that is billed apart depends on the load. */
function loadCost(input: MeasuredBillInput, rate: CostRate, totalTokens: number): LoadCost {
  const busy = usdFromNano(rate.nanoUsdPerHour)
  const idle =
    input.idlePower === null
      ? busy
      : Math.min(busy, usdFromNano(rateWith(input, input.idlePower).nanoUsdPerHour))
  return {
    idleUsdPerHour: idle,
    loadUsdPerHour: busy - idle,
    millionTokensPerHour: ((totalTokens / input.billedSeconds) * secondsPerHour) / tokensPerMillion,
  }
}

function usdPerMillionAt(
  { idleUsdPerHour, loadUsdPerHour, millionTokensPerHour }: LoadCost,
  factor: number,
): number {
  return (idleUsdPerHour + loadUsdPerHour * factor) / (millionTokensPerHour * factor)
}

/** idle + f × load = f × what the API asks for an hour's tokens. */
function compareWith(
  offer: ApiPrice,
  tokens: MeasuredTokens,
  total: number,
  { idleUsdPerHour, loadUsdPerHour, millionTokensPerHour }: LoadCost,
): ApiComparison {
  const cached = offer.usdPerMillionCachedInputTokens ?? offer.usdPerMillionInputTokens
  const usdPerMillionTokens =
    (tokens.uncachedInput * offer.usdPerMillionInputTokens +
      tokens.cachedInput * cached +
      tokens.output * offer.usdPerMillionOutputTokens) /
    total
  const gained = usdPerMillionTokens * millionTokensPerHour - loadUsdPerHour
  return {
    provider: offer.provider,
    model: offer.offeredAs,
    usdPerMillionTokens,
    breakEvenLoadFactor: gained > 0 ? idleUsdPerHour / gained : null,
    source: `${offer.provenance.source}, ${offer.provenance.asOf}`,
  }
}
