import { entryId } from '../../src/perf/kernels/entry-selection.ts'
import type { KernelEntry, KernelsFile } from '../../src/perf/kernels/types.ts'
import { quantile } from './fit-entry.ts'

const begin = '<!-- residuals: written by scripts/calibrate-kernels.ts -->'
const end = '<!-- /residuals -->'
const worstShown = 12

/** Replaces what stands between the markers by tables of held-out residuals. */
export function withResidualTables(page: string, file: KernelsFile): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < 0) throw new Error('docs/models/kernels.md has no residual markers')
  const tables = [summary(file.entries), worst(file.entries), filters(file)].join('\n\n')
  return `${page.slice(0, from + begin.length)}\n\n${tables}\n\n${page.slice(to)}`
}

function summary(entries: readonly KernelEntry[]): string {
  const groups = new Map<string, KernelEntry[]>()
  for (const entry of entries) {
    const key = `${entry.operator}|${entry.engine}`
    groups.set(key, [...(groups.get(key) ?? []), entry])
  }
  const rows = [...groups].map(([key, group]) => {
    const [operator, engine] = key.split('|')
    const middle = (read: (entry: KernelEntry) => number) => quantile(group.map(read).sort(ascending), 0.5)
    const highest = Math.max(...group.map(entry => entry.residual.median))
    const judged = group.reduce((sum, entry) => sum + entry.residual.heldOutRows, 0)
    return [
      operator,
      engine,
      group.length,
      judged.toLocaleString('en-US'),
      percent(middle(entry => entry.residual.median)),
      percent(middle(entry => entry.residual.p90)),
      percent(middle(entry => entry.residual.bias)),
      percent(highest),
    ]
  })
  return table(
    ['operator', 'engine', 'entries', 'held-out rows', 'median', 'p90', 'bias', 'worst entry median'],
    rows,
  )
}

function worst(entries: readonly KernelEntry[]): string {
  const sorted = [...entries].sort((a, b) => b.residual.median - a.residual.median).slice(0, worstShown)
  const rows = sorted.map(entry => [
    `\`${entryId(entry)}\``,
    percent(entry.residual.median),
    percent(entry.residual.p90),
    percent(entry.residual.bias),
  ])
  return `Worst entries:\n\n${table(['entry', 'median', 'p90', 'bias'], rows)}`
}

function filters(file: KernelsFile): string {
  const rows = file.filters.map(filter => [filter.name, filter.rows.toLocaleString('en-US'), filter.reason])
  return `Rows left out:\n\n${table(['filter', 'rows', 'reason'], rows)}`
}

function table(head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Of ln errors, in percent. */
function percent(logarithm: number): string {
  return `${(100 * logarithm).toFixed(1)} %`
}

function ascending(a: number, b: number): number {
  return a - b
}
