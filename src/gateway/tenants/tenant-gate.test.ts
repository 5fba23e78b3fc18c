import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { TokenwrightError } from '../../core/errors.ts'
import { noUsage } from '../usage.ts'
import { Allowances } from './allowances.ts'
import { memoryKeyStore } from './key-store.ts'
import { memoryAuthority } from './lease-authority.ts'
import { amountsToReserve } from './reservation.ts'
import { accountFinder, createTenantGate } from './tenant-gate.ts'
import { readTenantSection } from './tenant-section.ts'
import { keyHasher, mintKey } from './virtual-key.ts'

const key = mintKey(new Uint8Array(32).fill(9))
const { hash, visible } = keyHasher()(key)
const configuration = `
tenants:
  acme:
    limits:
      - { per: minute, requests: 100, totalTokens: 100000 }
      - { per: month, usd: "500.25", alertsAt: [1, 0.8] }
    models:
      gpt-*: { limits: [{ per: day, usd: 2 }] }
keys:
  - id: search
    tenant: acme
    hash: ${hash}
    visible: ${visible}
    models: [gpt-*, llama]
    tags: { team: search }
    expires: 2027-01-01
    limits: [{ per: hour, outputTokens: 5000 }]
`
const nowMs = Date.UTC(2026, 10, 21)

function gateOf(text = configuration) {
  const section = readTenantSection(parse(text), 'gateway.yaml')
  const allowances = new Allowances({
    replica: 'a',
    authority: memoryAuthority(() => nowMs),
    clock: () => nowMs,
  })
  const options = { hasher: keyHasher(), tenants: section.tenants, allowances, clock: () => nowMs }
  return createTenantGate({ ...options, keys: memoryKeyStore(section.keys, true) })
}
const identified = (gate: ReturnType<typeof gateOf>) => {
  const found = gate.identify(key)
  if (found.kind === 'refused') throw new Error(found.reason)
  return found.key
}

