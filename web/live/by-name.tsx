/** Cost over time and in a window, by model, tenant or deployment. */
import { useMemo, useRef } from 'preact/hooks'
import type { LiveSnapshot } from '../../src/gateway/control/live-snapshot.ts'
import type { LiveWindow, LiveWindowFigures, SeriesGroup } from '../../src/gateway/observe/live/live-cost.ts'
import type { LiveFigures } from '../../src/gateway/observe/live/live-figures.ts'
import {
  formatCount,
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
} from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'
import { Choice } from '../parts/fields.tsx'
import { Empty } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { type Params, replaceParams } from '../state/route.ts'
import { millisecondsText, rateText, shareText } from './live-text.ts'
import { mostLines, SeriesChart } from './series-chart.tsx'
import { aligned } from './series-points.ts'
import { type DrawnFigure, type Span, useSeries } from './use-series.ts'

const groups = [
  ['total', 'Everything'],
  ['model', 'Model'],
  ['tenant', 'Tenant'],
  ['target', 'Deployment or offer'],
] as const satisfies readonly (readonly [SeriesGroup, string])[]

const spanNames = [
  ['10m', 'Ten minutes'],
  ['1h', 'An hour'],
  ['24h', 'A day'],
] as const satisfies readonly (readonly [Span, string])[]

const windowOf: Readonly<Record<Span, LiveWindow>> = { '10m': '10m', '1h': '1h', '24h': 'start' }

const millionths = (value: number) => `$${formatSignificant(value)}`
const rate = (value: number) => rateText(value)
const share = (value: number) => formatPercent(value)

const figures = {
  requestsPerSecond: ['Requests per second', rate],
  goodputPerSecond: ['Requests within objectives per second', rate],
  outputTokensPerSecond: ['Output tokens per second', rate],
  cacheHitShare: ['Prompt tokens found in a cache', share],
  expectedUseShare: ['Use of own machines, by money', share],
  meanTtftMs: ['Mean time to first token', millisecondsText],
} as const satisfies Partial<Record<DrawnFigure, readonly [string, (value: number) => string]>>

interface ByNameProps {
  readonly params: Params
  readonly cost: LiveSnapshot['cost']
}

export function ByName({ params, cost }: ByNameProps) {
  const group = groups.find(([name]) => name === params.by)?.[0] ?? 'total'
  const span = spanNames.find(([name]) => name === params.span)?.[0] ?? '10m'
  const figure =
    params.figure !== undefined && params.figure in figures
      ? (params.figure as keyof typeof figures)
      : 'outputTokensPerSecond'
  const window = cost.windows[windowOf[span]]
  const names = useNames(group, window)
  const series = useSeries(group, names, span)
  const change = (changed: Params) => replaceParams('live', { ...params, ...changed })
  const [title, format] = figures[figure]
  const pointsOf = (name: string) => series.get(name) ?? []
  const price = useMemo(
    () =>
      group === 'total'
        ? aligned([
            { points: pointsOf(''), figure: 'usdPerMillionTokensWithIdle' },
            { points: pointsOf(''), figure: 'usdPerMillionTokens' },
          ])
        : aligned(names.map(name => ({ points: pointsOf(name), figure: 'usdPerMillionTokens' }))),
    [series, group, names],
  )
  const other = useMemo(
    () => aligned(names.map(name => ({ points: pointsOf(name), figure }))),
    [series, names, figure],
  )
  const shownNames = names.map(name => shownName(group, name))
  return (
    <section aria-label="Over time">
      <h2>Over time</h2>
      <div class="filters">
        <Choice label="By" value={group} options={groups} onChange={by => change({ by })} />
        <Choice
          label="Of the last"
          value={span}
          options={group === 'tenant' ? spanNames.slice(0, 2) : spanNames}
          onChange={to => change({ span: to })}
        />
        <Choice
          label="Beside the price"
          value={figure}
          options={Object.entries(figures).map(([name, [words]]) => [name, words] as const)}
          onChange={to => change({ figure: to })}
        />
      </div>
      <div class="figures">
        <SeriesChart
          title="Dollars per million tokens"
          format={millionths}
          names={group === 'total' ? ['idle included', 'without idle'] : shownNames}
          lines={price}
          file="live-cost"
        />
        <SeriesChart title={title} format={format} names={shownNames} lines={other} file={`live-${figure}`} />
      </div>
      <Rows group={group} window={window} span={span} />
    </section>
  )
}

