/** How leases are sized and what happens without the authority: the choices whoever runs several replicas has. */
import type { AccountSpec } from './account.ts'
import type { LeasePolicy } from './lease-account.ts'

export interface AllowancePolicy {
  readonly leaseTermMs: number
  /** A refill asks for at least cap ÷ this. */
  readonly minimumDivisor: bigint
  /** See LeasePolicy. */
  readonly shareDivisor: bigint
  readonly expired: 'charge' | 'return'
  /**
   * When the authority is away and the lease does not suffice. closed: refuse. open: each replica may give out
   * cap ÷ `divisor` beyond its lease, and may overspend by that.
   */
  readonly whenAway: { readonly kind: 'closed' } | { readonly kind: 'open'; readonly divisor: bigint }
  /** A reservation nobody settles or extends within this counts as spent. */
  readonly holdMs: number
}

/**
 * Assumed, not measured: ten seconds of lease are what a crashed replica withholds; a thousandth of a cap is a few requests of
 * most budgets; half of the rest keeps every replica served; ten minutes is OpenAI's clients' default time-out for a request.
 */
export const allowanceDefaults: AllowancePolicy = {
  leaseTermMs: 10_000,
  minimumDivisor: 1000n,
  shareDivisor: 2n,
  expired: 'charge',
  whenAway: { kind: 'closed' },
  holdMs: 600_000,
}

/** Per-second limits are leased for a second at most: a lease that outlives its window holds back what others could use. */
const secondTermMs = 1000

export function leasePolicyOf(spec: AccountSpec, policy: AllowancePolicy): LeasePolicy {
  return {
    termMs: spec.window === 'second' ? Math.min(secondTermMs, policy.leaseTermMs) : policy.leaseTermMs,
    minimum: spec.cap / policy.minimumDivisor,
    divisor: policy.shareDivisor,
    expired: policy.expired,
  }
}
