/** What the ledger says: whether bills add up, what is left of budgets; and what other policies would have cost. */
import type { LiveSnapshot } from '../../src/gateway/control/live-snapshot.ts'
import { formatCount, formatUsd } from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'
import { Empty, Pending } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { behindWords, differenceWords } from './books-words.ts'
import { exactUsdText, shareText } from './live-text.ts'
import { type Polled, usePolled } from './use-polled.ts'

/** `/api/reconciliation`: amounts are exact decimal texts of dollars. */
interface ReconciliationJson {
  readonly balanced: boolean
  readonly reconciliation: readonly {
    readonly deployment: string
    readonly billUsd: string
    readonly closedUsd: string
    readonly requestsUsd: string
    readonly idleUsd: string
    readonly differenceUsd: string
    readonly openUsd: string
  }[]
  readonly invoices: readonly {
    readonly offer: string
    readonly accruedUsd: string
    readonly invoicedUsd: string | null
  }[]
}

interface BudgetsJson {
  readonly budgets: readonly {
    readonly account: string
    readonly scope: string
    readonly tenant: string
    readonly keyId: string | null
    readonly model: string | null
    readonly measure: string
    readonly window: string
    readonly cap: string
    readonly spent: string | null
    readonly reserved: string | null
    readonly usedShare: number | null
  }[]
}

const right = { align: 'right' } as const
/** A closed interval comes every minute by default. */
const everyMs = 10_000

export function Reconciliation({ ledgerFault }: Pick<LiveSnapshot, 'ledgerFault'>) {
  const polled = usePolled<ReconciliationJson>('api/reconciliation?since=24h', everyMs)
  const { answer } = polled
  return (
    <section aria-label="Reconciliation" data-reconciled={answer === null ? undefined : 'yes'}>
      <h2>Do the books add up?</h2>
      {answer === null ? <Waiting polled={polled} words="reading the ledger" /> : null}
      {answer === null ? null : (
        <>
          <p>
            <strong class={answer.balanced ? 'good' : 'bad'}>
              {answer.balanced ? 'Balanced' : 'Not balanced'}
            </strong>{' '}
            over the last 24 hours: of each own deployment, what its machines cost = what requests were
            charged + idle time + what is not closed yet, to the nano-dollar.
          </p>
          {differenceWords(answer.reconciliation).map(words => (
            <p key={words} class="bad">
              {words}
            </p>
          ))}
          {behindWords({
            lines: answer.reconciliation,
            ledgerFault,
            readFault: polled.fault,
            readMs: Date.now() - polled.atMs,
          }).map(words => (
            <p key={words} class={ledgerFault === null && polled.fault === null ? 'soft' : 'warn'}>
              {words}
            </p>
          ))}
          {answer.reconciliation.length === 0 ? (
            <Empty>No interval of an own deployment was billed yet.</Empty>
          ) : (
            <DataTable table={reconciliationTable(answer)} label="Reconciliation by deployment" dense />
          )}
          {answer.invoices.length === 0 ? null : (
            <DataTable table={invoiceTable(answer)} label="Offers: accrued and invoiced" dense />
          )}
        </>
      )}
    </section>
  )
}

function reconciliationTable({ reconciliation }: ReconciliationJson): Table {
  return {
    columns: [
      { header: 'deployment' },
      { header: 'bill', ...right },
      { header: '= requests', ...right },
      { header: '+ idle', ...right },
      { header: '+ open', ...right },
      { header: 'difference', ...right },
    ],
    rows: reconciliation.map(line => [
      line.deployment,
      exactUsdText(line.billUsd, 6),
      exactUsdText(line.requestsUsd, 6),
      exactUsdText(line.idleUsd, 6),
      exactUsdText(line.openUsd, 6),
      exactUsdText(line.differenceUsd, 6),
    ]),
  }
}

function invoiceTable({ invoices }: ReconciliationJson): Table {
  return {
    columns: [{ header: 'offer' }, { header: 'accrued', ...right }, { header: 'invoiced', ...right }],
    rows: invoices.map(({ offer, accruedUsd, invoicedUsd }) => [
      offer,
      exactUsdText(accruedUsd, 6),
      invoicedUsd === null ? 'not yet' : exactUsdText(invoicedUsd, 6),
    ]),
  }
}

/** Assumed: the fullest are the ones to look at. */
const mostBudgets = 20

export function Budgets() {
  const polled = usePolled<BudgetsJson>('api/budgets', everyMs)
  const all = polled.answer?.budgets ?? []
  const fullest = [...all].sort((a, b) => (b.usedShare ?? 0) - (a.usedShare ?? 0)).slice(0, mostBudgets)
  const amount = (measure: string, text: string | null) =>
    text === null ? '–' : measure === 'usd' ? exactUsdText(text) : formatCount(Number(text))
  const table: Table = {
    columns: [
      { header: 'of' },
      { header: 'model' },
      { header: 'limit' },
      { header: 'cap', ...right },
      { header: 'spent', ...right },
      { header: 'reserved', ...right },
      { header: 'used', ...right },
    ],
    rows: fullest.map(one => [
      one.keyId === null ? one.tenant : `${one.tenant}, key ${one.keyId}`,
      one.model ?? 'any',
      `${one.measure === 'usd' ? 'dollars' : one.measure.replace('-', ' ')} a ${one.window}`,
      amount(one.measure, one.cap),
      amount(one.measure, one.spent),
      amount(one.measure, one.reserved),
      shareText(one.usedShare),
    ]),
  }
  return (
    <section aria-label="Budgets">
      <h2>Budgets</h2>
      <Waiting polled={polled} words="asking for budgets" />
      {polled.answer === null ? null : all.length === 0 ? (
        <Empty>No tenant and no key has a limit.</Empty>
      ) : (
        <>
          <DataTable table={table} label="Budgets, fullest first" dense />
          {all.length > mostBudgets ? (
            <p class="soft">
              The {mostBudgets} fullest of {all.length}.
            </p>
          ) : null}
        </>
      )}
    </section>
  )
}

const baselineNames: Readonly<Record<string, string>> = {
  'round-robin': 'round robin',
  'always-dearest': 'always the dearest',
  'always-cheapest': 'always the cheapest',
}

export function Savings({ savings }: { readonly savings: LiveSnapshot['cost']['savings'] }) {
  const table: Table = {
    columns: [
      { header: 'instead' },
      { header: 'it would cost', ...right },
      { header: 'as sent', ...right },
      { header: 'saved', ...right },
      { header: 'decisions', ...right },
    ],
    rows: savings.baselines.map(one => [
      [baselineNames[one.baseline] ?? one.baseline, Object.values(one.targets).join(', ')]
        .filter(Boolean)
        .join(': '),
      formatUsd(one.baselineUsd),
      formatUsd(one.predictedUsd),
      shareText(one.savedShare),
      formatCount(one.decisions),
    ]),
  }
  return (
    <section aria-label="Savings">
      <h2>Saved by routing</h2>
      {savings.priced === 0 ? (
        <Empty>
          No decision was explained with prices yet: raise sampledDecisions, or send a request with
          x-tokenwright-explain: 1.
        </Empty>
      ) : (
        <>
          <DataTable table={table} label="Savings against other policies" dense />
          <p class="soft">
            Prediction against prediction, on explained decisions since the start. Negative: the other policy
            would have been cheaper, which objectives may be worth.
          </p>
        </>
      )}
    </section>
  )
}

function Waiting({ polled, words }: { readonly polled: Polled<unknown>; readonly words: string }) {
  if (polled.fault !== null) return <p class="warn">{polled.fault}</p>
  return polled.answer === null ? <Pending words={words} /> : null
}
