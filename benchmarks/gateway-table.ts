/** Rows, bars and the table of benchmarks/gateway.ts. */
import type { Column, Scenario } from './gateway-scenarios.ts'
import type { Measured, Target } from './gateway-stage.ts'

export interface Row {
  readonly name: string
  /** By the columns' titles; NaN where it means nothing. */
  readonly values: Readonly<Record<string, number>>
  /** The first request that went wrong. */
  readonly problem: string | null
}

const ours = 'tokenwright'

export function rowsOf(
  scenario: Scenario,
  outcomes: readonly { readonly target: Target; readonly blocks: readonly Measured[] }[],
): Row[] {
  const direct = outcomes.find(({ target }) => target.gateway === null)?.blocks ?? []
  return outcomes.map(({ target, blocks }) => ({
    name: target.name,
    values: Object.fromEntries(
      scenario.columns.map(column => [
        column.title,
        meaningful(target, column) ? column.of(blocks, direct) : Number.NaN,
      ]),
    ),
    problem: blocks.find(({ problem }) => problem !== null)?.problem ?? null,
  }))
}

function meaningful({ gateway }: Target, column: Column): boolean {
  return column.for === 'all' || (gateway !== null && (column.for === 'gateways' || gateway.routes === 'all'))
}

export interface BarResult {
  readonly text: string
  readonly ours: string
  /** null: it needs a peer that is not here. */
  readonly met: boolean | null
}

export function barsOf({ bars, columns }: Scenario, rows: readonly Row[]): BarResult[] {
  const own = rows.find(({ name }) => name === ours)
  if (own === undefined) return []
  return bars.map(({ text, column, met }) => {
    const value = own.values[column]!
    const others = new Map(rows.filter(row => row !== own).map(row => [row.name, row.values[column]!]))
    const digits = columns.find(({ title }) => title === column)!.digits
    return { text: `${column} ${text}`, ours: value.toFixed(digits), met: met(value, others) }
  })
}

const nameWidth = 12

export function tableOf({ columns }: Scenario, rows: readonly Row[]): string {
  const widths = columns.map(({ title }) => Math.max(title.length, 9) + 2)
  const lines = [columns.map(({ title }, index) => title.padStart(widths[index]!)).join('')]
  for (const { values } of rows)
    lines.push(
      columns
        .map(({ title, digits }, index) => {
          const value = values[title]!
          return (Number.isFinite(value) ? value.toFixed(digits) : '–').padStart(widths[index]!)
        })
        .join(''),
    )
  return lines.map((line, index) => (rows[index - 1]?.name ?? '').padEnd(nameWidth) + line).join('\n')
}
