import { describe, expect, it } from 'vitest'
import { parseCsv } from './csv.ts'
import { TokenwrightError } from './errors.ts'

function cells(text: string): string[][] {
  const table = parseCsv(text)
  return table.records.map(record => table.header.map(column => record.text(column)))
}

function fault(text: string): TokenwrightError {
  try {
    parseCsv(text)
  } catch (error) {
    if (error instanceof TokenwrightError) return error
  }
  throw new Error('no TokenwrightError was thrown')
}

describe('parseCsv', () => {
  it('reads plain, quoted and empty cells', () => {
    expect(cells('a,b,c\n1,"x, ""y""",\n')).toEqual([['1', 'x, "y"', '']])
  })

  it('accepts CRLF, a byte-order mark, blank lines and a last line without break', () => {
    expect(cells('\uFEFFa,b\r\n1,2\r\n\r\n3,4')).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
  })

  it('keeps line breaks inside quotes and counts lines past them', () => {
    const { records } = parseCsv('a,b\n"1\n2",x\n3,y\n')
    expect(records.map(record => record.line)).toEqual([2, 4])
    expect(records[0]!.text('a')).toBe('1\n2')
  })

  it('reads numbers, and null for what is none', () => {
    const [record] = parseCsv('a,b,c,d,e\n1e3,NaN,,inf,-2\n').records
    expect(['a', 'b', 'c', 'd', 'e', 'missing'].map(column => record!.number(column))).toEqual([
      1000,
      null,
      null,
      null,
      -2,
      null,
    ])
    expect(record!.positive('e')).toBeNull()
  })

  it('reads flags as Python and JSON write them', () => {
    const [record] = parseCsv('a,b,c,d\nTrue,false,1,\n').records
    expect(['a', 'b', 'c', 'd'].map(column => record!.flag(column))).toEqual([true, false, true, false])
  })

  it('names the line of a ragged row', () => {
    expect(fault('a,b\n1,2\n3\n').where).toBe('line 3')
    expect(fault('a,b\n1,2,3\n').message).toContain('3 cells')
  })

  it('names the line where an unclosed quote began', () => {
    expect(fault('a,b\n1,2\n3,"4\n5,6\n').where).toBe('line 3')
  })

  it('refuses text after a closing quote', () => {
    expect(fault('a\n"1"2\n').where).toBe('line 2')
  })

  it('refuses an empty text and a column named twice', () => {
    expect(fault('').message).toContain('empty')
    expect(fault('\n\n').message).toContain('empty')
    expect(fault('a,a\n1,2\n').message).toContain('"a"')
  })

  it.each(['', 'a,a\n1,2\n', 'a,b\n1\n', 'a\n"1"2\n', 'a\n"1\n'])(
    'says of %j what, where and what to do, as all errors do',
    text => {
      const { message, where, fix } = fault(text)
      expect(message).toMatch(/^[a-z].*[^.]$/)
      expect(where).toMatch(/^line \d+$/)
      expect(fix).toMatch(/^[a-z].*[^.]$/)
    },
  )
})
