/** What is charged for a request, exactly for an offer, expected for an engine of one's own. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costOfUsage, priceAt } from '../../market/index.ts'
import { bookOf, rows } from '../../market/market.fixture.ts'
import { noUsage } from '../usage.ts'
import { atMs, deployment, gatewayConfig, model, offer, outcome, scene, sent } from './dispatch.fixture.ts'
import { createOfferPricing } from './offer-pricing.ts'

const book = bookOf(rows)
const minutes = 60_000
const acme = offer('acme', { price: { kind: 'book', provider: 'acme', model: 'max-2.1' } })
const price = (own = acme, nowMs = atMs, alarms: string[] = []) =>
  createOfferPricing(own, book, nowMs, name => alarms.push(name))

describe('an offer', () => {
  test('costs what the book says at any moment, by class, under the rule in force', () => {
    const pricing = price()
    const count = fc.nat(300_000)
    fc.assert(
      fc.property(
        fc.record({ uncachedInput: count, cachedInput: count, output: count }),
        fc.integer({ min: Date.UTC(2026, 1, 25), max: Date.UTC(2026, 8, 20) }),
        (some, at) => {
          const usage = { ...noUsage, ...some }
          const promptTokens = usage.uncachedInput + usage.cachedInput
          const query = { provider: 'acme', model: 'max-2.1', atMs: at, promptTokens }
          const inForce = priceAt(book, query)!
          const { nanoUsd } = costOfUsage(inForce.prices, usage)
          const priced = pricing.price(usage, at)
          expect(priced).toMatchObject({ nanoUsd, priceRuleId: inForce.entry.id, isExact: true })
          expect(Object.values(priced.costNanoUsd).reduce((sum, each) => sum + each, 0n)).toBe(nanoUsd)
        },
      ),
    )
  })

  test('writes kept for an hour, requests and seconds of audio stand on their lines', () => {
    const prices = {
      uncachedInput: '1',
      cacheWrite: '2',
      cacheWriteOneHour: '4',
      output: '8',
      perRequest: '0.01',
    }
    const pricing = price(offer('api', { price: { kind: 'own', ruleId: 'rule', prices } }))
    const usage = { ...noUsage, cacheWrite: 1000, output: 10 }
    expect(pricing.price(usage, atMs, { cacheWriteOneHour: 400 }).costNanoUsd).toEqual({
      cacheWrite: 600n * 2000n + 400n * 4000n,
      output: 80_000n,
      other: 10_000_000n,
    })
    const hourly = price(
      offer('ears', { price: { kind: 'own', ruleId: 'rule', prices: { perAudioHour: '0.36' } } }),
    )
    expect(hourly.price(noUsage, atMs, { audioSeconds: 90 }).costNanoUsd).toEqual({ other: 9_000_000n })
  })

  test('that the book does not know is refused before anything is served', () => {
    const unknown = offer('x', { price: { kind: 'book', provider: 'acme', model: 'min' } })
    expect(() => price(unknown)).toThrow(/no price in force of acme\/min/)
  })

  test('whose price ended is paid at the last one known, and somebody hears of it', () => {
    const alarms: string[] = []
    const flex = bookOf([{ ...rows[0]!, validTo: '2026-03-01' }])
    const before = Date.UTC(2026, 1, 28, 23, 59)
    const pricing = createOfferPricing(acme, flex, before, name => alarms.push(name))
    const usage = { ...noUsage, uncachedInput: 1_000_000 }
    expect(pricing.price(usage, before).nanoUsd).toBe(4_000_000_000n)
    expect(pricing.price(usage, before + 2 * minutes).nanoUsd).toBe(4_000_000_000n)
    expect(alarms).toEqual(['no-price'])
  })

  test('usage without a price is no exact charge, and is said once', () => {
    const alarms: string[] = []
    const pricing = price(
      offer('x', { price: { kind: 'own', ruleId: 'r', prices: { output: '1' } } }),
      atMs,
      alarms,
    )
    const usage = { ...noUsage, uncachedInput: 5, output: 5 }
    expect([1, 2].map(() => pricing.price(usage, atMs).isExact)).toEqual([false, false])
    expect(alarms).toEqual(['unpriced-usage'])
  })
})

describe('an engine of one’s own', () => {
  const performance = { ttftMs: 100, msPerPromptToken: 0.5, tpotMs: 20 }
  const config = gatewayConfig(
    [deployment('own', 1, { performance })],
    [offer('api')],
    [model('chat', ['own', 'api'])],
  )

  test('is expected to cost its time: $0.001 a second, cached tokens nothing', async () => {
    const { dispatcher } = await scene(config)
    const [own] = dispatcher.candidates
    const usage = { ...noUsage, uncachedInput: 1000, cachedInput: 5000, output: 100 }
    // 1,000 × 0.5 ms + 100 × 20 ms.
    expect(own!.pricing.price(usage, atMs)).toEqual({
      nanoUsd: 2_500_000n,
      costNanoUsd: {},
      priceRuleId: '',
      isExact: false,
    })
  })

  test('shares its time among those who are there', async () => {
    const { ask } = await scene(gatewayConfig(config.deployments, [], [model('chat', ['own'])]))
    const first = sent(ask('chat')).predictedNanoUsd!
    const second = sent(ask('chat')).predictedNanoUsd!
    // 100 × 0.5 ms + 10 × 20 ms, then 10 × 20.2 ms ÷ 2.
    expect([first, second]).toEqual([250_000n, 151_000n])
  })

  test('of an unknown speed something is reserved', async () => {
    const { dispatcher } = await scene(gatewayConfig([deployment('own', 3)], [], [model('chat', ['own'])]))
    expect(dispatcher.pool('chat')!.dearest({ ...noUsage, output: 1000 }, atMs)).toBe(20_000_000n)
  })

  test('the dearest of a pool is reserved for', async () => {
    const { dispatcher } = await scene(config)
    const pool = dispatcher.pool('chat')!
    expect(pool.dearest({ ...noUsage, output: 1000 }, atMs)).toBe(20_000_000n)
    expect(pool.dearest({ ...noUsage, uncachedInput: 100_000 }, atMs)).toBe(100_000_000n)
  })
})

test('expected answers are learnt, and how many tokens a prompt has there', async () => {
  const { ask, dispatcher } = await scene(gatewayConfig([], [offer('api')], [model('chat', ['api'])]))
  const pool = dispatcher.pool('chat')!
  expect(pool.expectedOutputTokens).toBeNull()
  const early = sent(ask('chat')).predictedNanoUsd!
  for (let count = 0; count < 300; count++)
    sent(ask('chat')).flight.ended(
      outcome({ outputTokens: count % 2 === 0 ? 100 : 200, inputTokens: 50, cachedTokens: 0 }),
    )
  expect(pool.expectedOutputTokens).toBeGreaterThan(140)
  expect(pool.expectedOutputTokens).toBeLessThan(160)
  // 100 tokens by our count are 50 by theirs; 10 of output.
  expect(early).toBe(140_000n)
  expect(Number(sent(ask('chat')).predictedNanoUsd!)).toBeCloseTo(90_000, -3.5)
})
