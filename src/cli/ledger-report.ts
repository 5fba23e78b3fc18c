/** `ledger report`: what was used and what it cost over a window. */
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import {
  focusCsv,
  focusQuery,
  type ReportQuery,
  readLedgerReport,
  reportJson,
} from '../gateway/ledger/index.ts'
import { renderLedgerReport } from '../report/ledger-text.ts'
import type { TextStyle } from '../report/text-style.ts'
import { type LedgerFlags, withLedger } from './ledger-open.ts'
import { ledgerWindow, minuteText } from './ledger-window.ts'

export interface ReportFlags extends LedgerFlags {
  readonly by: string
  readonly since: string
  readonly until?: string
  readonly json?: boolean
  readonly focus?: boolean
  readonly organisation: string
  readonly account: string
}

const dimensionOfName: Readonly<Record<string, ReportQuery['by'][number]>> = {
  tenant: 'tenant',
  key: 'keyId',
  model: 'model',
  deployment: 'deployment',
  offer: 'offer',
  bearer: 'bearer',
  rule: 'priceRule',
}
const bucketOfName: Readonly<Record<string, number>> = { hour: 3_600_000, day: 86_400_000 }

export async function ledgerReportText(
  flags: ReportFlags,
  nowMs: number,
  width: number,
  style: TextStyle,
): Promise<string> {
  if (flags.json === true && flags.focus === true) {
    throw new TokenwrightError('usage', 'a report is either --json or --focus', {
      where: '--json, --focus',
      fix: 'give one of them',
    })
  }
  const { fromMs, toMs } = ledgerWindow(['--since', flags.since], ['--until', flags.until], nowMs)
  const query = flags.focus === true ? focusQuery(fromMs, toMs) : { fromMs, toMs, ...breakdownOf(flags.by) }
  return withLedger(flags, 'read', async ledger => {
    const report = await readLedgerReport(ledger, query)
    if (flags.json === true) return reportJson(report)
    if (flags.focus === true) {
      return focusCsv(report, {
        organisation: flags.organisation,
        billingAccountId: flags.account,
        billingAccountName: flags.organisation,
      })
    }
    const bucketText = (atMs: number): string =>
      new Date(atMs)
        .toISOString()
        .slice(0, query.bucketMs === bucketOfName.day ? 10 : 16)
        .replace('T', ' ')
    const window = { name: ledger.name, from: minuteText(fromMs), to: minuteText(toMs), bucketText }
    return renderLedgerReport(report, window, width, style)
  })
}

/** `tenant,model,day` as dimensions and width of time buckets. */
export function breakdownOf(names: string): Pick<ReportQuery, 'by' | 'bucketMs'> {
  const by: ReportQuery['by'][number][] = []
  let bucketMs: number | null = null
  for (const name of names.split(',').map(text => text.trim())) {
    const dimension = dimensionOfName[name]
    const bucket = bucketOfName[name]
    if (dimension !== undefined) {
      if (!by.includes(dimension)) by.push(dimension)
    } else if (bucket !== undefined) bucketMs = Math.min(bucketMs ?? bucket, bucket)
    else if (name !== '' || names.trim() !== '') throw unknownName(name)
  }
  return { by, bucketMs }
}

function unknownName(name: string): TokenwrightError {
  const known = [...Object.keys(dimensionOfName), 'day', 'hour']
  const near = nearestNames(name, known)
  return new TokenwrightError('usage', `a report cannot be broken down by "${name}"`, {
    where: '--by',
    fix: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `choose among ${known.join(', ')}`,
  })
}