/** The dearest few, each in its place for as long as the page is open, so that no line changes its colour. */
function useNames(group: SeriesGroup, window: LiveWindowFigures): readonly string[] {
  const places = useRef(new Map<SeriesGroup, readonly string[]>())
  if (group === 'total') return total
  const before = places.current.get(group) ?? []
  if (before.length >= mostLines) return before
  const found = sorted(rowsOf(group, window)).map(([name]) => name)
  const added = found.filter(name => !before.includes(name)).slice(0, mostLines - before.length)
  if (added.length === 0) return before
  const names = [...before, ...added]
  places.current.set(group, names)
  return names
}

const total: readonly string[] = ['']

/** Requests that were refused before their key or model was known have neither. */
function shownName(group: SeriesGroup, name: string): string {
  if (group === 'total') return 'all'
  return name === '' ? '(unknown)' : name
}

function rowsOf(group: SeriesGroup, window: LiveWindowFigures): Readonly<Record<string, LiveFigures>> {
  switch (group) {
    case 'total':
      return { all: window.total }
    case 'model':
      return window.models
    case 'tenant':
      return window.tenants
    case 'target':
      return window.targets
  }
}

function sorted(rows: Readonly<Record<string, LiveFigures>>): [string, LiveFigures][] {
  return Object.entries(rows).sort(([, a], [, b]) => b.usd - a.usd || b.requests - a.requests)
}

/** Assumed: who looks for more asks the ledger. */
const mostRows = 20

const right = { align: 'right' } as const

interface RowsProps {
  readonly group: SeriesGroup
  readonly window: LiveWindowFigures
  readonly span: Span
}

function Rows({ group, window, span }: RowsProps) {
  const rows = sorted(rowsOf(group, window))
  if (rows.length === 0) return <Empty>No request came in this time.</Empty>
  const name = groups.find(([value]) => value === group)![1]
  const table: Table = {
    columns: [
      { header: group === 'total' ? '' : name },
      { header: '$/Mtok', ...right },
      { header: 'idle included', ...right },
      { header: 'spent', ...right },
      { header: 'requests', ...right },
      { header: 'per second', ...right },
      { header: 'tokens/s', ...right },
      { header: 'cached', ...right },
      { header: 'idle', ...right },
      { header: 'TTFT', ...right },
      { header: 'TPOT', ...right },
      { header: 'failed', ...right },
    ],
    rows: rows
      .slice(0, mostRows)
      .map(([key, of]) => [
        shownName(group, key),
        formatUsdPerMillionTokens(of.usdPerMillionTokens),
        formatUsdPerMillionTokens(of.usdPerMillionTokensWithIdle),
        formatUsd(of.usd),
        formatCount(of.requests),
        rateText(of.requestsPerSecond),
        rateText(of.tokensPerSecond),
        shareText(of.cacheHitShare),
        shareText(of.idleShare),
        millisecondsText(of.meanTtftMs),
        millisecondsText(of.meanTpotMs),
        formatCount(of.failed + of.refused),
      ]),
  }
  return (
    <>
      <DataTable table={table} label={`Cost by ${name}`} dense />
      <p class="soft">
        {span === '24h' ? 'Since the gateway started' : `Over the last ${Math.round(window.seconds)} s`}.
        Engines’ tokens are priced at the time they are expected to take; whose idle time it is, nobody knows
        of a model or a tenant. Exact amounts are the ledger’s, below.
        {rows.length > mostRows ? ` The ${mostRows} dearest of ${rows.length}.` : ''}
      </p>
    </>
  )
}
