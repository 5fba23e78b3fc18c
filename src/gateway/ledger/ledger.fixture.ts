/** Events for tests: a request of tenant acme, served and paid, an interval with its bill, and random ones. */
import fc from 'fast-check'
import { noUsage, usageStates } from '../usage.ts'
import {
  bearers,
  type CapacityBilled,
  costClasses,
  type EngineCharge,
  type IntervalClosed,
  idempotencyKey,
  type LedgerEvent,
  type RequestAdjusted,
  type RequestOpened,
  type RequestOwner,
  type RequestSettled,
} from './events.ts'

/** 2026-03-01T00:00:00Z */
export const startMs = 1_772_323_200_000
export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

export function owner(overrides: Partial<RequestOwner> = {}): RequestOwner {
  return { requestId: 'r1', tenant: 'acme', keyId: 'key-1', modelAlias: 'chat', ...overrides }
}

export function opened(overrides: Partial<RequestOpened> = {}): RequestOpened {
  return {
    kind: 'requestOpened',
    ...owner(),
    atMs: startMs,
    target: { kind: 'offer', offer: 'openai/gpt' },
    reservedNanoUsd: 5_000_000n,
    ...overrides,
  }
}

export function settled(overrides: Partial<RequestSettled> = {}): RequestSettled {
  return {
    kind: 'requestSettled',
    ...owner(),
    atMs: startMs + 1000,
    attempt: 0,
    final: true,
    target: { kind: 'offer', offer: 'openai/gpt' },
    usage: { ...noUsage, uncachedInput: 1000, cachedInput: 500, output: 200, reasoning: 50 },
    state: 'reported',
    bearer: 'tenant',
    costNanoUsd: { uncachedInput: 2_500_000n, cachedInput: 125_000n, output: 2_000_000n },
    priceRuleId: 'openai/gpt@2026-01',
    releasedNanoUsd: 5_000_000n,
    ttftMs: 210,
    durationMs: 1000,
    sample: null,
    ...overrides,
  }
}

export function adjusted(overrides: Partial<RequestAdjusted> = {}): RequestAdjusted {
  return {
    kind: 'requestAdjusted',
    ...owner(),
    atMs: startMs + 2000,
    attempt: 0,
    adjustment: '1',
    reason: 're-rated',
    target: { kind: 'offer', offer: 'openai/gpt' },
    usage: noUsage,
    state: 'reported',
    bearer: 'tenant',
    costNanoUsd: { output: -400_000n },
    priceRuleId: 'openai/gpt@2026-02',
    ...overrides,
  }
}

export function billed(overrides: Partial<CapacityBilled> = {}): CapacityBilled {
  return {
    kind: 'capacityBilled',
    atMs: startMs + hourMs,
    deployment: 'h200',
    fromMs: startMs,
    toMs: startMs + hourMs,
    bill: 'hour',
    devices: 2,
    deviceNanoUsd: 5_800_000_001n,
    energyNanoUsd: 100_000_003n,
    energyMillijoules: 3_600_000_000,
    priceRuleId: 'h200-reserved',
    ...overrides,
  }
}

export function charge(overrides: Partial<EngineCharge> = {}): EngineCharge {
  return {
    ...owner(),
    attempt: 0,
    bearer: 'tenant',
    replica: '0',
    prefillUs: 1_000_000,
    decodeUs: 3_000_000,
    energyMillijoules: 2_000_000,
    heldTokenMs: 1_000_000,
    prefillNanoUsd: 1_000_000n,
    decodeNanoUsd: 3_000_000n,
    prefillEnergyNanoUsd: 20_000n,
    decodeEnergyNanoUsd: 40_000n,
    ...overrides,
  }
}

/** Closes the interval of billed() with the given charges; the rest is idle. */
export function closed(
  charges: readonly EngineCharge[],
  overrides: Partial<IntervalClosed> = {},
): IntervalClosed {
  const bill = billed()
  const sum = (of: (each: EngineCharge) => bigint): bigint =>
    charges.reduce((total, each) => total + of(each), 0n)
  return {
    kind: 'intervalClosed',
    atMs: startMs + hourMs + 5000,
    deployment: bill.deployment,
    fromMs: bill.fromMs,
    toMs: bill.toMs,
    bills: [idempotencyKey(bill)],
    deviceNanoUsd: bill.deviceNanoUsd,
    energyNanoUsd: bill.energyNanoUsd,
    charges,
    idle: {
      idleUs: 3_596_000_000,
      energyMillijoules: 1_000_000,
      deviceNanoUsd: bill.deviceNanoUsd - sum(each => each.prefillNanoUsd + each.decodeNanoUsd),
      energyNanoUsd: bill.energyNanoUsd - sum(each => each.prefillEnergyNanoUsd + each.decodeEnergyNanoUsd),
    },
    corrections: [],
    ...overrides,
  }
}

/** Some of everything: two tenants, an API and a deployment, a retry that the gateway bears, an adjustment, an interval. */
export function someEvents(): LedgerEvent[] {
  const local = { kind: 'deployment', deployment: 'h200', replica: '0' } as const
  const second = owner({ requestId: 'r2', tenant: 'bolt & co', keyId: 'key-2', modelAlias: 'code' })
  return [
    opened(),
    settled({ attempt: 0, final: false, releasedNanoUsd: 0n, bearer: 'gateway', state: 'estimated' }),
    settled({ attempt: 1, atMs: startMs + 2000 }),
    adjusted({ attempt: 1, atMs: startMs + dayMs }),
    opened({ ...second, atMs: startMs + 10, target: local, reservedNanoUsd: 7n }),
    settled({
      ...second,
      target: local,
      costNanoUsd: {},
      priceRuleId: '',
      releasedNanoUsd: 7n,
      state: 'drained',
    }),
    billed(),
    closed([charge({ ...second })]),
    {
      kind: 'invoiceReceived',
      atMs: startMs + dayMs,
      offer: 'openai/gpt',
      invoice: '2026-03',
      fromMs: startMs,
      toMs: startMs + dayMs,
      nanoUsd: 9_000_000n,
    },
  ]
}

const text = fc
  .oneof(fc.constantFrom('a', 'acme', 'tenant:x', 'ä/ö'), fc.string({ minLength: 1, maxLength: 12 }))
  .filter(value => value !== '' && !value.includes('\0') && value.isWellFormed())
const amount = fc.bigInt({ min: 0n, max: 10n ** 13n })
const tokens = fc.nat({ max: 1_000_000 })
const atMs = fc.integer({ min: startMs, max: startMs + 3 * dayMs })

/** Settlements of all kinds, ids as strange as they come. */
export const anySettlement: fc.Arbitrary<RequestSettled> = fc
  .record({
    requestId: text,
    tenant: text,
    modelAlias: text,
    atMs,
    attempt: fc.nat({ max: 3 }),
    final: fc.boolean(),
    offer: text,
    usage: fc.record({ uncachedInput: tokens, cachedInput: tokens, cacheWrite: tokens, output: tokens }),
    state: fc.constantFrom(...usageStates),
    bearer: fc.constantFrom(...bearers),
    costs: fc.dictionary(fc.constantFrom(...costClasses), amount, { noNullPrototype: true }),
    released: amount,
  })
  .map(({ offer, usage, costs, released, ...rest }) =>
    settled({
      ...rest,
      target: { kind: 'offer', offer },
      usage: rest.state === 'voided' ? noUsage : { ...noUsage, ...usage },
      costNanoUsd: rest.state === 'voided' ? {} : costs,
      releasedNanoUsd: rest.final ? released : 0n,
    }),
  )
