/** Prices and generators shared by the cost tests. */
import fc from 'fast-check'
import type { Price, PriceComponent } from '../catalog/types.ts'
import type { AllocationWeights, CostRateInput, TokenCounts } from './types.ts'

export const allComponents: readonly PriceComponent[] = [
  'capital',
  'host',
  'network',
  'space',
  'cooling',
  'energy',
  'operations',
  'margin',
]

export function price(usdPerDeviceHour: number, overrides: Partial<Price> = {}): Price {
  return {
    id: 'test-price',
    acceleratorId: 'h200-sxm',
    provider: 'Test Cloud',
    tier: 'reserved',
    usdPerDeviceHour,
    region: null,
    includes: allComponents,
    commitment: null,
    provenance: { source: 'test', asOf: '2026-11-20', confidence: 'published' },
    ...overrides,
  }
}

export function without(...components: PriceComponent[]): readonly PriceComponent[] {
  return allComponents.filter(component => !components.includes(component))
}

export function rateInput(overrides: Partial<CostRateInput> = {}): CostRateInput {
  return {
    devices: [{ count: 1, price: price(1) }],
    itWatts: null,
    pue: 1,
    usdPerKilowattHour: null,
    carbonGramsPerKilowattHour: null,
    extraUsdPerHour: [],
    ...overrides,
  }
}

const amount = (max: number) => fc.double({ min: 0, max, noNaN: true })

export const anyRateInput: fc.Arbitrary<CostRateInput> = fc.record({
  devices: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 1_000_000 }),
      price: fc
        .record({ usd: amount(1e6), includes: fc.subarray([...allComponents]) })
        .map(({ usd, includes }) => price(usd, { includes })),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  itWatts: fc.option(amount(1e10)),
  pue: fc.double({ min: 1, max: 3, noNaN: true }),
  usdPerKilowattHour: fc.option(amount(10)),
  carbonGramsPerKilowattHour: fc.option(amount(2000)),
  extraUsdPerHour: fc.array(fc.record({ name: fc.string(), usdPerHour: amount(1e6) }), { maxLength: 4 }),
})

export const anyBill = fc.bigInt({ min: 0n, max: 10n ** 24n })

const weight = fc.oneof(fc.constant(0), amount(1e-9), amount(1), amount(1e15))

export const anyWeights: fc.Arbitrary<AllocationWeights> = fc.record({
  method: fc.constantFrom('engine-time' as const, 'pool' as const, 'fixed-ratio' as const),
  uncachedInput: weight,
  cachedInput: weight,
  output: weight,
  idle: weight,
})

const count = fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 10n ** 18n }))

export const anyTokens: fc.Arbitrary<TokenCounts> = fc
  .record({ uncachedInput: count, cachedInput: count, output: count })
  .filter(tokens => tokens.uncachedInput + tokens.cachedInput + tokens.output > 0n)
