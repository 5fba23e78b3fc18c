/** One request: where it could have gone, what was expected of each place, what came true, and what the ledger booked. */
import { useEffect, useRef } from 'preact/hooks'
import type { Explanation } from '../../src/gateway/dispatch/types.ts'
import type { AttemptJson, RequestJson } from '../../src/gateway/observe/request-json.ts'
import { formatCount, formatSignificant, formatUsd, missing } from '../../src/report/format-number.ts'
import type { Pair, Table } from '../../src/report/plan-facts.ts'
import { Empty, Pending } from '../parts/states.tsx'
import { DataTable, Pairs } from '../parts/tables.tsx'
import { exactUsdText, millisecondsText } from './live-text.ts'
import { usePolled } from './use-polled.ts'

/** `/api/requests/:id`. */
interface KnownRequest {
  /** null: too long ago, only the ledger knows it. */
  readonly request: RequestJson | null
  readonly account: {
    readonly totalUsd: string
    readonly settled: readonly {
      readonly state: string
      readonly bearer: string
      readonly priceRule: string
    }[]
    readonly engineCharges: readonly {
      readonly replica: string
      readonly prefillMs: number
      readonly decodeMs: number
      readonly usd: string
    }[]
  } | null
}

/** Its interval may be closed meanwhile. */
const everyMs = 5000

interface DecisionProps {
  readonly id: string
  readonly onClose: () => void
}

export function Decision({ id, onClose }: DecisionProps) {
  const { answer, fault } = usePolled<KnownRequest>(`api/requests/${encodeURIComponent(id)}`, everyMs)
  const head = useRef<HTMLHeadingElement>(null)
  const isThere = answer !== null
  useEffect(() => {
    // Where it stands below the list, as on a phone, it would be out of sight.
    if (isThere) head.current?.scrollIntoView({ block: 'nearest' })
  }, [isThere])
  return (
    <article class="decision" aria-label="One request" data-decided={isThere ? 'yes' : undefined}>
      <div class="figure-head">
        <h3 ref={head}>
          Request <code>{id}</code>
        </h3>
        <button type="button" class="quiet" onClick={onClose}>
          Close
        </button>
      </div>
      {fault === null ? null : <p class="warn">{fault}</p>}
      {answer === null && fault === null ? <Pending words="asking for the request" /> : null}
      {answer?.request ? <Told request={answer.request} /> : null}
      {answer && !answer.request ? <Empty>Too long ago: only the ledger knows it still.</Empty> : null}
      {answer?.account ? <Account account={answer.account} /> : null}
    </article>
  )
}

function Told({ request }: { readonly request: RequestJson }) {
  const { explanation, attempts } = request
  return (
    <>
      <p class="soft">
        {request.model || 'no model'} for {request.tenant || 'nobody known'}, {request.outcome}
        {request.reason === null ? '' : ` (${request.reason})`}, HTTP {request.status},{' '}
        {millisecondsText(request.durationMs)} in all, {millisecondsText(request.overheadMs)} of them the
        gateway’s own.
      </p>
      <h3>Why it went there</h3>
      {explanation === null ? (
        <Empty>
          This decision was not explained. Explained are a share of all (sampledDecisions of the
          configuration), and requests sent with x-tokenwright-explain: 1.
        </Empty>
      ) : (
        <Explained explanation={explanation} />
      )}
      {attempts.length === 0 ? (
        <Empty>It was sent to nobody.</Empty>
      ) : (
        attempts.map((attempt, number) => (
          <div key={number}>
            <h3>
              {attempts.length > 1 ? `Attempt ${number + 1}, ` : 'Expected and found, '}
              {attempt.candidate}
            </h3>
            <DataTable
              table={foundTable(attempt)}
              label={`Expected and found at ${attempt.candidate}`}
              dense
            />
          </div>
        ))
      )}
    </>
  )
}

const right = { align: 'right' } as const
/** Told in columns of their own, in this order; whatever else a policy looks at comes after. */
const partNames: Readonly<Record<string, string>> = {
  usd: 'cost',
  ttftMs: 'TTFT',
  tpotMs: 'TPOT',
  running: 'running',
  waiting: 'waiting',
}

