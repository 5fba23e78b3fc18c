/** The books: what was used and what it cost, whether it adds up to the bill, what budgets are left. */
import {
  auditLedger,
  type LedgerAudit,
  type LedgerStore,
  readLedgerReport,
  reportDimensions,
  reportJson,
} from '../../ledger/index.ts'
import { usdText } from '../../ledger/report/decimal.ts'
import { ControlError } from '../control-error.ts'
import { budgetJson } from '../key-view.ts'
import { type ControlQuery, durationMs, timeRange } from '../query.ts'
import { type ControlRoute, json } from './route.ts'

const dayMs = 86_400_000
/** Assumed: more points than a figure is wide. */
const mostBuckets = 2000

type ReportDimension = (typeof reportDimensions)[number]

/** One audit of a ledger at a time; whoever asks meanwhile gets the same. */
const audits = new WeakMap<object, Promise<LedgerAudit>>()

function audit(ledger: Pick<LedgerStore, 'scan' | 'balances'>): Promise<LedgerAudit> {
  const running = audits.get(ledger)
  if (running !== undefined) return running
  const started = auditLedger(ledger as LedgerStore).finally(() => audits.delete(ledger))
  audits.set(ledger, started)
  return started
}

export const bookRoutes: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: '/api/ledger/report',
    openness: 'read',
    query: ['by', 'since', 'until', 'bucket'],
    async answer({ parts, query }) {
      const range = timeRange(query, parts.nowMs(), dayMs)
      const by = dimensions(query)
      const bucketMs = bucket(query, range.toMs - range.fromMs)
      const report = await readLedgerReport(parts.ledger, { ...range, by, bucketMs })
      return { kind: 'text', contentType: 'application/json', text: reportJson(report) }
    },
  },
  {
    method: 'GET',
    path: '/api/reconciliation',
    openness: 'read',
    query: ['since', 'until'],
    async answer({ parts, query }) {
      const range = timeRange(query, parts.nowMs(), dayMs)
      const report = await readLedgerReport(parts.ledger, { ...range, by: [], bucketMs: null })
      const { from, to, reconciliation, invoices } = JSON.parse(reportJson(report))
      const balanced = report.reconciliation.every(({ differenceNanoUsd }) => differenceNanoUsd === 0n)
      return json({ from, to, balanced, reconciliation, engines: parts.comparisons(), invoices })
    },
  },
  {
    method: 'GET',
    path: '/api/ledger/audit',
    openness: 'read',
    query: [],
    async answer({ parts }) {
      const { events, problems, openNanoUsd } = await audit(parts.ledger)
      return json({ events, balanced: problems.length === 0, problems, openUsd: usdText(openNanoUsd) })
    },
  },
  {
    method: 'GET',
    path: '/api/budgets',
    openness: 'read',
    query: [],
    answer: ({ parts }) => json({ budgets: parts.budgets().map(budgetJson) }),
  },
]

function dimensions(query: ControlQuery): ReportDimension[] {
  const text = query.text('by')
  if (text === null || text === '') return []
  return [...new Set(text.split(','))].map(name => {
    const found = reportDimensions.find(dimension => dimension === name)
    if (found === undefined)
      throw new ControlError('bad_request', `by is a list of: ${reportDimensions.join(', ')}`)
    return found
  })
}

function bucket(query: ControlQuery, rangeMs: number): number | null {
  const text = query.text('bucket')
  if (text === null) return null
  const widthMs = durationMs(text, 'bucket')
  if (rangeMs / widthMs > mostBuckets)
    throw new ControlError(
      'bad_request',
      `bucket is too short: at most ${mostBuckets} fit between since and until`,
    )
  return widthMs
}
