import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BudgetBook } from './budget-book.ts'

const accounts = ['tenant', 'key', 'model'] as const

function bookWith(limits: readonly bigint[]): BudgetBook {
  const book = new BudgetBook(1000)
  for (const [index, limit] of limits.entries()) book.setLimit(accounts[index]!, limit)
  return book
}
const charge = (...amounts: bigint[]) =>
  amounts.map((amount, index) => ({ account: accounts[index]!, amount }))

describe('a reservation', () => {
  test('is of all accounts or none, and names the first that refuses', () => {
    const book = bookWith([100n, 50n, 10n])
    expect(book.reserve(0, 'a', charge(20n, 20n, 20n), 100)).toEqual({
      kind: 'refused',
      charge: { account: 'model', amount: 20n },
      available: 10n,
    })
    expect(accounts.map(account => book.balance(account).reserved)).toEqual([0n, 0n, 0n])
    expect(book.reserve(0, 'a', charge(10n, 10n, 10n), 100)).toEqual({ kind: 'reserved' })
    expect(accounts.map(account => book.available(account))).toEqual([90n, 40n, 0n])
    expect(book.reserve(0, 'b', charge(91n, 41n, 1n), 100)).toMatchObject({ charge: { account: 'tenant' } })
  })

  test('is settled once, whatever is repeated', () => {
    const book = bookWith([100n])
    book.reserve(0, 'a', charge(60n), 100)
    expect(book.reserve(0, 'a', charge(60n), 100)).toEqual({ kind: 'repeated', state: 'open' })
    expect(book.settle(1, 'a', [40n])).toEqual({ kind: 'settled', overspent: [] })
    expect(book.settle(2, 'a', [40n])).toEqual({ kind: 'repeated' })
    expect(book.release(2, 'a')).toEqual({ kind: 'repeated' })
    expect(book.reserve(3, 'a', charge(1n), 100)).toEqual({ kind: 'repeated', state: 'done' })
    expect(book.settle(3, 'never', [1n])).toEqual({ kind: 'unknown' })
    expect(book.balance('tenant')).toEqual({ limit: 100n, spent: 40n, reserved: 0n, overspent: 0n })
  })

  test('that took more is overspent by the difference, which is said and kept', () => {
    const book = bookWith([100n, 100n])
    book.reserve(0, 'a', charge(90n, 90n), 100)
    expect(book.settle(1, 'a', [105n, 80n])).toEqual({
      kind: 'settled',
      overspent: [{ account: 'tenant', amount: 15n }],
    })
    expect(book.balance('tenant')).toEqual({ limit: 100n, spent: 105n, reserved: 0n, overspent: 15n })
    expect(book.available('tenant')).toBe(-5n)
    expect(book.reserve(2, 'b', charge(0n, 1n), 100)).toMatchObject({ kind: 'refused', available: -5n })
  })

  test('nobody settles counts as spent, until somebody does', () => {
    const book = bookWith([100n])
    book.reserve(0, 'a', charge(60n), 100)
    expect(book.expire(99)).toEqual([])
    expect(book.extend(99, 'a', 100)).toBe(true)
    expect(book.expire(198)).toEqual([])
    expect(book.expire(199)).toEqual(['a'])
    expect(book.extend(199, 'a', 100)).toBe(false)
    expect(book.balance('tenant')).toMatchObject({ spent: 60n, reserved: 0n })
    expect(book.settle(200, 'a', [10n])).toEqual({ kind: 'settled', overspent: [] })
    expect(book.balance('tenant')).toMatchObject({ spent: 10n, reserved: 0n })
    expect(book.settle(201, 'a', [10n])).toEqual({ kind: 'repeated' })
  })

  test('of a charge that counts at once is spent from the start, and comes back when nothing was taken', () => {
    const book = bookWith([2n])
    const request = [{ account: 'tenant', amount: 1n, atOnce: true }]
    for (const id of ['a', 'b']) expect(book.reserve(0, id, request, 100)).toEqual({ kind: 'reserved' })
    expect(book.balance('tenant')).toMatchObject({ spent: 2n, reserved: 0n })
    expect(book.reserve(0, 'c', request, 100)).toMatchObject({ kind: 'refused' })
    book.settle(1, 'a', [1n])
    book.expire(100)
    expect(book.balance('tenant')).toMatchObject({ spent: 2n, reserved: 0n })
    book.release(101, 'b')
    expect(book.balance('tenant')).toMatchObject({ spent: 1n, reserved: 0n })
  })

  test('is forgotten after its time', () => {
    const book = bookWith([100n])
    book.reserve(0, 'a', charge(60n), 100)
    book.settle(1, 'a', [60n])
    book.expire(1000)
    expect(book.size).toEqual({ open: 0, ended: 1 })
    book.expire(1001)
    expect(book.size).toEqual({ open: 0, ended: 0 })
    expect(book.settle(1002, 'a', [60n])).toEqual({ kind: 'unknown' })
  })

  test.each([
    ['a negative charge', (book: BudgetBook) => book.reserve(0, 'a', charge(-1n), 1)],
    ['an account twice', (book: BudgetBook) => book.reserve(0, 'a', [...charge(1n), ...charge(1n)], 1)],
    ['an unknown account', (book: BudgetBook) => book.reserve(0, 'a', [{ account: 'x', amount: 0n }], 1)],
    [
      'closing under reservations',
      (book: BudgetBook) => {
        book.reserve(0, 'a', charge(1n), 1)
        book.close('tenant')
      },
    ],
  ])('%s is a programmer error', (_, act) => {
    expect(() => act(bookWith([10n]))).toThrow(/assertion failed/)
  })
})

