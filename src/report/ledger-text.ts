/** A report of the ledger for the terminal: who used what at what cost, idle time, and whether it adds up. */
import type { LedgerReport } from '../gateway/ledger/index.ts'
import {
  exactUsd,
  formatCount,
  formatPercent,
  formatSignificant,
  formatUsdPerMillionTokens,
  missing,
  plural,
} from './format-number.ts'
import { printable } from './printable.ts'
import { section } from './text-layout.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable, type TableColumn } from './text-table.ts'

type ReportLine = LedgerReport['lines'][number]
type TokenClass = keyof ReportLine['tokens']

export interface LedgerWindowText {
  /** Of the ledger. */
  readonly name: string
  readonly from: string
  readonly to: string
  readonly bucketText: (atMs: number) => string
}

const dayMs = 86_400_000
const joulesPerKilowattHour = 3_600_000

const dimensionHeaders: Readonly<Record<LedgerReport['query']['by'][number], string>> = {
  tenant: 'tenant',
  keyId: 'key',
  model: 'model',
  deployment: 'deployment',
  offer: 'offer',
  bearer: 'borne by',
  priceRule: 'price rule',
}

/** Classes that few use have a column only where they were used. */
const tokenColumns: readonly (readonly [TokenClass, string, 'always' | 'if used'])[] = [
  ['uncachedInput', 'tokens in', 'always'],
  ['cachedInput', 'cached', 'always'],
  ['cacheWrite', 'written', 'if used'],
  ['inputAudio', 'audio in', 'if used'],
  ['output', 'out', 'always'],
  ['outputAudio', 'audio out', 'if used'],
]

export function renderLedgerReport(
  report: LedgerReport,
  window: LedgerWindowText,
  width: number,
  style: TextStyle,
): string {
  const heading = `${style.strong('Ledger')} ${printable(window.name)}, ${window.from} to ${window.to}`
  if (report.lines.length === 0 && report.reconciliation.length === 0 && report.invoices.length === 0)
    return `${heading}\n\nNothing was used or billed in this time.\n`
  return `${[
    heading,
    usageTable(report, window, style),
    energyText(report),
    section('Engines of one’s own', reconciliationTable(report, width, style), style),
    section('APIs', invoiceTable(report, width), style),
  ]
    .filter(part => part !== '')
    .join('\n\n')}\n`
}

function usageTable(report: LedgerReport, window: LedgerWindowText, style: TextStyle): string {
  const { by, bucketMs } = report.query
  const classes = tokenColumns.filter(
    ([name, , when]) => when === 'always' || report.total.tokens[name] !== 0n,
  )
  const isEstimated = report.lines.some(({ estimatedShare }) => (estimatedShare ?? 0) > 0)
  const names = by.length === 0 ? [''] : []
  const right = (header: string): TableColumn => ({ header, align: 'right' })
  const columns: TableColumn[] = [
    ...names.map(header => ({ header })),
    ...(bucketMs === null ? [] : [right(bucketMs === dayMs ? 'day' : 'hour')]),
    ...by.map(name => ({ header: dimensionHeaders[name] })),
    right('requests'),
    ...classes.map(([, header]) => right(header)),
    right('$'),
    ...['$/M in', '$/M cached', '$/M out', '$/M all'].map(right),
    ...(isEstimated ? [right('estimated')] : []),
  ]
  const figures = (line: ReportLine): string[] => [
    line.category === 'idle' ? '' : formatCount(line.requests),
    ...classes.map(([name]) => (line.category === 'idle' ? '' : formatCount(line.tokens[name]))),
    dollars(line.totalNanoUsd, report.total.totalNanoUsd),
    ...(['uncachedInput', 'cachedInput', 'output', 'blended'] as const).map(name =>
      line.category === 'idle' ? '' : rate(line, name),
    ),
    ...(isEstimated ? [line.estimatedShare === null ? '' : formatPercent(line.estimatedShare)] : []),
  ]
  const row = (line: ReportLine): string[] => {
    const labels = by.map(name => printable(line.dimensions[name] ?? '') || missing)
    if (line.category === 'idle' && by.length > 0)
      labels[0] = by[0] === 'deployment' ? `${labels[0]} (idle)` : 'idle'
    return [
      ...names.map(() => (line.category === 'idle' ? 'idle' : 'requests')),
      ...(bucketMs === null ? [] : [window.bucketText(line.bucketMs ?? 0)]),
      ...labels,
      ...figures(line),
    ]
  }
  const labelCells = columns.length - figures(report.total).length
  const total = [
    ...Array.from({ length: labelCells }, (_, index) => (index === 0 ? 'total' : '')),
    ...figures(report.total),
  ]
  return renderTable(columns, [...inOrder(report.lines).map(row), total], {
    // However wide: a name that is cut off names nobody.
    styleHeader: style.faint,
  })
}

