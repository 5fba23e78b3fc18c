/** Pages, sections, tables and name–value lists as HTML. */
import { type Child, element, type Markup } from './markup.ts'
import type { Pair, Table } from './plan-facts.ts'

/** A whole document with its style sheet inside: asks nothing of the network, runs no script. */
export function htmlPage(title: string, style: string, ...content: readonly Child[]): string {
  const page = element(
    'html',
    { lang: 'en' },
    element(
      'head',
      {},
      element('meta', { charset: 'utf-8' }),
      element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      element('title', {}, title),
      { html: `<style>${style}</style>` },
    ),
    element('body', {}, element('main', {}, ...content)),
  )
  return `<!doctype html>\n${page.html}\n`
}

/** The few figures a reader looks for first, each with a word beside it. */
export function keyFigures(
  figures: readonly (readonly [name: string, value: string, note: string])[],
): Markup {
  return element(
    'dl',
    { class: 'key' },
    ...figures.map(([name, value, note]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value, element('small', {}, note))),
    ),
  )
}

export function captioned(figure: Markup | null, caption: string): Markup | null {
  return figure && element('figure', {}, figure, element('figcaption', {}, caption))
}

/** Scrolls by itself where it is wider than the page. */
export function wide(content: Markup | null): Markup | null {
  return content && element('div', { class: 'wide' }, content)
}

/** The same for a table whose last column is words: they wrap where the page is wide enough for it. */
export function wordy(table: Markup | null): Markup | null {
  return table && element('div', { class: 'wordy' }, table)
}

/** Empty bodies vanish with their heading. */
export function htmlSection(heading: string, body: Markup | null): Markup | null {
  return body === null || body.html === '' ? null : element('section', {}, element('h2', {}, heading), body)
}

/** A table; the row numbered `chosenRow` stands out, and others may have classes of their own. */
export function htmlTable(
  table: Table,
  chosenRow = -1,
  rowClass: (row: number) => string | null = () => null,
): Markup | null {
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
          { class: number === chosenRow ? 'chosen' : rowClass(number) },
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
