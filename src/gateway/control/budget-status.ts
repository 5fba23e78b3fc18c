/** Every limit of tenants and keys, with what this replica knows of its use. */
import {
  type AccountSpec,
  type Allowances,
  accountOf,
  type KeyRecord,
  type TenantLimits,
} from '../tenants/index.ts'
import type { BudgetStatus } from './control-parts.ts'

/** Names of accounts are those of the tenant gate, so that balances are found. Revoked keys are left out. */
export function budgetStatuses(
  tenants: Readonly<Record<string, TenantLimits>>,
  keys: readonly KeyRecord[],
  allowances: Pick<Allowances, 'balance'>,
): BudgetStatus[] {
  const status = (
    spec: AccountSpec,
    tenant: string,
    keyId: string | null,
    model: string | null,
  ): BudgetStatus => ({
    account: spec.id,
    scope: spec.scope,
    tenant,
    keyId,
    model,
    measure: spec.measure,
    window: spec.window,
    cap: spec.cap,
    balance: allowances.balance(spec),
  })
  return [
    ...Object.entries(tenants).flatMap(([tenant, { limits, models }]) => [
      ...limits.map(limit => status(accountOf('tenant', `tenant:${tenant}`, limit), tenant, null, null)),
      ...Object.entries(models).flatMap(([pattern, limits]) =>
        limits.map(limit =>
          status(accountOf('model', `tenant:${tenant}/model:${pattern}`, limit), tenant, null, pattern),
        ),
      ),
    ]),
    ...keys
      .filter(({ revokedMs }) => revokedMs === null)
      .flatMap(({ id, tenant, limits }) =>
        limits.map(limit => status(accountOf('key', `key:${id}`, limit), tenant, id, null)),
      ),
  ]
}
