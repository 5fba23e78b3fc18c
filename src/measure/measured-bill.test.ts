import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadCatalog } from '../catalog/load-catalog-file.ts'
import { price, without } from '../cost/cost.fixture.ts'
import { marketPriceRatios } from '../cost/weights.ts'
import type { ApiPrice } from './api-prices.ts'
import { defaultAllocation, type MeasuredBillInput, measuredCost } from './measured-bill.ts'
import { parseHardware, priceHardware, tariffOf } from './measured-hardware.ts'

const offer: ApiPrice = {
  id: 'x',
  provider: 'Seller',
  modelId: 'm',
  offeredAs: 'm-instruct',
  usdPerMillionInputTokens: 1,
  usdPerMillionCachedInputTokens: 0.1,
  usdPerMillionOutputTokens: 4,
  provenance: { source: 'list', asOf: '2026-09', confidence: 'published' },
}

/** Eight devices at $2/h for 100 s; 6,000 uncached, 2,000 cached and 2,000 output tokens. */
const input: MeasuredBillInput = {
  devices: [{ count: 8, price: price(2), reason: 'market survey' }],
  billedSeconds: 100,
  tokens: { uncachedInput: 6_000, cachedInput: 2_000, output: 2_000 },
  requests: 20,
  goodTokens: 5_000,
  allocation: defaultAllocation,
  power: null,
  idlePower: null,
  tariff: null,
  extraUsdPerHour: [],
  offers: [offer],
}

const bill = 16 * (100 / 3600)

