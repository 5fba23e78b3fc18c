/** Requests that a crash left without an end: what is known of them is that they were let in. */

import {
  isContradiction,
  type LedgerStore,
  type RequestOpened,
  type RequestSettled,
} from '../ledger/index.ts'
import { noUsage } from '../usage.ts'

export interface RecoverySettings {
  /** ms since 1970. */
  readonly nowMs: number
  /**
   * Only requests opened so long ago: 0 where this gateway is the only one that writes to the ledger; with several, the longest time
   * that a request may take, since those of the others still run.
   */
  readonly olderThanMs: number
  /** Nothing older is looked for; default: all. */
  readonly sinceMs?: number
}

export interface Recovery {
  /** Settled by this call. */
  readonly settled: number
  /** Ended by somebody else meanwhile. */
  readonly alreadySettled: number
}

/** Requests read at once. */
const pageRequests = 500

/**
 * Settles them as `estimated` without usage, cost, or duration, and frees their reservations; the gateway bears what turns up later (an
 * adjustment, an invoice), since the tenant may have got nothing. Their engine time stays with idle time. The moment is that of their
 * opening, so that two gateways that do this at once write the same event.
 */
export async function recoverOpenRequests(
  ledger: Pick<LedgerStore, 'openRequests' | 'request' | 'append'>,
  { nowMs, olderThanMs, sinceMs = 0 }: RecoverySettings,
): Promise<Recovery> {
  let settled = 0
  let alreadySettled = 0
  let fromMs = sinceMs
  for (;;) {
    const page = await ledger.openRequests(fromMs, pageRequests)
    const old = page.filter(({ atMs }) => atMs <= nowMs - olderThanMs)
    // Together, so that they share commits.
    const outcomes = await Promise.all(old.map(opened => settle(ledger, opened)))
    for (const isOurs of outcomes) {
      if (isOurs) settled++
      else alreadySettled++
    }
    // What was settled is open no more, so the same moment shows the next ones.
    if (page.length < pageRequests || old.length < page.length) return { settled, alreadySettled }
    fromMs = page[0]!.atMs
  }
}

async function settle(
  ledger: Pick<LedgerStore, 'request' | 'append'>,
  opened: RequestOpened,
): Promise<boolean> {
  const { requestId, tenant, keyId, modelAlias, target, atMs, reservedNanoUsd } = opened
  const account = await ledger.request(requestId)
  const event: RequestSettled = {
    kind: 'requestSettled',
    ...{ requestId, tenant, keyId, modelAlias, atMs, target },
    // Attempts that failed before the crash are settled already.
    attempt: Math.max(-1, ...(account?.settled ?? []).map(({ attempt }) => attempt)) + 1,
    final: true,
    usage: noUsage,
    state: 'estimated',
    bearer: 'gateway',
    costNanoUsd: {},
    priceRuleId: '',
    releasedNanoUsd: reservedNanoUsd,
    ttftMs: null,
    durationMs: null,
    sample: null,
  }
  try {
    return (await ledger.append([event])).appended === 1
  } catch (error) {
    if (isContradiction(error)) return false
    throw error
  }
}