function Explained({ explanation }: { readonly explanation: Explanation }) {
  const { policy, decision, candidates } = explanation
  const said = new Set(candidates.flatMap(({ parts }) => Object.keys(parts)))
  const parts = [
    ...Object.keys(partNames).filter(name => said.has(name)),
    ...[...said].filter(name => !(name in partNames)),
  ]
  const ordered = [...candidates].sort(
    (a, b) =>
      Number(b.outcome === 'picked') - Number(a.outcome === 'picked') ||
      (b.score ?? -1e99) - (a.score ?? -1e99),
  )
  const table: Table = {
    columns: [
      { header: 'place' },
      { header: 'outcome' },
      { header: 'score', ...right },
      { header: 'cached', ...right },
      ...parts.map(name => ({ header: partNames[name] ?? name, ...right })),
    ],
    rows: ordered.map(one => [
      one.name,
      one.outcome,
      one.score === null ? missing : formatSignificant(one.score),
      formatCount(one.expectedCachedTokens),
      ...parts.map(name => partText(name, one.parts[name])),
    ]),
  }
  return (
    <>
      <p class="soft">
        Policy <strong>{policy}</strong>, decision: {decision}. Expected of each place; the highest score
        wins.
      </p>
      <DataTable
        table={table}
        label="Places that could have taken it"
        dense
        picked={ordered.findIndex(({ outcome }) => outcome === 'picked')}
      />
    </>
  )
}

function partText(name: string, value: number | undefined): string {
  if (value === undefined) return missing
  if (/usd$/i.test(name)) return formatUsd(value)
  if (name.endsWith('Ms')) return millisecondsText(value)
  return Number.isInteger(value) ? formatCount(value) : formatSignificant(value)
}

function foundTable(attempt: AttemptJson): Table {
  const { tokens } = attempt
  const prompt = tokens.uncachedInput + tokens.cachedInput + tokens.cacheWrite + tokens.inputAudio
  return {
    columns: [{ header: '' }, { header: 'expected', ...right }, { header: 'found', ...right }],
    rows: [
      ['time to first token', millisecondsText(attempt.predictedTtftMs), millisecondsText(attempt.ttftMs)],
      [
        `cached of ${formatCount(prompt)} prompt tokens`,
        formatCount(attempt.expectedCachedTokens),
        formatCount(tokens.cachedInput),
      ],
      [
        attempt.exact ? 'cost' : 'cost, engine time expected',
        attempt.predictedUsd === null ? missing : formatUsd(attempt.predictedUsd),
        formatUsd(attempt.usd),
      ],
      ['output tokens', missing, formatCount(tokens.output + tokens.outputAudio)],
      ['outcome', missing, `${attempt.outcome}, HTTP ${attempt.status}`],
    ],
  }
}

function Account({ account }: { readonly account: NonNullable<KnownRequest['account']> }) {
  const { settled, engineCharges, totalUsd } = account
  const pairs: Pair[] = [
    [
      'booked',
      Number(totalUsd) === 0 && engineCharges.length === 0 ? 'nothing yet' : exactUsdText(totalUsd, 9),
    ],
    ...settled.map(
      ({ state, bearer, priceRule }, index): Pair => [
        settled.length > 1 ? `settled, attempt ${index + 1}` : 'settled',
        `tokens ${state}, paid by the ${bearer}${priceRule === '' ? '' : `, price rule ${priceRule}`}`,
      ],
    ),
    ...engineCharges.map(
      ({ replica, prefillMs, decodeMs, usd }): Pair => [
        `time on ${replica}`,
        `prefill ${millisecondsText(prefillMs)}, decode ${millisecondsText(decodeMs)}: ${exactUsdText(usd, 9)}`,
      ],
    ),
  ]
  return (
    <>
      <h3>In the ledger</h3>
      <Pairs pairs={pairs} />
      {engineCharges.length === 0 ? (
        <p class="soft">An own engine’s share of its machines is booked when the interval is closed.</p>
      ) : null}
    </>
  )
}
