import { describe, expect, it } from 'vitest'
import { noUsage } from '../cost/usage.ts'
import { bookOf, rows } from './market.fixture.ts'
import { jobOffers, offersInForce, plainModelName, providerId } from './offers.ts'

const book = bookOf(rows)
const atMs = Date.parse('2026-09-01T12:00Z')

describe('offers in force', () => {
  it('are those of the moment, by any name', () => {
    const ids = (model: string) => offersInForce(book, { atMs, model }).map(({ id }) => id)
    const all = ['acme/max-2.1#2026-08-17', 'acme/max-2.1@batch#2026-03-01', 'other/acme/Max-2.1']
    expect(ids('Max 2.1')).toEqual(all)
    expect(ids('acme/MAX-2.1-Instruct')).toEqual(all)
    expect(ids('max-latest')).toEqual(all.slice(0, 2))
    expect(ids('max')).toEqual([])
  })

  it('are filtered by provider and tier', () => {
    const batch = offersInForce(book, { atMs, serviceTiers: ['batch'] })
    expect(batch.map(({ id }) => id)).toEqual(['acme/max-2.1@batch#2026-03-01'])
    expect(offersInForce(book, { atMs, provider: 'Acme AI' })).toHaveLength(2)
    expect(offersInForce(book, { atMs, provider: 'nobody' })).toEqual([])
    expect(providerId(book, 'nobody')).toBeUndefined()
  })

  it('leave out what was to be retired, when asked to', () => {
    const retiring = bookOf([{ ...rows[4]!, retiredOn: '2026-09-01' }])
    const count = (at: string, retired: boolean) =>
      offersInForce(retiring, { atMs: Date.parse(at), retired }).length
    expect([
      count('2026-08-31T23:59Z', false),
      count('2026-09-01', false),
      count('2026-09-01', true),
    ]).toEqual([1, 0, 1])
  })

  it.each([
    ['us.anthropic.claude-opus-4-5-20251101-v1:0', 'claudeopus45'],
    ['accounts/fireworks/models/deepseek-v3p2', 'deepseekv32'],
    ['meta-llama/Meta-Llama-3.1-70B-Instruct', 'llama3170b'],
    ['llama-3.3-70b-versatile', 'llama3370b'],
  ])('%s is %s', (name, plain) => {
    expect(plainModelName(name)).toBe(plain)
  })
})

describe('a job', () => {
  const standard = offersInForce(book, { atMs, serviceTiers: ['standard'] })
  const cheapest = (cachedInput: number) =>
    jobOffers(
      standard,
      {
        usage: { ...noUsage, uncachedInput: 1_000_000 - cachedInput, cachedInput, output: 10_000 },
        extras: {},
        promptTokens: 1000,
      },
      atMs,
    )

  it('is cheapest elsewhere when much of it is cached', () => {
    expect(cheapest(0).map(({ price }) => price.entry.provider)).toEqual(['acme', 'other'])
    expect(cheapest(950_000).map(({ price }) => price.entry.provider)).toEqual(['other', 'acme'])
    expect(cheapest(0)[0]!.cost.nanoUsd).toBe(1_040_000_000n)
    expect(cheapest(0)[0]!.usdPerMillionTokens).toBeCloseTo(1.04 / 1.01, 9)
  })

  it('puts offers last that cannot price all of it', () => {
    const [, , inputOnly] = [
      ...standard,
      { ...standard[0]!, id: 'a', prices: { uncachedInput: '0.1' }, variants: [] },
    ]
    const offers = jobOffers(
      [inputOnly!, ...standard],
      { usage: { ...noUsage, output: 1 }, extras: {}, promptTokens: 1 },
      atMs,
    )
    expect(offers.at(-1)!.cost.unpriced).toEqual(['output'])
  })
})