describe('measuredCost', () => {
  it('is the bill of the billed seconds over the tokens they gave', () => {
    const cost = measuredCost(input)!
    expect(cost.hardware).toBe('8 × h200-sxm reserved, Test Cloud')
    expect(cost.usdPerHour).toBe(16)
    expect(cost.priceSource).toBe('test-price: test, 2026-11-20 (market survey)')
    expect(cost.allocation.billNanoUsd).toBe('444444444')
    expect(cost.perMillionTokens.blended).toBeCloseTo(bill / 0.01, 6)
    expect(cost.usdPerMillionGoodTokens).toBeCloseTo(bill / 0.005, 6)
    expect(cost.usdPerRequest).toBeCloseTo(bill / 20, 9)
    expect(cost.lines.map(({ name, included }) => [name, included])).toEqual([
      ['8 × h200-sxm reserved, Test Cloud', false],
      ['energy', true],
    ])
    expect(cost.allocationBasis).toContain('an output token costs 4 ×')
  })

  it('costs five times as much at a fifth of the load', () => {
    const { byLoadFactor, perMillionTokens } = measuredCost(input)!
    expect(byLoadFactor.map(({ loadFactor }) => loadFactor)).toEqual([0.2, 0.5, 0.8, 1])
    expect(byLoadFactor[0]!.usdPerMillionTokens).toBeCloseTo(5 * perMillionTokens.blended, 4)
    expect(byLoadFactor[3]!.usdPerMillionTokens).toBeCloseTo(perMillionTokens.blended, 4)
  })

  it('compares with the same mix at list price', () => {
    const [comparison] = measuredCost(input)!.breakEven
    // 0.6 × 1 + 0.2 × 0.1 + 0.2 × 4
    expect(comparison!.usdPerMillionTokens).toBeCloseTo(1.42, 12)
    expect(comparison!.breakEvenLoadFactor).toBeCloseTo(bill / 0.01 / 1.42, 4)
    const dear = measuredCost({
      ...input,
      offers: [{ ...offer, usdPerMillionCachedInputTokens: null, usdPerMillionInputTokens: 1000 }],
    })!.breakEven[0]!
    expect(dear.usdPerMillionTokens).toBeCloseTo(800.8, 9)
    expect(dear.breakEvenLoadFactor).toBeLessThan(1)
  })

  it('bills metered energy where the price leaves it out, and less of it when idle', () => {
    const metered: MeasuredBillInput = {
      ...input,
      devices: [{ count: 8, price: price(2, { includes: without('energy') }), reason: '' }],
      power: { watts: 5_000, basis: 'board' },
      idlePower: { watts: 1_000, basis: 'board' },
      tariff: { usdPerKilowattHour: 0.1, pue: 1.2 },
    }
    const cost = measuredCost(metered)!
    expect(cost.usdPerHour).toBeCloseTo(16 + 5 * 1.2 * 0.1, 9)
    const tokensPerHour = 0.01 * 36
    expect(cost.byLoadFactor[0]!.usdPerMillionTokens).toBeCloseTo(
      (16 + (0.2 * 5 + 0.8 * 1) * 0.12) / (tokensPerHour * 0.2),
      6,
    )
    // Without an idle figure the draw is taken as that under load.
    const upper = measuredCost({ ...metered, idlePower: null })!
    expect(upper.byLoadFactor[0]!.usdPerMillionTokens).toBeCloseTo(5 * cost.perMillionTokens.blended, 4)
    const utility = measuredCost({ ...metered, power: { watts: 6_000, basis: 'utility' } })!
    expect(utility.usdPerHour).toBeCloseTo(cost.usdPerHour, 9)
    const unknown = measuredCost({ ...metered, power: null })!
    expect(unknown.notCounted.join()).toContain('the IT power is not known')
  })

  it('never breaks even where energy alone costs more than the tokens', () => {
    const cost = measuredCost({
      ...input,
      devices: [{ count: 8, price: price(2, { includes: without('energy') }), reason: '' }],
      power: { watts: 1e6, basis: 'board' },
      idlePower: { watts: 0, basis: 'board' },
      tariff: { usdPerKilowattHour: 1, pue: 1 },
    })!
    expect(cost.breakEven[0]!.breakEvenLoadFactor).toBeNull()
  })

  it('shares by the engine time of a prediction, idle time included', () => {
    const cost = measuredCost({
      ...input,
      allocation: {
        kind: 'engine-time',
        prefillShare: 0.3,
        decodeShare: 0.6,
        idleShare: 0.1,
        source: 'prediction of plan/deployment.yaml',
      },
    })!
    expect(cost.allocationMethod).toBe('engine-time')
    expect(cost.perMillionTokens.uncachedInput).toBeCloseTo((bill * 0.3) / 0.006, 5)
    expect(cost.perMillionTokens.output).toBeCloseTo((bill * 0.6) / 0.002, 5)
    expect(cost.perMillionTokens.cachedInput).toBe(0)
    expect(Number(cost.allocation.idleNanoUsd) / 44_444_444.4).toBeCloseTo(1, 7)
  })

  it('has no cost where nothing was served, and none of good tokens where none was good', () => {
    expect(measuredCost({ ...input, billedSeconds: 0 })).toBeNull()
    expect(measuredCost({ ...input, tokens: { uncachedInput: 0, cachedInput: 0, output: 0 } })).toBeNull()
    const none = measuredCost({ ...input, goodTokens: 0, requests: 0 })!
    expect(none.usdPerMillionGoodTokens).toBeNull()
    expect(none.usdPerRequest).toBeNull()
    expect(measuredCost({ ...input, goodTokens: null })!.usdPerMillionGoodTokens).toBeNull()
  })

  it('adds up to the bill to the last nano-dollar, and to the price per token', () => {
    // None, or some: prices are taken over whole tokens of a million windows, which a millionth of a token is not.
    const tokens = fc.oneof(fc.constant(0), fc.double({ min: 1, max: 1e7, noNaN: true }))
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e5, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.tuple(tokens, tokens, fc.double({ min: 1, max: 1e7, noNaN: true })),
        fc.boolean(),
        (billedSeconds, usd, [uncachedInput, cachedInput, output], byTime) => {
          const cost = measuredCost({
            ...input,
            billedSeconds,
            devices: [{ count: 3, price: price(usd), reason: '' }],
            tokens: { uncachedInput, cachedInput, output },
            allocation: byTime
              ? { kind: 'engine-time', prefillShare: 0.2, decodeShare: 0.7, idleShare: 0.1, source: '' }
              : { kind: 'fixed-ratio', ratios: marketPriceRatios },
          })!
          const { billNanoUsd, ...parts } = cost.allocation
          expect(Object.values(parts).reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(billNanoUsd))
          const per = cost.perMillionTokens
          const all = uncachedInput + cachedInput + output
          const sum =
            (per.uncachedInput ?? 0) * uncachedInput +
            (per.cachedInput ?? 0) * cachedInput +
            (per.output ?? 0) * output +
            per.idle * all
          expect(sum / (per.blended * all)).toBeCloseTo(1, 5)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('hardware', () => {
  const catalog = loadCatalog()
  it('reads what a user writes', () => {
    expect(parseHardware('8xh200', catalog)).toEqual([{ acceleratorId: 'h200-sxm', count: 8 }])
    expect(parseHardware('4 × H100, l40s', catalog)).toEqual([
      { acceleratorId: 'h100-sxm', count: 4 },
      { acceleratorId: 'l40s', count: 1 },
    ])
  })
  it.each(['', '8x', '8xh2000', 'h200,', '0xh200', '-1xh200'])('refuses %j', text => {
    expect(() => parseHardware(text, catalog)).toThrow()
  })
  it('prices by the catalog’s rule, and says why', () => {
    const [hardware] = priceHardware(catalog, [{ acceleratorId: 'h200-sxm', count: 8 }], 'reserved')
    expect(hardware!.price.id).toBe('market-survey-h200-sxm-reserved-3y')
    expect(hardware!.reason).toBe('market survey')
    expect(() => priceHardware(catalog, [{ acceleratorId: 'groq-lpu', count: 1 }], 'spot')).toThrow()
  })
  it('knows tariffs, and does not invent them', () => {
    expect(tariffOf(catalog, null)!.usdPerKilowattHour).toBeGreaterThan(0)
    expect(tariffOf(catalog, 'atlantis')).toBeNull()
  })
})
