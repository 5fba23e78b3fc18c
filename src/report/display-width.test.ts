import { describe, expect, test } from 'vitest'
import { wrapText } from './display-width.ts'

describe('wrapped text', () => {
  test.for([
    ['KV cache 53 % full', 11, ['KV cache', '53 % full']],
    ['TPOT mean < 30 ms holds', 12, ['TPOT', 'mean < 30 ms', 'holds']],
    ['2.63 kW and 141 GB', 8, ['2.63 kW', 'and', '141 GB']],
    ['a line\nwith breaks', 30, ['a line with breaks']],
    ['', 10, []],
  ] as const)('%s', ([text, columns, lines]) => {
    expect(wrapText(text, columns)).toEqual(lines)
  })
})
