import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyRateInput, price, rateInput, without } from './cost.fixture.ts'
import { costRate, sumLines } from './cost-rate.ts'

test('the rate is exactly the sum of its lines, whatever is bought', () => {
  fc.assert(
    fc.property(anyRateInput, input => {
      const rate = costRate(input)
      expect(rate.nanoUsdPerHour).toBe(rate.lines.reduce((sum, line) => sum + line.nanoUsdPerHour, 0n))
      expect(rate.nanoUsdPerHour).toBe(sumLines(rate.lines))
      for (const line of rate.lines) {
        expect(line.formula).not.toBe('')
        if (line.included) expect(line.nanoUsdPerHour).toBe(0n)
      }
    }),
  )
})

test('energy is counted when and only when a price excludes it, or it is named as not counted', () => {
  fc.assert(
    fc.property(anyRateInput, input => {
      const rate = costRate(input)
      const excluded = input.devices.some(entry => !entry.price.includes.includes('energy'))
      const counted = rate.lines.some(line => line.component === 'energy' && !line.included)
      const named = rate.notCounted.some(entry => entry.component === 'energy')
      expect(counted || named).toBe(excluded)
      expect(counted && named).toBe(false)
    }),
  )
})

test('a rent that includes energy has an energy line of 0 that says so', () => {
  const rate = costRate(
    rateInput({ devices: [{ count: 8, price: price(2.5) }], itWatts: 9000, usdPerKilowattHour: 0.06 }),
  )
  expect(rate.nanoUsdPerHour).toBe(20_000_000_000n)
  expect(rate.lines[1]).toMatchObject({ name: 'energy', included: true, nanoUsdPerHour: 0n })
  expect(rate.lines[1]!.formula).toContain('included in the price of h200-sxm reserved, Test Cloud')
  expect(rate.notCounted.map(entry => entry.component)).toEqual(['carbon'])
})

test('energy = IT kW × PUE × tariff, exact in decimals', () => {
  const devices = [{ count: 8, price: price(1.3, { tier: 'owned', includes: without('energy') }) }]
  const rate = costRate(rateInput({ devices, itWatts: 10_960, pue: 1.3, usdPerKilowattHour: 0.06 }))
  const energy = rate.lines.find(line => line.component === 'energy')!
  expect(energy.nanoUsdPerHour).toBe(854_880_000n)
  expect(energy.formula).toBe('10.96 kW IT × 1.3 PUE × $0.06/kWh = $0.85488/h')
  expect(rate.nanoUsdPerHour).toBe(10_400_000_000n + 854_880_000n)
})

test('with mixed prices only the devices that exclude energy pay for it', () => {
  const included = { count: 3, price: price(2) }
  const excluded = { count: 1, price: price(1, { includes: without('energy') }) }
  const energyOf = (watts?: [number, number]) => {
    const devices = watts
      ? [
          { ...included, itWattsPerDevice: watts[0] },
          { ...excluded, itWattsPerDevice: watts[1] },
        ]
      : [included, excluded]
    const rate = costRate(rateInput({ devices, itWatts: 4000, usdPerKilowattHour: 0.1 }))
    return rate.lines.find(line => line.component === 'energy' && !line.included)!.nanoUsdPerHour
  }
  expect(energyOf()).toBe(100_000_000n)
  expect(energyOf([500, 2500])).toBe(250_000_000n)
})

test('what nobody counted is named with a reason; an extra of that name counts it', () => {
  const devices = [{ count: 1, price: price(1, { tier: 'owned', includes: ['capital'] }) }]
  const bare = costRate(rateInput({ devices }))
  expect(bare.notCounted.map(entry => entry.component)).toEqual([
    'energy',
    'host',
    'network',
    'space',
    'cooling',
    'operations',
    'carbon',
  ])
  expect(bare.notCounted[0]!.reason).toContain('the IT power and the electricity tariff')
  const extra = costRate(rateInput({ devices, extraUsdPerHour: [{ name: 'operations', usdPerHour: 3.5 }] }))
  expect(extra.notCounted.map(entry => entry.component)).not.toContain('operations')
  expect(extra.nanoUsdPerHour).toBe(4_500_000_000n)
})

test('carbon is IT kW × PUE × grid intensity, whoever pays for the energy', () => {
  expect(
    costRate(rateInput({ itWatts: 2000, pue: 1.25, carbonGramsPerKilowattHour: 400 })).carbonGramsPerHour,
  ).toBe(1000)
})

test('nonsense is refused', () => {
  expect(() => costRate(rateInput({ devices: [] }))).toThrow('has devices')
  expect(() => costRate(rateInput({ pue: 0.9 }))).toThrow('PUE')
  expect(() => costRate(rateInput({ itWatts: -1 }))).toThrow('IT power')
  expect(() => costRate(rateInput({ devices: [{ count: 0, price: price(1) }] }))).toThrow('counted from 1')
})
