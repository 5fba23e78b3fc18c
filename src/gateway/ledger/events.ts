/**
 * What happens, as the gateway tells the ledger. Events are only ever added: what turns out otherwise is a further event.
 * Money is integer nano-dollars, times are milliseconds since 1970 (UTC), intervals contain their start and not their end.
 */
import type { NanoUsd } from '../../core/money.ts'
import { pricedClasses } from '../../cost/usage.ts'
import type { UsageClasses, UsageState } from '../usage.ts'

/** Classes of tokens with a price of their own, and all other charges (per request, per image, per second …). */
export const costClasses = [...pricedClasses, 'other'] as const
export type CostClass = (typeof costClasses)[number]
/** Classes left out cost nothing. */
export type CostNanoUsd = Readonly<Partial<Record<CostClass, NanoUsd>>>

/** Who served: a replica of one's own, charged when its interval is closed, or somebody else's API, charged at once. */
export type Target =
  | { readonly kind: 'deployment'; readonly deployment: string; readonly replica: string }
  | { readonly kind: 'offer'; readonly offer: string }

/** Who pays: the tenant who asked, or the gateway that tried twice (retries, hedges). */
export const bearers = ['tenant', 'gateway'] as const
export type Bearer = (typeof bearers)[number]

/** Whose request it was; repeated in each event, so that no event needs another to be understood. */
export interface RequestOwner {
  readonly requestId: string
  readonly tenant: string
  /** Id of the virtual key, never the key. */
  readonly keyId: string
  /** The name that was asked for. */
  readonly modelAlias: string
}

/** Let in. The reservation is what the tenant's budget sets aside until the settlement. */
export interface RequestOpened extends RequestOwner {
  readonly kind: 'requestOpened'
  readonly atMs: number
  readonly target: Target
  readonly reservedNanoUsd: NanoUsd
}

/** Prediction beside what came of it, for decisions that were sampled; null where nobody knows. */
export interface PredictedAndRealised {
  readonly predictedCachedTokens: number | null
  readonly realisedCachedTokens: number | null
  readonly predictedTtftMs: number | null
  readonly realisedTtftMs: number | null
  readonly predictedNanoUsd: NanoUsd | null
  readonly realisedNanoUsd: NanoUsd | null
}

/** One attempt is over: attempts of a request are counted from 0, the last one is final and frees the reservation. */
export interface RequestSettled extends RequestOwner {
  readonly kind: 'requestSettled'
  readonly atMs: number
  readonly attempt: number
  readonly final: boolean
  readonly target: Target
  readonly usage: UsageClasses
  readonly state: UsageState
  readonly bearer: Bearer
  /** Of an API offer. Empty for a deployment: its charge comes when the interval is closed. */
  readonly costNanoUsd: CostNanoUsd
  /** The rule of the price book that made the cost; '' for a deployment. */
  readonly priceRuleId: string
  readonly releasedNanoUsd: NanoUsd
  /** From sent to first token and to the end; null for what did not happen. */
  readonly ttftMs: number | null
  readonly durationMs: number | null
  readonly sample: PredictedAndRealised | null
}

/** A settlement turns out otherwise: usage and cost are differences, and may be negative. */
export interface RequestAdjusted extends RequestOwner {
  readonly kind: 'requestAdjusted'
  readonly atMs: number
  readonly attempt: number
  /** Distinguishes adjustments of one attempt. */
  readonly adjustment: string
  readonly reason: 'usage-arrived' | 're-rated' | 'invoice' | 'manual'
  readonly target: Target
  readonly usage: UsageClasses
  readonly state: UsageState
  readonly bearer: Bearer
  readonly costNanoUsd: CostNanoUsd
  readonly priceRuleId: string
}

