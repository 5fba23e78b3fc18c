/** `ledger invoice`: what a provider asks for, beside what was accrued. */
import { TokenwrightError } from '../core/errors.ts'
import { nanoUsdFromDecimal } from '../core/money.ts'
import { nearestNames } from '../core/nearest-name.ts'
import {
  type InvoiceReceived,
  isContradiction,
  type LedgerStore,
  readLedgerReport,
} from '../gateway/ledger/index.ts'
import { exactUsd } from '../report/format-number.ts'
import { jsonText } from '../report/json-text.ts'
import { type LedgerFlags, withLedger } from './ledger-open.ts'
import { ledgerWindow, minuteText } from './ledger-window.ts'

export interface InvoiceFlags extends LedgerFlags {
  readonly number: string
  readonly usd: string
  readonly from: string
  readonly to: string
  readonly json?: boolean
}

export async function ledgerInvoiceText(offer: string, flags: InvoiceFlags): Promise<string> {
  const nanoUsd = nanoUsdFromDecimal(flags.usd.replace(/^\$/, ''))
  if (nanoUsd === null) {
    throw new TokenwrightError('usage', `"${flags.usd}" is no amount of dollars`, {
      where: '--usd',
      fix: 'write it as 412.37',
    })
  }
  const { fromMs, toMs } = ledgerWindow(['--from', flags.from], ['--to', flags.to], Date.now())
  return withLedger(flags, 'write', async ledger => {
    await refuseUnknownOffer(ledger, offer)
    // Its moment is the end of what it is for, so that the same invoice is the same event whenever it is entered.
    const event: InvoiceReceived = {
      kind: 'invoiceReceived',
      ...{ atMs: toMs, offer, invoice: flags.number, fromMs, toMs, nanoUsd },
    }
    const isNew = await append(ledger, event)
    const { invoices } = await readLedgerReport(ledger, { fromMs, toMs, by: [], bucketMs: null })
    const line = invoices.find(each => each.offer === offer)
    const accrued = line?.accruedNanoUsd ?? 0n
    const invoiced = line?.invoicedNanoUsd ?? 0n
    if (flags.json === true) {
      return jsonText({
        kind: 'tokenwright-ledger-invoice',
        version: 1,
        ...{ offer, invoice: flags.number, isNew },
        ...{ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
        usd: exactUsd(nanoUsd),
        accruedUsd: exactUsd(accrued),
        invoicedUsd: exactUsd(invoiced),
      })
    }
    return [
      `invoice ${flags.number} of ${offer}: $${exactUsd(nanoUsd)}${isNew ? '' : ', which was there already'}`,
      `  ${minuteText(fromMs)} to ${minuteText(toMs)}`,
      `  accrued by requests  $${exactUsd(accrued)}`,
      `  invoiced             $${exactUsd(invoiced)}`,
      `  difference           $${exactUsd(invoiced - accrued)}`,
      '',
    ].join('\n')
  })
}

async function append(ledger: LedgerStore, event: InvoiceReceived): Promise<boolean> {
  try {
    return (await ledger.append([event])).appended === 1
  } catch (error) {
    if (!isContradiction(error)) throw error
    throw new TokenwrightError(
      'ledger',
      `invoice ${event.invoice} of ${event.offer} is there with another amount or span`,
      {
        where: ledger.name,
        fix: 'nothing was changed; enter the difference under a number of its own',
      },
    )
  }
}

/** A mistyped offer would stay in the ledger for ever. */
async function refuseUnknownOffer(ledger: LedgerStore, offer: string): Promise<void> {
  const whole = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, bucketMs: null }
  const rows = await ledger.aggregate({ ...whole, by: ['offer'], where: { category: 'request' } })
  const known = rows.map(({ dimensions }) => dimensions.offer ?? '').filter(name => name !== '')
  if (known.includes(offer)) return
  const near = nearestNames(offer, known)
  throw new TokenwrightError('unknown-entry', `no request in the ledger was served by the offer "${offer}"`, {
    where: ledger.name,
    fix:
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : known.length === 0
          ? 'it has no requests to APIs at all'
          : `offers in it: ${known.slice(0, 8).join(', ')}`,
  })
}
