/** One run as each peer would have reported it, side by side. */
import type { ReportedFigure, ReportedKind, ReportedStatistic } from '../measure/as-reported.ts'
import { wrapText } from './display-width.ts'
import { formatMilliseconds, formatSignificant, missing } from './format-number.ts'
import { indent, indentedTable, section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'

export interface PeerReport {
  readonly peer: string
  readonly title: string
  readonly figures: readonly ReportedFigure[]
}

export interface LoadReport {
  readonly load: string
  readonly peers: readonly PeerReport[]
}

const kinds: readonly (readonly [ReportedKind, string])[] = [
  ['ttft', 'TTFT'],
  ['tpot', 'TPOT'],
  ['itl', 'ITL'],
  ['e2e', 'E2E'],
  ['output-throughput', 'output tokens/s'],
  ['request-throughput', 'requests/s'],
]
const shown: readonly ReportedStatistic[] = ['mean', 'p50', 'p99', 'total']

export function renderAsReported(
  loads: readonly LoadReport[],
  { width, style }: { readonly width: number; readonly style: TextStyle },
): string {
  const tables = loads.map(({ load, peers }) => section(load, table(peers, width), style))
  const definitions = (loads[0]?.peers ?? []).map(({ title, figures }) =>
    section(title, definitionLines(figures, width), style),
  )
  return `${[...tables, ...definitions].join('\n\n')}\n`
}

function table(peers: readonly PeerReport[], width: number): string {
  const rows = kinds.flatMap(([kind, name]) =>
    shown.flatMap(statistic => {
      const cells = peers.map(({ figures }) =>
        figures.find(each => each.kind === kind && each.statistic === statistic),
      )
      if (cells.every(cell => cell === undefined)) return []
      return [[statistic === 'total' ? name : `${name} ${statistic}`, ...cells.map(figureText)]]
    }),
  )
  return indentedTable(
    {
      columns: [{ header: '' }, ...peers.map(({ peer }) => ({ header: peer, align: 'right' as const }))],
      rows,
    },
    width,
  )
}

function figureText(figure: ReportedFigure | undefined): string {
  if (figure === undefined || figure.value === null) return missing
  if (figure.unit === 'ms') return formatMilliseconds(figure.value)
  return figure.unit === 's' ? formatMilliseconds(figure.value * 1000) : formatSignificant(figure.value)
}

/** Each metric once: its name there, and its formula. */
function definitionLines(figures: readonly ReportedFigure[], width: number): string {
  const seen = new Map(figures.map(({ metric, definition }) => [metric, definition]))
  return [...seen]
    .flatMap(([metric, definition]) => wrapText(`${metric}: ${definition}`, width - indent.length, indent))
    .map(line => indent + line)
    .join('\n')
}
