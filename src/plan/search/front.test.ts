import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ParetoFront, paretoFront } from './front.ts'

interface Point {
  readonly high: number
  readonly low: number
  readonly name: number
}

const points = fc.array(
  fc.record({
    high: fc.integer({ min: 0, max: 20 }),
    low: fc.integer({ min: 0, max: 20 }),
    name: fc.integer({ min: 0, max: 1000 }),
  }),
  { maxLength: 40 },
)
const front = (items: readonly Point[]) =>
  paretoFront(
    items,
    p => p.high,
    p => p.low,
    (a, b) => a.name - b.name,
  )
const beats = (a: Point, b: Point) => a.high >= b.high && a.low <= b.low && (a.high > b.high || a.low < b.low)

describe('ParetoFront', () => {
  it('keeps exactly what nothing beats, one item per place', () => {
    fc.assert(
      fc.property(points, items => {
        const kept = front(items)
        const expected = items.filter(p => !items.some(q => beats(q, p)))
        const places = (list: readonly Point[]) => [...new Set(list.map(p => `${p.high},${p.low}`))].sort()
        expect(places(kept)).toEqual(places(expected))
        expect(kept.length).toBe(places(kept).length)
      }),
    )
  })

  it('does not depend on the order of insertion and is sorted', () => {
    fc.assert(
      fc.property(points, fc.infiniteStream(fc.nat()), (items, keys) => {
        const shuffled = items
          .map(item => ({ item, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(entry => entry.item)
        const kept = front(items)
        expect(front(shuffled)).toEqual(kept)
        for (let i = 1; i < kept.length; i++) {
          expect(kept[i]!.high).toBeLessThan(kept[i - 1]!.high)
          expect(kept[i]!.low).toBeLessThan(kept[i - 1]!.low)
        }
      }),
    )
  })

  it('says whether a box is dominated', () => {
    fc.assert(
      fc.property(
        points,
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: 20 }),
        (items, high, low) => {
          const f = new ParetoFront<Point>((a, b) => a.name - b.name)
          for (const p of items) f.add(p.high, p.low, p)
          expect(f.dominates(high, low)).toBe(items.some(p => p.high >= high && p.low <= low))
        },
      ),
    )
  })
})