/** What may happen to a book; request ids repeat on purpose. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('reserve' as const),
    id: fc.nat(12),
    amounts: fc.array(fc.nat(60), { minLength: 3, maxLength: 3 }),
    hold: fc.nat(8),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    id: fc.nat(12),
    parts: fc.array(fc.nat(100), { minLength: 3, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('release' as const), id: fc.nat(12) }),
  fc.record({ kind: fc.constant('expire' as const) }),
)

test('any sequence: never above a limit, all or nothing, and sums that agree with a list of what happened', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const limits = [300n, 200n, 100n]
      const book = bookWith(limits)
      const reserved = new Map<string, bigint[]>()
      const expired = new Set<string>()
      const spent = new Map<string, bigint[]>()
      for (const [nowMs, action] of steps.entries()) {
        if (action.kind === 'expire') {
          for (const id of book.expire(nowMs)) expired.add(id)
        } else {
          const id = `r${action.id}`
          if (action.kind === 'reserve') {
            const amounts = action.amounts.map(BigInt)
            const outcome = book.reserve(nowMs, id, charge(...amounts), action.hold)
            expect(outcome.kind === 'repeated').toBe(reserved.has(id) || spent.has(id))
            if (outcome.kind === 'reserved') reserved.set(id, amounts)
          } else {
            const held = reserved.get(id)
            // Worst-case reservations: never more than was reserved.
            const actual = (held ?? [0n, 0n, 0n]).map((amount, index) =>
              action.kind === 'release' ? 0n : (amount * BigInt(action.parts[index]!)) / 100n,
            )
            const outcome =
              action.kind === 'release' ? book.release(nowMs, id) : book.settle(nowMs, id, actual)
            expect(outcome.kind).toBe(held !== undefined ? 'settled' : spent.has(id) ? 'repeated' : 'unknown')
            if (held !== undefined) {
              reserved.delete(id)
              expired.delete(id)
              spent.set(id, actual)
            }
          }
        }
        for (const [index, account] of accounts.entries()) {
          const sum = (entries: Iterable<bigint[]>) =>
            [...entries].reduce((total, amounts) => total + amounts[index]!, 0n)
          const late = sum([...expired].map(id => reserved.get(id)!))
          const balance = book.balance(account)
          expect(balance.spent).toBe(sum(spent.values()) + late)
          expect(balance.reserved).toBe(sum(reserved.values()) - late)
          expect(balance.spent + balance.reserved <= limits[index]!).toBe(true)
          expect(balance.overspent).toBe(0n)
          expect(book.available(account)).toBe(limits[index]! - balance.spent - balance.reserved)
        }
      }
    }),
    { numRuns: 200, seed: 6 },
  )
})
