import { expect, test } from 'vitest'
import { columnMeans, renderSparkline } from './text-sparkline.ts'

test('columns are means of their bins, the last one by what there is of it', () => {
  expect(columnMeans([1, 3, 5, 7], 2)).toEqual([2, 6])
  expect(columnMeans([1, 3, 5, 100], 2, 0)).toEqual([2, 5])
  expect(columnMeans([1, null, null, null], 2)).toEqual([1, null])
})

test('more columns than bins repeat them; every bin is seen', () => {
  expect(columnMeans([1, 2], 4)).toEqual([1, 1, 2, 2])
  expect(columnMeans([1, 2, 3], 2)).toEqual([1, 2.5])
})

test('is as wide as its values, from empty to full', () => {
  expect(renderSparkline([0, 4, 8, null])).toBe('▁▅█ ')
  expect(renderSparkline([0, 0])).toBe('▁▁')
  expect(renderSparkline([])).toBe('')
})
