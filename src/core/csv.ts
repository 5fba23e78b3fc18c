/** Comma-separated values after RFC 4180: quotes, doubled quotes, line breaks in quotes, CRLF or LF, a byte-order mark. */
import { TokenwrightError } from './errors.ts'

export interface CsvTable {
  readonly header: readonly string[]
  readonly records: readonly CsvRecord[]
}

/** One data row. Cells are looked up by column name; a column the table lacks reads as empty. */
export class CsvRecord {
  /** Line of the text on which the row starts, counted from 1. */
  readonly line: number
  readonly #columns: ReadonlyMap<string, number>
  readonly #cells: readonly string[]

  constructor(line: number, columns: ReadonlyMap<string, number>, cells: readonly string[]) {
    this.line = line
    this.#columns = columns
    this.#cells = cells
  }

  /** The cell without surrounding blanks. */
  text(column: string): string {
    const index = this.#columns.get(column)
    return index === undefined ? '' : (this.#cells[index] ?? '').trim()
  }

  /** The cell as a finite number, or null when it is empty, NaN, infinite or not a number. */
  number(column: string): number | null {
    const text = this.text(column)
    if (text === '') return null
    const value = Number(text)
    return Number.isFinite(value) ? value : null
  }

  /** The cell as a number above zero, or null. */
  positive(column: string): number | null {
    const value = this.number(column)
    return value !== null && value > 0 ? value : null
  }

  /** True for `True`, `true` and `1`. */
  flag(column: string): boolean {
    return ['true', '1'].includes(this.text(column).toLowerCase())
  }
}

/** Throws a TokenwrightError with the line when the text is empty, cut off or ragged. Blank lines are skipped. */
export function parseCsv(text: string): CsvTable {
  const rows = splitRows(text.startsWith('\uFEFF') ? text.slice(1) : text)
  const first = rows[0]
  if (first === undefined) {
    throw new TokenwrightError('file', 'the CSV file is empty', {
      where: 'line 1',
      fix: 'give a file with a header line and data rows',
    })
  }
  const header = first.cells.map(name => name.trim())
  const columns = new Map<string, number>()
  header.forEach((name, index) => {
    if (columns.has(name)) {
      throw new TokenwrightError('file', `column "${name}" appears twice`, {
        where: `line ${first.line}`,
        fix: 'rename or remove one of them',
      })
    }
    columns.set(name, index)
  })
  const records = rows.slice(1).map(row => {
    if (row.cells.length !== header.length) {
      throw new TokenwrightError(
        'file',
        `the row has ${row.cells.length} cells, the header has ${header.length}`,
        {
          where: `line ${row.line}`,
          fix: 'the file may be cut off, or a comma inside a cell may lack quotes',
        },
      )
    }
    return new CsvRecord(row.line, columns, row.cells)
  })
  return { header, records }
}

interface RawRow {
  readonly line: number
  readonly cells: readonly string[]
}

function splitRows(text: string): RawRow[] {
  const rows: RawRow[] = []
  let position = 0
  let line = 1
  while (position < text.length) {
    const row = readRow(text, position, line)
    if (!(row.cells.length === 1 && row.cells[0] === '')) rows.push({ line, cells: row.cells })
    position = row.end
    line = row.nextLine
  }
  return rows
}

function readRow(text: string, start: number, line: number) {
  const cells: string[] = []
  let position = start
  let nextLine = line
  for (;;) {
    let cell = ''
    if (text[position] === '"') {
      const quoted = readQuoted(text, position, nextLine)
      cell = quoted.value
      position = quoted.end
      nextLine += quoted.lineBreaks
      const after = text[position]
      if (after !== undefined && after !== ',' && after !== '\n' && after !== '\r') {
        throw new TokenwrightError('file', 'text follows a closing quote', {
          where: `line ${nextLine}`,
          fix: 'double a quote that belongs to the text: ""',
        })
      }
    } else {
      const end = endOfPlainCell(text, position)
      cell = text.slice(position, end)
      position = end
    }
    cells.push(cell)
    const separator = text[position]
    if (separator === ',') {
      position += 1
      continue
    }
    if (separator === '\r' && text[position + 1] === '\n') position += 2
    else if (separator !== undefined) position += 1
    return { cells, end: position, nextLine: nextLine + 1 }
  }
}

function endOfPlainCell(text: string, start: number): number {
  let end = start
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1
  return end
}

function readQuoted(text: string, start: number, line: number) {
  let value = ''
  let lineBreaks = 0
  let position = start + 1
  for (;;) {
    const quote = text.indexOf('"', position)
    if (quote < 0) {
      throw new TokenwrightError('file', 'a quoted cell is never closed', {
        where: `line ${line}`,
        fix: 'the file may be cut off',
      })
    }
    const part = text.slice(position, quote)
    value += part
    lineBreaks += part.split('\n').length - 1
    if (text[quote + 1] !== '"') return { value, end: quote + 1, lineBreaks }
    value += '"'
    position = quote + 2
  }
}
