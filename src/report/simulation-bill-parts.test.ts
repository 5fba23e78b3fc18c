import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatBillParts } from './simulation-bill-parts.ts'

const printed = (text: string) => BigInt(text.replaceAll(/[,.]/g, ''))

test('printed parts add up to the printed total, and none is a unit off', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { maxLength: 12 }), amounts => {
      const { parts, total } = formatBillParts(amounts)
      expect(parts.reduce((sum, part) => sum + printed(part), 0n)).toBe(printed(total))
      for (const [index, amount] of amounts.entries()) {
        const error = printed(parts[index]!) * 100_000n - amount
        expect(error < 100_000n && error > -100_000n).toBe(true)
      }
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('each alone rounded, three thirds of a tenth of a cent would print as less than they are', () => {
  expect(formatBillParts([33_333n, 33_333n, 33_334n])).toEqual({
    parts: ['0.0000', '0.0000', '0.0001'],
    total: '0.0001',
  })
  expect(formatBillParts([150_000n, 150_000n])).toEqual({ parts: ['0.0002', '0.0001'], total: '0.0003' })
  expect(formatBillParts([])).toEqual({ parts: [], total: '0.0000' })
})