function energyText({ total }: LedgerReport): string {
  if (total.energyNanoUsd === 0n && total.energyJoules === 0) return ''
  const kilowattHours = `${formatSignificant(total.energyJoules / joulesPerKilowattHour)} kWh of engines of one’s own`
  return total.energyNanoUsd === 0n
    ? `Energy: ${kilowattHours}, in their price`
    : `Energy: $${dollars(total.energyNanoUsd, total.totalNanoUsd)} of it, ${kilowattHours}`
}

/** By time, then the dearest first, idle time behind the requests. */
function inOrder(lines: readonly ReportLine[]): ReportLine[] {
  return lines.toSorted(
    (a, b) =>
      (a.bucketMs ?? 0) - (b.bucketMs ?? 0) ||
      Number(a.category === 'idle') - Number(b.category === 'idle') ||
      (a.totalNanoUsd < b.totalNanoUsd ? 1 : a.totalNanoUsd > b.totalNanoUsd ? -1 : 0),
  )
}

function rate(
  { tokens, usdPerMillionTokens }: ReportLine,
  name: 'uncachedInput' | 'cachedInput' | 'output' | 'blended',
): string {
  const value = usdPerMillionTokens[name]
  // Without tokens there is no rate; a rate of 0 is one.
  return name !== 'blended' && tokens[name] === 0n
    ? missing
    : formatUsdPerMillionTokens(value).replace('$', '')
}

/** Cents and two digits more; six digits where all of it is less than a dollar. */
function dollars(nanoUsd: bigint, total: bigint): string {
  const digits = total >= 1_000_000_000n || total <= -1_000_000_000n ? 4 : 6
  const unit = 10n ** BigInt(9 - digits)
  const size = nanoUsd < 0n ? -nanoUsd : nanoUsd
  const rounded = ((size + unit / 2n) / unit).toString().padStart(digits + 1, '0')
  const whole = formatCount(BigInt(rounded.slice(0, -digits)))
  return `${nanoUsd < 0n ? '-' : ''}${whole}.${rounded.slice(-digits)}`
}

function reconciliationTable({ reconciliation }: LedgerReport, width: number, style: TextStyle): string {
  if (reconciliation.length === 0) return ''
  const table = renderTable(
    [
      { header: 'deployment' },
      ...['requests $', '+ idle $', '= bill $', 'difference', 'idle', 'still open $'].map(header => ({
        header,
        align: 'right' as const,
      })),
    ],
    reconciliation.map(line => [
      printable(line.deployment),
      exactUsd(line.requestsNanoUsd),
      exactUsd(line.idleNanoUsd),
      exactUsd(line.closedNanoUsd),
      line.differenceNanoUsd === 0n ? '0' : exactUsd(line.differenceNanoUsd),
      line.closedNanoUsd === 0n
        ? missing
        : tenthPercent(Number(line.idleNanoUsd) / Number(line.closedNanoUsd)),
      exactUsd(line.openNanoUsd),
    ]),
    { indent: '  ', maximumWidth: width },
  )
  const wrong = reconciliation.filter(({ differenceNanoUsd }) => differenceNanoUsd !== 0n)
  const verdict =
    wrong.length === 0
      ? style.good('  requests + idle = bill, difference 0')
      : style.warn(`  ${plural(wrong.length, 'deployment')} do not add up: run tokenwright ledger audit`)
  const unbilled = reconciliation.filter(line => line.closedNanoUsd === 0n && line.openNanoUsd === 0n)
  const notes = unbilled.map(
    ({ deployment }) =>
      `\n  ${printable(deployment)}: no interval was closed in this time, so its requests have no cost yet`,
  )
  return `${table}\n${verdict}${notes.join('')}`
}

/** 99.6 % is not all of it. */
function tenthPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function invoiceTable({ invoices }: LedgerReport, width: number): string {
  if (invoices.length === 0) return ''
  return renderTable(
    [
      { header: 'offer' },
      ...['accrued $', 'invoiced $', 'difference $'].map(header => ({ header, align: 'right' as const })),
    ],
    invoices.map(({ offer, accruedNanoUsd, invoicedNanoUsd }) => [
      printable(offer),
      exactUsd(accruedNanoUsd),
      invoicedNanoUsd === null ? missing : exactUsd(invoicedNanoUsd),
      invoicedNanoUsd === null ? missing : exactUsd(invoicedNanoUsd - accruedNanoUsd),
    ]),
    { indent: '  ', maximumWidth: width },
  )
}
