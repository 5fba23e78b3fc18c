/** From a body to a request that may be sent: which model, how long its prompt is, what is set aside for it. */
import type { NanoUsd } from '../../core/money.ts'
import type { GatewayConfig } from '../config/gateway-config.ts'
import type { Dispatcher, ModelPool } from '../dispatch/types.ts'
import type { PromptIdentity } from '../engine-state/index.ts'
import type { KeyRecord, TenantGate } from '../tenants/index.ts'
import type { Amounts } from '../tenants/reservation.ts'
import { amountsToReserve } from '../tenants/reservation.ts'
import type { Admitted } from '../tenants/tenant-gate.ts'
import { GatewayError } from '../wire/index.ts'
import type { ClientRequest } from './client-request.ts'
import { gateError } from './refusals.ts'

/** The alias' pool and those of its fallbacks, each once. Throws a GatewayError (404) when there is no such model. */
export function poolsFor(dispatcher: Dispatcher, model: string): readonly [ModelPool, ...ModelPool[]] {
  const first = dispatcher.pool(model)
  // The name is the client's own word: it is not repeated in logs, and cut in the answer (gateway-error.ts).
  if (first === null)
    throw new GatewayError(
      404,
      'model_not_found',
      `there is no model “${model}” here, or you may not use it`,
      { param: 'model' },
    )
  const pools: [ModelPool, ...ModelPool[]] = [first]
  for (const name of first.config.fallbacks) {
    const pool = dispatcher.pool(name)
    if (pool !== null && !pools.includes(pool)) pools.push(pool)
  }
  return pools
}

/**
 * Longest answer where neither the client nor the configuration sets a limit. Assumed: more than most models write; a tenant with a
 * nearly spent budget is let in again when max_tokens is set.
 */
const unknownOutputCeiling = 32_768

/** What is set aside: by the dearest candidate, because who will serve is not known yet. */
export function amountsFor(
  client: ClientRequest,
  prompt: PromptIdentity,
  pools: readonly ModelPool[],
  basis: GatewayConfig['reservation'],
  atMs: number,
): Amounts {
  const [pool] = pools
  // No tokenizer makes more tokens than bytes; what is expected goes by the estimate.
  const inputTokens =
    basis.kind === 'worst-case' ? Math.max(client.promptBytes.length, prompt.inputTokens) : prompt.inputTokens
  return amountsToReserve(
    basis,
    {
      inputTokens,
      maxOutputTokens: client.outputLimit,
      outputCeiling: pool!.outputCeiling ?? unknownOutputCeiling,
      expectedOutputTokens: pool!.expectedOutputTokens,
    },
    usage => {
      let most: NanoUsd = 0n
      for (const each of pools) {
        const nanoUsd = each.dearest(usage, atMs)
        if (nanoUsd > most) most = nanoUsd
      }
      return most
    },
  )
}

/** Throws a GatewayError when the tenant, the key or the budget do not allow it. */
export async function admit(
  gate: TenantGate,
  key: KeyRecord,
  alias: string,
  requestId: string,
  amounts: Amounts,
): Promise<Admitted> {
  const admission = gate.admit(key, alias, requestId, amounts)
  const decided = admission instanceof Promise ? await admission : admission
  if (decided.kind === 'refused') throw gateError(decided)
  return decided
}
