import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NumberTable } from './number-table.ts'

describe('NumberTable', () => {
  test('keys that differ only above 32 bits are different keys', () => {
    const table = new NumberTable()
    table.set(5, 1)
    table.set(5 + 2 ** 32, 2)
    table.set(Number.MAX_SAFE_INTEGER, 3)
    expect([5, 5 + 2 ** 32, Number.MAX_SAFE_INTEGER, 6].map(key => table.get(key))).toEqual([1, 2, 3, -1])
  })

  test('refuses negative keys', () => {
    expect(() => new NumberTable().set(-1, 0)).toThrow('not negative')
  })

  test('behaves as a Map does', () => {
    const key = fc.oneof(
      fc.nat(40),
      fc.integer({ min: 0, max: 40 }).map(low => low + 2 ** 40),
    )
    const operation = fc.tuple(fc.constantFrom('set', 'delete'), key, fc.nat(1000))
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), operations => {
        const table = new NumberTable()
        const map = new Map<number, number>()
        for (const [kind, at, value] of operations) {
          if (kind === 'set') {
            table.set(at, value)
            map.set(at, value)
          } else {
            table.delete(at)
            map.delete(at)
          }
        }
        expect(table.size).toBe(map.size)
        for (let low = 0; low <= 40; low++) {
          expect(table.get(low)).toBe(map.get(low) ?? -1)
          expect(table.get(low + 2 ** 40)).toBe(map.get(low + 2 ** 40) ?? -1)
        }
      }),
    )
  })
})
