import { expect, test } from 'vitest'
import { printable } from './report-fault.ts'

test("control characters of a user's file never reach the terminal", () => {
  expect(printable('a\u001b[2Jb\u0000c\nd')).toBe('a\uFFFD[2Jb\uFFFDc\nd')
})

test('text of any length is cut', () => {
  expect(printable('x'.repeat(100_000)).length).toBeLessThan(2000)
})