/** What a deployment costs over an interval: devices × price × time, and energy where the price leaves it out. */
export interface CapacityBilled {
  readonly kind: 'capacityBilled'
  readonly atMs: number
  readonly deployment: string
  readonly fromMs: number
  readonly toMs: number
  /** Distinguishes several bills of one interval, e.g. a correction by the provider's invoice (then amounts may be negative). */
  readonly bill: string
  readonly devices: number
  readonly deviceNanoUsd: NanoUsd
  readonly energyNanoUsd: NanoUsd
  /** Measured, all devices; null when nobody measured. */
  readonly energyMillijoules: number | null
  readonly priceRuleId: string
}

/** Engine time and energy of one attempt in one interval, in money. Negative in corrections. */
export interface EngineCharge extends RequestOwner {
  readonly attempt: number
  readonly bearer: Bearer
  readonly replica: string
  readonly prefillUs: number
  readonly decodeUs: number
  readonly energyMillijoules: number
  /** Cache held, for information: tokens × milliseconds. */
  readonly heldTokenMs: number
  /** Share of the devices' bill, by what the time was spent on. */
  readonly prefillNanoUsd: NanoUsd
  readonly decodeNanoUsd: NanoUsd
  /** Share of the energy bill, beside the above. */
  readonly prefillEnergyNanoUsd: NanoUsd
  readonly decodeEnergyNanoUsd: NanoUsd
}

export interface IdleCharge {
  readonly idleUs: number
  readonly energyMillijoules: number
  readonly deviceNanoUsd: NanoUsd
  readonly energyNanoUsd: NanoUsd
}

/** Facts that came after an interval was closed: what moves between its requests and its idle time. Adds up to zero. */
export interface IntervalCorrection {
  readonly ofFromMs: number
  readonly ofToMs: number
  readonly charges: readonly EngineCharge[]
  readonly idle: IdleCharge
}

/** The bills of an interval, given to its requests and to idle time; charges and idle add up to the bills. */
export interface IntervalClosed {
  readonly kind: 'intervalClosed'
  readonly atMs: number
  readonly deployment: string
  readonly fromMs: number
  readonly toMs: number
  /** Keys of the capacityBilled events that it gives out. */
  readonly bills: readonly string[]
  readonly deviceNanoUsd: NanoUsd
  readonly energyNanoUsd: NanoUsd
  readonly charges: readonly EngineCharge[]
  readonly idle: IdleCharge
  readonly corrections: readonly IntervalCorrection[]
}

/** What a provider says it is owed for a span; the difference to what was accrued stays on the offer's account. */
export interface InvoiceReceived {
  readonly kind: 'invoiceReceived'
  readonly atMs: number
  readonly offer: string
  readonly invoice: string
  readonly fromMs: number
  readonly toMs: number
  readonly nanoUsd: NanoUsd
}

export type LedgerEvent =
  | RequestOpened
  | RequestSettled
  | RequestAdjusted
  | CapacityBilled
  | IntervalClosed
  | InvoiceReceived

/**
 * Names the fact that an event tells; the ledger keeps one event of each. Made from the event, so that nobody can choose it
 * wrongly. Parts are encoded: no id can imitate another key.
 */
export function idempotencyKey(event: LedgerEvent): string {
  switch (event.kind) {
    case 'requestOpened':
      return join('opened', event.requestId)
    case 'requestSettled':
      return join('settled', event.requestId, event.attempt)
    case 'requestAdjusted':
      return join('adjusted', event.requestId, event.attempt, event.adjustment)
    case 'capacityBilled':
      return join('billed', event.deployment, event.fromMs, event.toMs, event.bill)
    case 'intervalClosed':
      return join('closed', event.deployment, event.fromMs)
    case 'invoiceReceived':
      return join('invoice', event.offer, event.invoice)
  }
}

function join(...parts: readonly (string | number)[]): string {
  return parts.map(encodePart).join('/')
}

/** Letters, digits, `.`, `_`, `-` stay as they are; anything else is percent-encoded. */
export function encodePart(part: string | number): string {
  const text = String(part)
  return /^[\w.-]*$/.test(text) ? text : encodeURIComponent(text)
}
