import { describe, expect, it } from 'vitest'
import { bookOf, rows } from './market.fixture.ts'
import { type PriceQuery, priceAt } from './price-at.ts'

const book = bookOf(rows)
const ask = (at: string, more: Partial<PriceQuery> = {}) =>
  priceAt(book, { provider: 'acme', model: 'max-2.1', atMs: Date.parse(at), promptTokens: 1000, ...more })

describe('the price in force', () => {
  it.each([
    ['2020-01-01', '4'],
    ['2026-02-28T23:59:59.999Z', '4'],
    ['2026-03-01', '2'],
    ['2026-08-16T23:59Z', '2'],
    ['2026-08-17T00:31Z', '1'],
    ['2030-01-01T12:00Z', '1'],
  ])('changes at midnight UTC: %s', (at, input) => {
    expect(ask(at)!.prices.uncachedInput).toBe(input)
  })

  it.each([
    ['a Monday before the hours', '2026-08-17T00:59:59Z', '1'],
    ['a Monday within them', '2026-08-17T01:00:00Z', '2'],
    ['their last millisecond', '2026-08-17T03:59:59.999Z', '2'],
    ['their end', '2026-08-17T04:00:00Z', '1'],
    ['the same hour on Saturday', '2026-08-22T02:00:00Z', '1'],
    ['the same hour on Sunday', '2026-08-23T02:00:00Z', '1'],
  ])('has hours: %s', (_, at, input) => {
    expect(ask(at)!.prices.uncachedInput).toBe(input)
  })

  it('has hours over midnight, which leave other classes alone', () => {
    for (const at of ['2026-09-01T23:00Z', '2026-09-01T00:29Z'])
      expect(ask(at)!.prices).toEqual({ uncachedInput: '1', cachedInput: '0.1', output: '3' })
    expect(ask('2026-09-01T00:30Z')!.prices.output).toBe('4')
  })

  it('depends on the length of the prompt, from the stated token on', () => {
    expect(ask('2026-04-01', { promptTokens: 199_999 })!.prices.output).toBe('8')
    const long = ask('2026-04-01', { promptTokens: 200_000 })!
    expect(long.prices).toEqual({ uncachedInput: '4', cachedInput: '0.4', output: '12' })
    expect(long.rule).toEqual(['from 2026-03-01 until 2026-08-17', 'prompts from 200000 tokens on'])
  })

  it('says its rule', () => {
    expect(ask('2026-08-18T02:00Z')!.rule).toEqual(['from 2026-08-17', '01:00 to 04:00 UTC, Mon to Fri'])
    expect(ask('2026-08-18T12:00Z', { serviceTier: 'batch' })!.rule).toEqual([
      'from 2026-03-01',
      'service tier batch',
    ])
    expect(ask('2020-01-01')!.rule).toEqual(['until 2026-03-01'])
  })

  it('is not guessed from another tier, time, provider or model', () => {
    expect(ask('2026-01-01', { serviceTier: 'batch' })).toBeNull()
    expect(ask('2026-09-01', { serviceTier: 'priority' })).toBeNull()
    expect(ask('2026-09-01', { provider: 'nobody' })).toBeNull()
    expect(ask('2026-09-01', { model: 'max-2' })).toBeNull()
    expect(ask('2026-09-01', { model: '' })).toBeNull()
  })

  it.each(['MAX-2-1', 'max_2.1', 'max-latest', 'max-2.1-2026-03-01', 'max-2.1-20260301'])(
    'is found by %s',
    model => {
      expect(ask('2026-09-01T12:00Z', { model })!.entry.id).toBe('acme/max-2.1#2026-08-17')
      expect(ask('2026-09-01T12:00Z', { model, provider: 'Acme-AI' })).not.toBeNull()
    },
  )
})

describe('a book', () => {
  it('refuses two prices for one moment', () => {
    const twice = { ...rows[3]!, validFrom: '2026-05-01' }
    expect(() => bookOf([...rows, twice])).toThrow('in force at once')
  })

  it('refuses sources and providers it does not name', () => {
    expect(() => bookOf([{ ...rows[0]!, source: 'hearsay' }])).toThrow('hearsay')
    expect(() => bookOf([{ ...rows[0]!, provider: 'nobody' }])).toThrow('nobody')
  })

  it('prefers a model’s own name to an alias', () => {
    const named = bookOf([
      ...rows,
      { provider: 'acme', model: 'max-latest', prices: { uncachedInput: '9', output: '9' }, source: 'list' },
    ])
    expect(named.entriesOf('acme', 'max-latest').map(entry => entry.model)).toEqual(['max-latest'])
  })
})
