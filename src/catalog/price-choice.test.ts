import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadCatalog } from './load-catalog-file.ts'
import { choosePrice, findPrice, findPriceById, pricesOf } from './price-choice.ts'
import type { Price, PriceTier } from './types.ts'

const catalog = loadCatalog()
const tiers: readonly PriceTier[] = ['owned', 'reserved', 'on-demand', 'spot']

function price(id: string, usd: number, over: Partial<Price> = {}): Price {
  return {
    id,
    acceleratorId: 'x',
    provider: id,
    tier: 'on-demand',
    usdPerDeviceHour: usd,
    region: null,
    includes: ['capital'],
    commitment: null,
    provenance: { source: 'test', asOf: '2026-10', confidence: 'published' },
    ...over,
  }
}
const withPrices = (prices: Price[]) => ({ ...catalog, prices })
const chosen = (prices: Price[], query = {}) =>
  choosePrice(withPrices(prices), 'x', 'on-demand', query)?.price.id

describe('the price an answer takes', () => {
  it('does not depend on the order of the entries', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...catalog.prices], { minLength: catalog.prices.length }),
        fc.constantFrom(...catalog.accelerators.map(entry => entry.id)),
        fc.constantFrom(...tiers),
        fc.constantFrom(null, 'us-east-1', 'us', 'mars'),
        (prices, id, tier, region) => {
          const one = choosePrice(catalog, id, tier, { region })
          const other = choosePrice(withPrices(prices), id, tier, { region })
          expect(other?.price.id).toBe(one?.price.id)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is one of the candidates and lies within their range', () => {
    for (const { id } of catalog.accelerators) {
      for (const tier of tiers) {
        const choice = choosePrice(catalog, id, tier)
        expect(choice === null).toBe(pricesOf(catalog, id, tier).length === 0)
        if (choice) expect(choice.candidates).toContain(choice.price)
      }
    }
  })

  it('is the market median where there is one', () => {
    expect(findPrice(catalog, 'h100-sxm', 'on-demand').usdPerDeviceHour).toBe(4.32)
    expect(findPrice(catalog, 'gb300-nvl72', 'reserved').usdPerDeviceHour).toBe(5)
    expect(findPrice(catalog, 'b200-sxm', 'owned').provider).toBe('hyperscaler')
  })

  it('is of the region, when prices of the region exist', () => {
    expect(findPrice(catalog, 'h200-sxm', 'on-demand', { region: 'ap-northeast-1' }).usdPerDeviceHour).toBe(
      9.89,
    )
    expect(findPrice(catalog, 'h200-sxm', 'on-demand', { region: 'atlantis' }).provider).toBe('market median')
  })

  it('is of the provider, when one is named', () => {
    expect(findPrice(catalog, 'b200-sxm', 'on-demand', { provider: 'coreweave' }).usdPerDeviceHour).toBe(8.6)
    expect(findPrice(catalog, 'b200-sxm', 'owned', { provider: 'neocloud' }).usdPerDeviceHour).toBe(2.07)
    expect(() => findPrice(catalog, 'b200-sxm', 'on-demand', { provider: 'nobody' })).toThrow(/by nobody/)
  })

  it('prefers trusted, recent, longer commitments, then the lower median over providers', () => {
    expect(chosen([price('a', 1), price('b', 2), price('c', 9)])).toBe('b')
    expect(chosen([price('a', 1), price('b', 2)])).toBe('a')
    expect(chosen([price('a', 1), price('b', 2, { provider: 'a' }), price('c', 9)])).toBe('a')
    const memory = { source: 'm', asOf: '2026-10', confidence: 'unverified' } as const
    expect(chosen([price('a', 1, { provenance: memory }), price('b', 2)])).toBe('b')
    const old = { source: 'm', asOf: '2025-01', confidence: 'published' } as const
    expect(chosen([price('a', 1, { provenance: old }), price('b', 2)])).toBe('b')
    expect(chosen([price('a', 1, { commitment: 'capacity block of days' }), price('b', 2)])).toBe('b')
  })

  it("is the user's own before all others", () => {
    const own = price('mine', 50, { userSupplied: true })
    expect(chosen([own, price('market', 1, { provider: 'market median' })])).toBe('mine')
  })

  it('is an error that says what there is, when there is none', () => {
    expect(() => findPrice(catalog, 'gb300-nvl72', 'spot')).toThrow('no spot price of gb300-nvl72')
    try {
      findPrice(catalog, 'gb300-nvl72', 'spot')
    } catch (error) {
      expect(error).toMatchObject({ code: 'unknown-entry', fix: expect.stringContaining('owned, reserved') })
    }
    expect(() => findPriceById(catalog, 'aws-p5-48xlarge-on-demand')).toThrow(/unknown price/)
  })
})
