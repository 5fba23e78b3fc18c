import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyRateInput, price, rateInput, without } from './cost.fixture.ts'
import { costRate } from './cost-rate.ts'
import { iceberg } from './iceberg.ts'
import { fullUtilisation } from './utilisation.ts'

const factor = fc.double({ min: 0.001, max: 1, noNaN: true })
const anyUtilisation = fc.record({ availability: factor, demandFill: factor, operatingPoint: factor })

test('the rows add up to the bill, whatever is bought and however badly it is used', () => {
  fc.assert(
    fc.property(anyRateInput, anyUtilisation, (input, factors) => {
      const rate = costRate(input)
      const { rows } = iceberg(rate, factors, 1000)
      expect(rows.reduce((sum, row) => sum + row.nanoUsdPerHour, 0n)).toBe(rate.nanoUsdPerHour)
    }),
  )
})

test('at full use there is no loss; the tip is the devices', () => {
  const devices = [{ count: 8, price: price(2.5, { includes: without('energy') }) }]
  const rate = costRate(rateInput({ devices, itWatts: 10_000, pue: 1.2, usdPerKilowattHour: 0.1 }))
  const { rows } = iceberg(rate, fullUtilisation, 1e6 / 3600)
  expect(rows.map(row => [row.layer, row.nanoUsdPerHour])).toEqual([
    ['tip', 20_000_000_000n],
    ['below', 1_200_000_000n],
    ['below', 0n],
    ['below', 0n],
    ['below', 0n],
  ])
  expect(rows[0]!.usdPerMillionTokens).toBeCloseTo(20, 9)
})

test('losses are taken in order: availability, demand, operating point', () => {
  const rate = costRate(rateInput({ devices: [{ count: 1, price: price(10) }] }))
  const { rows } = iceberg(rate, { availability: 0.9, demandFill: 0.5, operatingPoint: 0.8 }, 100)
  expect(rows.map(row => row.nanoUsdPerHour)).toEqual([
    3_600_000_000n,
    900_000_000n,
    4_500_000_000n,
    1_000_000_000n,
  ])
  expect(rows[2]!.formula).toBe('$10.00 × 90 % available × 50 % unfilled')
})