describe('the section of tenants and keys', () => {
  test('is read whole', () => {
    const { tenants, keys } = readTenantSection(parse(configuration), 'gateway.yaml')
    expect(tenants.acme!.limits.map(({ measure, window, cap }) => [measure, window, cap])).toEqual([
      ['requests', 'minute', 100n],
      ['total-tokens', 'minute', 100_000n],
      ['usd', 'month', 500_250_000_000n],
    ])
    expect(tenants.acme!.limits[2]!.alertsAt).toEqual([0.8, 1])
    expect(keys[0]).toMatchObject({ id: 'search', expiresMs: Date.UTC(2027, 0, 1), revokedMs: null })
    expect(accountFinder(tenants)(keys[0]!, 'gpt-5').map(({ id }) => id)).toEqual([
      'tenant:acme/minute/requests',
      'tenant:acme/minute/total-tokens',
      'tenant:acme/month/usd',
      'key:search/hour/output-tokens',
      'tenant:acme/model:gpt-*/day/usd',
    ])
    expect(accountFinder(tenants)(keys[0]!, 'llama')).toHaveLength(4)
  })

  test.each([
    ['an unknown field', 'tenants: { a: { limit: [] } }', /limit/],
    ['a limit without a cap', 'tenants: { a: { limits: [{ per: day }] } }', /without a cap/],
    [
      'the same cap twice',
      'tenants: { a: { limits: [{ per: day, usd: 1 }, { per: day, usd: 2 }] } }',
      /two caps/,
    ],
    ['a negative cap', 'tenants: { a: { limits: [{ per: day, usd: -1 }] } }', /./],
    ['a cap too large', 'tenants: { a: { limits: [{ per: day, usd: 5000000 }] } }', /between 0 and/],
    ['a fraction of a request', 'tenants: { a: { limits: [{ per: day, requests: 1.5 }] } }', /./],
    ['an unknown window', 'tenants: { a: { limits: [{ per: week, usd: 1 }] } }', /./],
    ['a key of nobody', `keys: [{ id: k, tenant: b, hash: "${hash}", visible: ${visible} }]`, /no tenant b/],
    [
      'a tenant of the prototype',
      `keys: [{ id: k, tenant: constructor, hash: "${hash}", visible: ${visible} }]`,
      /no tenant/,
    ],
    [
      'a key in place of its digest',
      `keys: [{ id: k, tenant: a, hash: ${key}, visible: ${visible} }]`,
      /hexadecimal/,
    ],
    [
      'a whole key as its visible part',
      `keys: [{ id: k, tenant: a, hash: "${hash}", visible: ${key} }]`,
      /eight/,
    ],
    ['a key as a field', `keys: [{ ${key}: 1 }]`, /./],
    ['a key as an unknown field', `tenants: { a: { ${key}: 1 } }`, /nrecognized.*tw-.{8}…/],
    ['a key as a name', `tenants: { a: { models: { ${key}: 5 } } }`, /./],
    ['text', 'hello', /./],
  ])('%s is refused, and no key is repeated', (_, text, message) => {
    let error: unknown
    try {
      readTenantSection(parse(text), 'gateway.yaml')
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(TokenwrightError)
    const { message: said, where, fix } = error as TokenwrightError
    expect(said).toMatch(message)
    expect(where).toMatch(/^gateway\.yaml/)
    expect(`${said}${where}${fix}`).not.toContain(key.slice(0, 14))
  })
})

describe('the gate', () => {
  const amounts = { inputTokens: 1000, outputTokens: 500, cost: 700_000_000n }

  test('admits, settles what was used, and gives the rest back', async () => {
    const gate = gateOf()
    const admission = await gate.admit(identified(gate), 'gpt-5', 'r1', amounts)
    if (admission.kind === 'refused') throw new Error(admission.message)
    const usage = { ...noUsage, uncachedInput: 600, cachedInput: 400, output: 100, reasoning: 50 }
    expect(admission.settle(usage, 100_000_000n)).toEqual({ kind: 'settled', overspent: [] })
    expect(admission.settle(usage, 100_000_000n)).toEqual({ kind: 'repeated' })
    // 2 − 0.1 dollars are left today for gpt-*: two more of 0.7 fit, and a third does not.
    const more = await Promise.all(
      ['r2', 'r3', 'r4'].map(id => gate.admit(identified(gate), 'gpt-5', id, amounts)),
    )
    expect(more.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'refused'])
    expect(more[2]).toMatchObject({
      reason: 'budget-spent',
      status: 429,
      retryAfterSeconds: 4,
      limit: { scope: 'model', window: 'day' },
      message: 'The model may use $2.00 per day, and too little of it is left for this request.',
    })
    // Another model of the same tenant is not held up.
    expect((await gate.admit(identified(gate), 'llama', 'r5', amounts)).kind).toBe('admitted')
  })

  test('refuses by name: key, tenant, model, size, repeated id', async () => {
    const gate = gateOf()
    expect(gate.identify(null)).toMatchObject({ reason: 'key-missing', status: 401 })
    expect(gate.identify(`${key}0`)).toMatchObject({ reason: 'key-malformed' })
    expect(await gate.admit(identified(gate), 'claude', 'a', amounts)).toMatchObject({
      reason: 'model-not-allowed',
      status: 403,
    })
    const large = { ...amounts, outputTokens: 6000 }
    expect(await gate.admit(identified(gate), 'llama', 'b', large)).toMatchObject({
      reason: 'larger-than-limit',
      status: 400,
    })
    await gate.admit(identified(gate), 'llama', 'c', amounts)
    expect(await gate.admit(identified(gate), 'llama', 'c', amounts)).toMatchObject({
      reason: 'request-id-repeated',
      status: 409,
    })
  })

  test('a key in a database whose tenant is gone from the configuration has no limits, so it has no access', () => {
    const { keys } = readTenantSection(parse(configuration), 'gateway.yaml')
    const allowances = new Allowances({
      replica: 'a',
      authority: memoryAuthority(() => nowMs),
      clock: () => nowMs,
    })
    const store = memoryKeyStore(keys)
    const gate = createTenantGate({
      keys: store,
      hasher: keyHasher(),
      tenants: {},
      allowances,
      clock: () => nowMs,
    })
    expect(gate.identify(key)).toMatchObject({ reason: 'tenant-unknown', status: 401 })
  })
})

describe('what is reserved', () => {
  const costOf = (usage: typeof noUsage) =>
    BigInt(usage.uncachedInput * 2 + usage.cacheWrite * 3 + usage.output * 10)
  const request = { inputTokens: 100, maxOutputTokens: 50, outputCeiling: 1000, expectedOutputTokens: 20 }

  test('worst case: all that may be written, at the dearest class of input', () => {
    expect(amountsToReserve({ kind: 'worst-case' }, request, costOf)).toEqual({
      inputTokens: 100,
      outputTokens: 50,
      cost: 800n,
    })
    const open = { ...request, maxOutputTokens: null }
    expect(amountsToReserve({ kind: 'worst-case' }, open, costOf)).toMatchObject({ outputTokens: 1000 })
  })

  test('expected: with the margin, never above the worst case, and the worst case when nothing is known', () => {
    const basis = { kind: 'expected', margin: 1.5 } as const
    expect(amountsToReserve(basis, request, costOf)).toMatchObject({ outputTokens: 30, cost: 600n })
    expect(amountsToReserve({ ...basis, margin: 9 }, request, costOf)).toMatchObject({ outputTokens: 50 })
    const unknown = { ...request, expectedOutputTokens: null }
    expect(amountsToReserve(basis, unknown, costOf)).toMatchObject({ outputTokens: 50 })
    expect(() => amountsToReserve({ ...basis, margin: 0.5 }, request, costOf)).toThrow(/assertion/)
  })
})
