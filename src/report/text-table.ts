/** A plain text table: headers, a rule, rows; columns two spaces apart and as wide as their widest cell. */
import { cutToWidth, displayWidth, padToWidth, wrapText } from './display-width.ts'

export interface TableColumn {
  readonly header: string
  readonly align?: 'left' | 'right'
}

export interface TableOptions {
  /** Columns of the terminal; wider tables have their widest left-aligned columns cut. */
  readonly maximumWidth?: number
  /** Cells that do not fit go on below instead of being cut. */
  readonly wrap?: boolean
  /** Put before every line. */
  readonly indent?: string
  /** Styles the header line, e.g. bold; given at the command line's edge only. */
  readonly styleHeader?: (text: string) => string
}

const gap = '  '
const narrowestColumn = 8

/** Lines joined by newlines, none at the end. Cells may bear colour codes. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const indent = options.indent ?? ''
  const widths = fittedWidths(columns, rows, (options.maximumWidth ?? Infinity) - displayWidth(indent))
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) =>
        padToWidth(cutToWidth(cells[index] ?? '', widths[index]!), widths[index]!, align),
      )
      .join(gap)
      .trimEnd()
  const style = options.styleHeader ?? (text => text)
  return [
    style(line(columns.map(column => column.header))),
    widths.map(width => '─'.repeat(width)).join(gap),
    ...rows.flatMap(row => (options.wrap === true ? wrapped(row, widths) : [row]).map(line)),
  ]
    .map(text => indent + text)
    .join('\n')
}

/** One row as several lines, each cell broken to its column. */
function wrapped(row: readonly string[], widths: readonly number[]): string[][] {
  const cells = row.map((cell, index) =>
    displayWidth(cell) <= widths[index]! ? [cell] : wrapText(cell, widths[index]!),
  )
  const height = Math.max(...cells.map(lines => lines.length))
  return Array.from({ length: height }, (_, index) => cells.map(lines => lines[index] ?? ''))
}

/** Natural widths, then the widest left-aligned columns narrowed, one at a time, until the table fits. */
function fittedWidths(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  available: number,
): number[] {
  const widths = columns.map((column, index) =>
    rows.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[index] ?? '')),
      displayWidth(column.header),
    ),
  )
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1) - available
  while (excess > 0) {
    const widest = widestLeftColumn(columns, widths)
    if (widest < 0) break
    widths[widest]! -= 1
    excess -= 1
  }
  return widths
}

function widestLeftColumn(columns: readonly TableColumn[], widths: readonly number[]): number {
  let widest = -1
  for (const [index, column] of columns.entries()) {
    if (column.align === 'right' || widths[index]! <= narrowestColumn) continue
    if (widest < 0 || widths[index]! > widths[widest]!) widest = index
  }
  return widest
}
