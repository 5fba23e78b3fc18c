import { describe, expect, it } from 'vitest'
import { mergeDuplicates, roundedKey } from './duplicates.ts'

describe('roundedKey', () => {
  it('matches copies rounded to four significant digits', () => {
    expect(roundedKey(972.3109823)).toBe(roundedKey(972.31))
    expect(roundedKey(972.3)).not.toBe(roundedKey(972.9))
  })
})

describe('mergeDuplicates', () => {
  const rows = [
    { key: 'x', rank: 2, name: 'late' },
    { key: 'y', rank: 1, name: 'alone' },
    { key: 'x', rank: 0, name: 'believed' },
    { key: 'x', rank: 0, name: 'same rank' },
  ]

  it('keeps the believed row of each measurement and lists its copies', () => {
    const merged = mergeDuplicates(
      rows,
      row => row.key,
      row => row.rank,
    )
    expect(merged.map(({ kept, copies }) => [kept.name, copies.map(copy => copy.name)])).toEqual([
      ['believed', ['late', 'same rank']],
      ['alone', []],
    ])
  })
})
