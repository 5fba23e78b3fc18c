/** Blocks of a text report: headings, name–value pairs, indented tables. */
import { wrapText } from './display-width.ts'
import type { Pair, Table } from './plan-facts.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable } from './text-table.ts'

export const indent = '  '

/** A block with a heading; empty bodies vanish. */
export function section(heading: string, body: string, style: TextStyle): string {
  return body === '' ? '' : `${style.strong(heading)}\n${body}`
}

/** Longer names take a line of their own. */
const longestName = 34

/** Lines of `name  value`: names padded, values wrapped under each other. */
export function renderPairs(pairs: readonly Pair[], width: number): string {
  const nameWidth = pairs.reduce(
    (widest, [name]) => Math.max(widest, name.length <= longestName ? name.length : 0),
    4,
  )
  const column = indent.length + nameWidth + 2
  return pairs
    .map(([name, value]) => {
      const lines = wrapText(value, Math.max(30, width - column)).map(line => ' '.repeat(column) + line)
      if (name.length > longestName) return [indent + name, ...lines].join('\n')
      const [first = '', ...rest] = lines
      return [`${indent}${name.padEnd(nameWidth)}  ${first.trimStart()}`, ...rest].join('\n')
    })
    .join('\n')
}

export function indentedTable(table: Table, width: number): string {
  return table.rows.length === 0
    ? ''
    : renderTable(table.columns, table.rows, { indent, maximumWidth: width, wrap: true })
}
