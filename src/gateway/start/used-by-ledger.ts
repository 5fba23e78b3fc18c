/** What the ledger says was used of a limit's window: so that a budget goes on where it stood when nobody else remembers it. */
import type { AggregateRow, LedgerStore } from '../ledger/index.ts'
import type { AccountSpec, Measure, Window } from '../tenants/index.ts'
import { matchesPattern } from '../tenants/name-pattern.ts'

/**
 * In whole units of the account's measure; 0 for windows that slide, which forget within the hour. Dollars are those that the tenant
 * bears, charges of closed intervals included.
 */
export async function usedByLedger(
  ledger: Pick<LedgerStore, 'aggregate'>,
  spec: AccountSpec,
  window: Window,
): Promise<bigint> {
  if (!Number.isFinite(window.startMs)) return 0n
  const { tenant, keyId, modelPattern } = ownerOf(spec)
  const rows = await ledger.aggregate({
    fromMs: window.startMs,
    toMs: window.endMs,
    by: ['model'],
    bucketMs: null,
    where: {
      category: 'request',
      bearer: 'tenant',
      ...(tenant === null ? {} : { tenant }),
      ...(keyId === null ? {} : { keyId }),
    },
  })
  let used = 0n
  for (const row of rows) {
    if (modelPattern !== null && !matchesPattern(row.dimensions.model ?? '', modelPattern)) continue
    used += amountOf(row, spec.measure)
  }
  return used
}

interface AccountOwner {
  readonly tenant: string | null
  readonly keyId: string | null
  readonly modelPattern: string | null
}

/** Ids are `tenant:T/window/measure`, `key:K/…`, `tenant:T/model:P/…` (tenants/tenant-gate.ts); names have no slash, patterns may. */
function ownerOf({ id, scope }: AccountSpec): AccountOwner {
  const owner = id.split('/').slice(0, -2).join('/')
  if (scope === 'key') return { tenant: null, keyId: owner.slice('key:'.length), modelPattern: null }
  const slash = owner.indexOf('/model:')
  if (scope === 'model' && slash > 0) {
    const tenant = owner.slice('tenant:'.length, slash)
    return { tenant, keyId: null, modelPattern: owner.slice(slash + '/model:'.length) }
  }
  return { tenant: owner.slice('tenant:'.length), keyId: null, modelPattern: null }
}

function amountOf({ measures }: AggregateRow, measure: Measure): bigint {
  const input = measures.uncachedInput + measures.cachedInput + measures.cacheWrite + measures.inputAudio
  const output = measures.output + measures.outputAudio
  switch (measure) {
    case 'requests':
      return measures.requests
    case 'input-tokens':
      return input
    case 'output-tokens':
      return output
    case 'total-tokens':
      return input + output
    case 'usd':
      return (
        measures.uncachedInputNanoUsd +
        measures.cachedInputNanoUsd +
        measures.cacheWriteNanoUsd +
        measures.inputAudioNanoUsd +
        measures.outputNanoUsd +
        measures.outputAudioNanoUsd +
        measures.otherNanoUsd
      )
  }
}
