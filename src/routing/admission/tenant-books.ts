/**
 * What each tenant has had: rate limits by token buckets, and fairness by virtual token counters (Sheng et al., Fairness in
 * Serving Large Language Models, OSDI 2024, arXiv 2401.00588).
 *
 *   counter += (inputWeight × prompt tokens + outputWeight × tokens asked for) ÷ weight      when a request is sent
 *   counter  = max(counter, least counter of those who wait)                                 when a tenant begins to wait
 *
 * Who waits and has the least goes first. So no tenant that always has something waiting gets ahead of another such one by
 * more than one request, and nobody saves up for later what it did not use: the lift sees to that. Chosen over deficit round robin
 * because it needs no quantum and no state per turn, and over equal numbers of requests because requests differ by factors of
 * thousands.
 *
 * Length is charged beforehand, as asked for: the paper's oracle variant (vtc_oracle_req_queue.py of its artifact, commit
 * 122cb7a), since a router does not see tokens go by. With nobody waiting, the lift is to the counter of whoever waited last (the
 * paper's algorithm, from memory; its artifact leaves it out).
 */
import type { WorkloadRequest } from '../../workload/request.ts'
import type { AdmissionSettings, TenantLimits } from './admission-spec.ts'
import { TokenBucket } from './token-bucket.ts'

export interface Tenant {
  readonly name: string
  readonly weight: number
  readonly requestBucket: TokenBucket | null
  readonly tokenBucket: TokenBucket | null
  /** Service it has had, weighted tokens. */
  counter: number
  /** Its requests in the line. */
  waiting: number
}

/** Tenants known before the first sweep of those about whom there is nothing to know (assumed: small against memory). */
const firstSweep = 1024

export class TenantBooks {
  readonly #settings: AdmissionSettings
  readonly #limits: ReadonlyMap<string, TenantLimits>
  readonly #tenants = new Map<string, Tenant>()
  readonly #waiting = new Set<Tenant>()
  #lastWaiting: Tenant | null = null
  #sweepAt = firstSweep

  constructor(settings: AdmissionSettings) {
    this.#settings = settings
    this.#limits = new Map(
      Object.entries(settings.tenants).map(([name, limits]) => [name, { ...settings.limits, ...limits }]),
    )
  }

  /** Tenants something is remembered of. */
  get size(): number {
    return this.#tenants.size
  }

  /** Sum of the weights of those who wait. */
  get waitingWeight(): number {
    let sum = 0
    for (const { weight } of this.#waiting) sum += weight
    return sum
  }

  of(name: string, nowUs: number): Tenant {
    const known = this.#tenants.get(name)
    if (known !== undefined) return known
    if (this.#tenants.size >= this.#sweepAt) this.#sweep(nowUs)
    const limits = this.#limits.get(name) ?? this.#settings.limits
    const { weight, requestsPerSecond, requestBurst, tokensPerMinute, tokenBurst } = limits
    const tenant: Tenant = {
      name,
      weight,
      requestBucket: bucket(requestsPerSecond, requestBurst ?? Math.max(1, requestsPerSecond ?? 1), nowUs),
      tokenBucket: bucket(
        tokensPerMinute === null ? null : tokensPerMinute / 60,
        tokenBurst ?? tokensPerMinute ?? 1,
        nowUs,
      ),
      counter: 0,
      waiting: 0,
    }
    this.#tenants.set(name, tenant)
    return tenant
  }

  /** Microseconds until the tenant's limits allow the request, 0 for now. */
  limitedUs(nowUs: number, tenant: Tenant, request: WorkloadRequest): number {
    const { requestBucket, tokenBucket } = tenant
    return Math.max(
      requestBucket === null ? 0 : requestBucket.waitUs(nowUs, 1),
      tokenBucket === null ? 0 : tokenBucket.waitUs(nowUs, tokensOf(request)),
    )
  }

  /** The request is let in: its limits bear it. Not given back, whatever becomes of it. */
  letIn(nowUs: number, tenant: Tenant, request: WorkloadRequest): void {
    tenant.requestBucket?.take(nowUs, 1)
    tenant.tokenBucket?.take(nowUs, tokensOf(request))
  }

  /** One of its requests waits. */
  joined(tenant: Tenant): void {
    if (tenant.waiting++ > 0) return
    tenant.counter = Math.max(tenant.counter, this.#floor())
    this.#waiting.add(tenant)
  }

  left(tenant: Tenant): void {
    if (--tenant.waiting > 0) return
    this.#waiting.delete(tenant)
    this.#lastWaiting = tenant
  }

  /** One of its requests is served. */
  charge(tenant: Tenant, request: WorkloadRequest): void {
    const { inputWeight, outputWeight } = this.#settings
    tenant.counter +=
      (inputWeight * request.inputTokens + outputWeight * request.outputTokens) / tenant.weight
  }

  /** Where a counter starts that begins to wait now. */
  #floor(): number {
    let least = Number.POSITIVE_INFINITY
    for (const { counter } of this.#waiting) if (counter < least) least = counter
    return least === Number.POSITIVE_INFINITY ? (this.#lastWaiting?.counter ?? 0) : least
  }

  /** Forgets whose buckets are full and whom the lift would treat like a stranger. */
  #sweep(nowUs: number): void {
    const floor = this.#floor()
    for (const [name, { waiting, counter, requestBucket, tokenBucket }] of this.#tenants) {
      const hasRoom = (requestBucket?.isFull(nowUs) ?? true) && (tokenBucket?.isFull(nowUs) ?? true)
      if (waiting === 0 && counter <= floor && hasRoom) this.#tenants.delete(name)
    }
    this.#sweepAt = Math.max(firstSweep, this.#tenants.size * 2)
  }
}

function tokensOf({ inputTokens, outputTokens }: WorkloadRequest): number {
  return inputTokens + outputTokens
}

function bucket(perSecond: number | null, burst: number, nowUs: number): TokenBucket | null {
  return perSecond === null ? null : new TokenBucket({ perSecond, burst }, nowUs)
}
