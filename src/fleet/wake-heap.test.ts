import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WakeHeap } from './wake-heap.ts'

test('without an entry nothing is due', () => {
  const heap = new WakeHeap()
  expect(heap.nextUs()).toBe(Number.POSITIVE_INFINITY)
  expect(heap.first()).toBe(-1)
})

test('the earliest is first, ties go to the lower index, whatever happened before', () => {
  const time = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Number.POSITIVE_INFINITY))
  const change = fc.record({ index: fc.integer({ min: 0, max: 11 }), time })
  fc.assert(
    fc.property(fc.array(time, { minLength: 12, maxLength: 12 }), fc.array(change), (start, changes) => {
      const heap = new WakeHeap()
      const times = [...start]
      for (const [index, at] of start.entries()) heap.set(index, at)
      for (const { index, time: at } of changes) {
        heap.set(index, at)
        times[index] = at
        const earliest = Math.min(...times)
        expect(heap.nextUs()).toBe(earliest)
        expect(heap.first()).toBe(times.indexOf(earliest))
      }
    }),
  )
})
