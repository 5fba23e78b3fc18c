/** Why a request is not let in by limits and budgets, in a closed list, with what a client needs to know. */
import { formatNanoUsd } from '../../core/money.ts'
import type { AccountSpec, Measure, Scope } from './account.ts'
import type { WindowName } from './window.ts'

export const limitRefusals = [
  'requests-limit',
  'input-tokens-limit',
  'output-tokens-limit',
  'total-tokens-limit',
  'budget-spent',
  /** More than the cap by itself: no waiting helps. */
  'larger-than-limit',
  /** Redis cannot be reached, the lease is used up, and the choice was to fail closed. */
  'authority-away',
  /** The request id was admitted before. */
  'request-id-repeated',
] as const
export type LimitRefusal = (typeof limitRefusals)[number]

const reasonByMeasure: Readonly<Record<Measure, LimitRefusal>> = {
  requests: 'requests-limit',
  'input-tokens': 'input-tokens-limit',
  'output-tokens': 'output-tokens-limit',
  'total-tokens': 'total-tokens-limit',
  usd: 'budget-spent',
}

/** The limit that refused, as a client and the ledger may see it. */
export interface RefusingLimit {
  readonly account: string
  readonly scope: Scope
  readonly measure: Measure
  readonly window: WindowName
  readonly cap: bigint
  readonly needed: bigint
}

export type LimitDecision =
  | { readonly kind: 'allowed' }
  | {
      readonly kind: 'refused'
      readonly reason: LimitRefusal
      readonly limit: RefusingLimit | null
      /** For `Retry-After`, whole seconds rounded up; null when waiting does not help. */
      readonly retryAfterSeconds: number | null
    }

export const allowed: LimitDecision = { kind: 'allowed' }

/** @param retryMs null: no waiting helps, for the request is larger than the cap or than what the window can free. */
export function refusedByLimit(spec: AccountSpec, needed: bigint, retryMs: number | null): LimitDecision {
  const { id, scope, measure, window, cap } = spec
  return {
    kind: 'refused',
    reason: needed > cap ? 'larger-than-limit' : reasonByMeasure[measure],
    limit: { account: id, scope, measure, window, cap, needed },
    retryAfterSeconds: needed > cap || retryMs === null ? null : Math.max(1, Math.ceil(retryMs / 1000)),
  }
}

export function refusedWithout(
  reason: 'authority-away' | 'request-id-repeated',
  retryAfterSeconds: number | null,
): LimitDecision {
  return { kind: 'refused', reason, limit: null, retryAfterSeconds }
}

/** HTTP status: 429 when waiting helps or a cap is spent, 400 when this request can never fit, 503 without the authority, 409 for a repeat. */
export function statusOf(reason: LimitRefusal): 400 | 409 | 429 | 503 {
  if (reason === 'authority-away') return 503
  if (reason === 'request-id-repeated') return 409
  return reason === 'larger-than-limit' ? 400 : 429
}

/** One sentence for the client. Names the limit, not what others used. */
export function limitMessage(decision: Extract<LimitDecision, { kind: 'refused' }>): string {
  if (decision.reason === 'authority-away')
    return 'Limits cannot be checked at the moment. Try again shortly.'
  if (decision.reason === 'request-id-repeated') return 'This request id was used before.'
  const { scope, measure, window, cap, needed } = decision.limit!
  const words = measure.replace('-', ' ')
  const text = (amount: bigint): string =>
    measure === 'usd' ? formatNanoUsd(amount) : `${amount.toString()} ${words}`
  if (decision.reason === 'larger-than-limit') {
    return `This request may take ${text(needed)}, more than the ${scope} may use in a ${window} (${text(cap)}). Lower max_tokens or the prompt.`
  }
  return `The ${scope} may use ${text(cap)} per ${window}, and too little of it is left for this request.`
}
