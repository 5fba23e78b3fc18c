/** The last requests: a list that stands still while somebody looks at it, and one of them with its decision. */
import { useEffect, useState } from 'preact/hooks'
import type { LiveSnapshot } from '../../src/gateway/control/live-snapshot.ts'
import type { RequestJson } from '../../src/gateway/observe/request-json.ts'
import { formatCount, formatUsd } from '../../src/report/format-number.ts'
import type { Table } from '../../src/report/plan-facts.ts'
import { Empty } from '../parts/states.tsx'
import { DataTable } from '../parts/tables.tsx'
import { type Params, replaceParams } from '../state/route.ts'
import { Decision } from './decision.tsx'
import { millisecondsText } from './live-text.ts'

/** Assumed: as many as fit on a screen. */
const mostRows = 20

interface RequestsProps {
  readonly params: Params
  readonly snapshot: LiveSnapshot
}

export function Requests({ params, snapshot }: RequestsProps) {
  const [rows, setRows] = useState<readonly RequestJson[]>([])
  const [paused, setPaused] = useState(false)
  const [looking, setLooking] = useState(false)
  const id = params.request ?? ''
  const held = paused || looking || id !== ''
  useEffect(() => {
    if (held) return
    setRows(before => newest(before, snapshot.requests))
  }, [snapshot, held])
  const pick = (request: string) => replaceParams('live', { ...params, request })
  return (
    <section aria-label="Requests">
      <h2>Requests</h2>
      <p class="requests-head">
        <button type="button" class="quiet" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? 'Go on' : 'Hold the list'}
        </button>
        <span class="soft">
          {formatCount(snapshot.requestsSince)} in the last second.{' '}
          {held ? 'The list stands still.' : `The newest ${mostRows}; it stands still under the pointer.`}{' '}
          Choose one to see why it went where it went.
        </span>
      </p>
      <div class={id === '' ? undefined : 'requests'}>
        {rows.length === 0 ? (
          <Empty>No request has ended yet.</Empty>
        ) : (
          <div
            onPointerEnter={() => setLooking(true)}
            onPointerLeave={() => setLooking(false)}
            onFocusIn={() => setLooking(true)}
            onFocusOut={() => setLooking(false)}
          >
            <DataTable
              table={tableOf(rows, id !== '')}
              label="The last requests"
              dense
              picked={rows.findIndex(({ requestId }) => requestId === id)}
              onPick={row => pick(rows[row]!.requestId === id ? '' : rows[row]!.requestId)}
              rowName={row => `${rows[row]!.model}, ${rows[row]!.outcome}: show its decision`}
            />
          </div>
        )}
        {id === '' ? null : <Decision key={id} id={id} onClose={() => pick('')} />}
      </div>
    </section>
  )
}

/** Newest first, at most so many. */
function newest(before: readonly RequestJson[], added: readonly RequestJson[]): readonly RequestJson[] {
  if (added.length === 0) return before
  const known = new Set(added.map(({ requestId }) => requestId))
  return [...added, ...before.filter(({ requestId }) => !known.has(requestId))].slice(0, mostRows)
}

const right = { align: 'right' } as const

/** narrow: beside a decision there is room for less. */
function tableOf(rows: readonly RequestJson[], narrow: boolean): Table {
  const columns: readonly (readonly [Table['columns'][number], (request: RequestJson) => string, boolean])[] =
    [
      [{ header: 'ended' }, ({ startedMs, durationMs }) => clockText(startedMs + durationMs), true],
      [{ header: 'model' }, ({ model }) => model || '–', true],
      [{ header: 'tenant' }, ({ tenant }) => tenant || '–', false],
      [{ header: 'sent to' }, ({ candidate }) => candidate ?? 'nobody', true],
      [
        { header: 'outcome' },
        ({ outcome, reason, attempts }) =>
          [reason ?? outcome, attempts.length > 1 ? `${attempts.length} attempts` : '']
            .filter(Boolean)
            .join(', '),
        true,
      ],
      [{ header: 'input', ...right }, ({ inputTokens }) => formatCount(inputTokens), false],
      [{ header: 'cached', ...right }, ({ cachedTokens }) => formatCount(cachedTokens), false],
      [{ header: 'output', ...right }, ({ outputTokens }) => formatCount(outputTokens), false],
      [{ header: 'cost', ...right }, ({ usd }) => formatUsd(usd), true],
      [{ header: 'waited', ...right }, ({ queuedMs }) => millisecondsText(queuedMs), false],
      [{ header: 'TTFT', ...right }, ({ ttftMs }) => millisecondsText(ttftMs), true],
      [{ header: 'took', ...right }, ({ durationMs }) => millisecondsText(durationMs), false],
    ]
  const shown = columns.filter(([, , always]) => always || !narrow)
  return {
    columns: shown.map(([column]) => column),
    rows: rows.map(request => shown.map(([, text]) => text(request))),
  }
}

function clockText(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB')
}
