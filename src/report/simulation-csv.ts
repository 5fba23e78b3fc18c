/** One row per request (RFC 4180), written as they end: times in µs of the run, latencies in ms, empty where there is none. */
import type { Judgement, RequestRecord } from '../metrics/index.ts'
import { queueMs, serviceEndToEndMs, serviceTtftMs, tpotMs } from '../metrics/index.ts'

type Cell = string | number | boolean

const columns: readonly (readonly [
  name: string,
  value: (record: RequestRecord, warmUp: boolean, judgement: Judgement | null) => Cell,
])[] = [
  ['request', record => record.id],
  ['tenant', record => record.tenant],
  ['model', record => record.model],
  // Requests of no session bear −1.
  ['session', record => (record.session < 0 ? '' : record.session)],
  ['turn', record => record.turn],
  ['input_tokens', record => record.inputTokens],
  ['cached_tokens', record => record.cachedTokens],
  ['requested_output_tokens', record => record.requestedOutputTokens],
  ['output_tokens', record => record.outputTokens],
  ['scheduled_us', record => record.scheduledUs],
  ['sent_us', record => record.sentUs],
  ['started_us', record => record.startedUs],
  ['first_token_us', record => record.firstTokenUs],
  ['last_token_us', record => record.lastTokenUs],
  ['ended_us', record => record.endedUs],
  ['queue_ms', record => queueMs(record)],
  ['ttft_ms', record => serviceTtftMs(record)],
  ['tpot_ms', record => tpotMs(record)],
  ['e2e_ms', record => serviceEndToEndMs(record)],
  ['outcome', record => record.outcome],
  ['reason', record => record.reason],
  ['replica', record => (record.replica < 0 ? '' : record.replica)],
  ['preemptions', record => record.preemptions],
  ['warm_up', (_, warmUp) => warmUp],
  ['within_objectives', (_, __, judgement) => judgement ?? ''],
]

/** Names of the columns, with the line break. */
export function csvHeader(): string {
  return `${columns.map(([name]) => name).join(',')}\r\n`
}

/** One row, with the line break; `judgement` is null when there are no objectives. */
export function csvRow(record: RequestRecord, warmUp: boolean, judgement: Judgement | null): string {
  let row = ''
  for (const [, value] of columns) {
    if (row !== '') row += ','
    row += cellText(value(record, warmUp, judgement))
  }
  return `${row}\r\n`
}

/** Nine significant digits keep the microsecond of a latency of a day. */
const digits = 9

function cellText(cell: Cell): string {
  switch (typeof cell) {
    case 'number':
      if (Number.isInteger(cell)) return String(cell)
      return Number.isFinite(cell) ? String(Number(cell.toPrecision(digits))) : ''
    case 'boolean':
      return cell ? 'true' : 'false'
    default:
      return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
  }
}
