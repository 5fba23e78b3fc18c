/** The ranking as a table that fits the terminal: unimportant columns go first when it is narrow. */
import type { Candidate } from '../plan/types.ts'
import { concurrencyOf, describeDevices, describeLayout } from './describe-deployment.ts'
import { displayWidth } from './display-width.ts'
import { formatMilliseconds, formatSignificant, formatUsd, usdOfNano } from './format-number.ts'
import type { Table } from './plan-facts.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable, type TableColumn } from './text-table.ts'
import { describeSpeculation, shortEngineNames } from './words.ts'

interface RankingColumn extends TableColumn {
  /** The higher, the sooner the column is left out; 0 always stays. */
  readonly dispensability: number
  readonly cell: (candidate: Candidate, index: number) => string
}

const dollars = (value: number | null) => (value === null ? '–' : formatSignificant(value))

const rankingColumns: readonly RankingColumn[] = [
  { header: '#', align: 'right', dispensability: 0, cell: (_, index) => String(index + 1) },
  { header: 'devices', dispensability: 0, cell: candidate => describeDevices(candidate.deployment) },
  { header: 'engine', dispensability: 1, cell: candidate => shortEngineNames[candidate.deployment.engine] },
  { header: 'prec.', dispensability: 1, cell: candidate => candidate.deployment.precision.preset },
  { header: 'layout', dispensability: 1, cell: layoutCell },
  { header: 'conc.', align: 'right', dispensability: 2, cell: concurrencyOf },
  { header: '$/Mtok', align: 'right', dispensability: 0, cell: candidate => dollars(candidate.cost.blended) },
  {
    header: 'in',
    align: 'right',
    dispensability: 5,
    cell: candidate => dollars(candidate.cost.uncachedInput),
  },
  {
    header: 'cached',
    align: 'right',
    dispensability: 9,
    cell: candidate => dollars(candidate.cost.cachedInput),
  },
  { header: 'out', align: 'right', dispensability: 5, cell: candidate => dollars(candidate.cost.output) },
  {
    header: 'TTFT p90',
    align: 'right',
    dispensability: 3,
    cell: candidate => formatMilliseconds(candidate.performance.ttft.p90Ms),
  },
  {
    header: 'TPOT ms',
    align: 'right',
    dispensability: 3,
    cell: candidate => formatSignificant(candidate.performance.tpot.meanMs),
  },
  {
    header: 'tok/s/GPU',
    align: 'right',
    dispensability: 7,
    cell: candidate => formatSignificant(candidate.performance.totalTokensPerSecondPerDevice),
  },
  {
    header: '$/h',
    align: 'right',
    dispensability: 8,
    cell: candidate => formatUsd(usdOfNano(candidate.costRate.nanoUsdPerHour)).slice(1),
  },
  { header: 'basis', dispensability: 4, cell: basisCell },
]

function layoutCell({ deployment }: Candidate): string {
  const layout = describeLayout(deployment)
  return deployment.speculation ? `${layout} ${describeSpeculation(deployment.speculation)}` : layout
}

function basisCell(candidate: Candidate): string {
  return candidate.basis + (candidate.lowConfidenceFacts.length > 0 ? ' !' : '')
}

/** Every column, for formats that have the room. */
export function rankingTable(candidates: readonly Candidate[]): Table {
  return tableOf(hideUnused(rankingColumns, candidates), candidates)
}

function tableOf(columns: readonly RankingColumn[], candidates: readonly Candidate[]): Table {
  return {
    columns,
    rows: candidates.map((candidate, index) => columns.map(column => column.cell(candidate, index))),
  }
}

export function renderRanking(candidates: readonly Candidate[], width: number, style: TextStyle): string {
  let columns = hideUnused(rankingColumns, candidates)
  const render = () => {
    const table = tableOf(columns, candidates)
    return renderTable(table.columns, table.rows)
  }
  while (tableWidth(render()) > width && columns.some(column => column.dispensability > 0)) {
    const first = columns.reduce((most, column) => Math.max(most, column.dispensability), 0)
    columns = columns.filter(column => column.dispensability < first)
  }
  const table = tableOf(columns, candidates)
  return renderTable(table.columns, table.rows, { maximumWidth: width, styleHeader: style.strong })
}

/** Columns in which every row says "–" tell nothing. */
function hideUnused(
  columns: readonly RankingColumn[],
  candidates: readonly Candidate[],
): readonly RankingColumn[] {
  return columns.filter(
    column =>
      column.dispensability === 0 ||
      !candidates.every((candidate, index) => column.cell(candidate, index) === '–'),
  )
}

function tableWidth(table: string): number {
  return table.split('\n').reduce((width, line) => Math.max(width, displayWidth(line)), 0)
}
