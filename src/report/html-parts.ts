/** Sections, tables and name–value lists as HTML. */
import { element, type Markup } from './markup.ts'
import type { Pair, Table } from './plan-facts.ts'

/** Empty bodies vanish with their heading. */
export function htmlSection(heading: string, body: Markup | null): Markup | null {
  return body === null || body.html === '' ? null : element('section', {}, element('h2', {}, heading), body)
}

/** A table; the row numbered `chosenRow` stands out. */
export function htmlTable(table: Table, chosenRow = -1): Markup | null {
  if (table.rows.length === 0) return null
  const alignment = (index: number) => (table.columns[index]?.align === 'right' ? 'right' : null)
  return element(
    'table',
    {},
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...table.columns.map((column, index) =>
          element('th', { scope: 'col', class: alignment(index) }, column.header),
        ),
      ),
    ),
    element(
      'tbody',
      {},
      ...table.rows.map((row, number) =>
        element(
          'tr',
          { class: number === chosenRow ? 'chosen' : null },
          ...row.map((cell, index) => element('td', { class: alignment(index) }, cell)),
        ),
      ),
    ),
  )
}

export function htmlPairs(pairs: readonly Pair[]): Markup | null {
  if (pairs.length === 0) return null
  return element(
    'dl',
    { class: 'pairs' },
    ...pairs.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  )
}
