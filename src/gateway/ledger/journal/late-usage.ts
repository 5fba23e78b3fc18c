/**
 * Usage that comes when the request was given up already: another gateway took it for one without an end (billing/open-requests.ts), because
 * the ledger was away from this one for longer than a request may take. What was found then was nothing, so all of it is the difference.
 */
import type { LedgerEvent, RequestAdjusted, RequestSettled } from '../events.ts'
import type { LedgerStore } from '../store.ts'

/** The adjustment that says what the refused event says; null where the ledger has something else instead. */
export async function lateUsage(
  event: LedgerEvent,
  ledger: Pick<LedgerStore, 'request'>,
): Promise<RequestAdjusted | null> {
  if (event.kind !== 'requestSettled') return null
  const account = await ledger.request(event.requestId)
  const known = account?.settled.find(({ attempt }) => attempt === event.attempt)
  if (known === undefined || !isGivenUp(known)) return null
  const { requestId, tenant, keyId, modelAlias, atMs, attempt, target, usage, state, bearer } = event
  const { costNanoUsd, priceRuleId } = event
  return {
    kind: 'requestAdjusted',
    ...{ requestId, tenant, keyId, modelAlias, atMs, attempt, target },
    adjustment: 'late',
    reason: 'usage-arrived',
    ...{ usage, state, bearer, costNanoUsd, priceRuleId },
  }
}

/** No gateway that saw a request end settles it so: it knows how long it took. */
function isGivenUp({ state, bearer, durationMs, ttftMs, usage }: RequestSettled): boolean {
  const isEmpty = Object.values(usage).every(tokens => tokens === 0)
  return state === 'estimated' && bearer === 'gateway' && durationMs === null && ttftMs === null && isEmpty
}
