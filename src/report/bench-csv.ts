/** A measurement as CSV (RFC 4180): one row per load, one unit per column, empty where a value does not exist. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import { tokenRates } from './bench-facts.ts'
import { csvCell } from './plan-csv.ts'

type Cell = string | number | null

const csvColumns: readonly (readonly [
  name: string,
  value: (point: BenchPoint, result: BenchResult) => Cell,
])[] = [
  ['load', ({ load }) => load.name],
  ['load_kind', ({ load }) => load.kind],
  ['users', ({ load }) => load.concurrency],
  ['asked_requests_per_second', ({ load }) => load.requestsPerSecond],
  ['sent_requests_per_second', ({ client }) => client.achievedRequestsPerSecond],
  ['model', (_, { endpoint }) => endpoint.model],
  ['endpoint', (_, { endpoint }) => endpoint.endpoint],
  ['clock', (_, { clock }) => clock],
  ['requests', ({ summary }) => summary.requests.measured],
  ['served', ({ summary }) => summary.requests.served],
  ['failed', ({ summary }) => summary.requests.failed],
  ['rejected', ({ summary }) => summary.requests.rejected],
  ['cancelled', ({ summary }) => summary.requests.cancelled],
  ['unfinished', ({ summary }) => summary.requests.unfinished],
  ['warm_up', ({ summary }) => summary.requests.warmUp],
  ['seconds', ({ summary }) => summary.durationSeconds],
  ...latencyColumns('ttft_from_send', ({ summary }) => summary.latency.ttftService),
  ...latencyColumns('ttft_from_schedule', ({ summary }) => summary.latency.ttftResponse),
  ...latencyColumns('tpot', ({ summary }) => summary.latency.tpot),
  ...latencyColumns('itl', ({ summary }) => summary.latency.interToken),
  ...latencyColumns('e2e_from_send', ({ summary }) => summary.latency.endToEndService),
  ...latencyColumns('e2e_from_schedule', ({ summary }) => summary.latency.endToEndResponse),
  ['tokens_per_second_per_user_p50', ({ summary }) => summary.interactivity.p50],
  ['input_tokens', ({ summary }) => summary.tokens.input],
  ['cached_input_tokens', ({ summary }) => summary.tokens.cachedInput],
  ['output_tokens', ({ summary }) => summary.tokens.output],
  ['broken_off_tokens', ({ summary }) => summary.tokens.brokenOff],
  [
    'counters_reconcile',
    ({ tokens }) => (tokens.counters === null ? null : String(tokens.counters.reconciles)),
  ],
  // Of the steady window where there is one, else of the whole run.
  ['window', ({ summary }) => (summary.steady === null ? 'whole run' : 'steady')],
  ['requests_per_second', point => tokenRates(point).requests],
  ['output_tokens_per_second', point => tokenRates(point).output],
  ['total_tokens_per_second', point => tokenRates(point).total],
  ['total_tokens_per_second_per_gpu', ({ summary }) => rates(summary).totalTokensPerSecondPerDevice],
  [
    'goodput_share',
    ({ summary }, { objectives }) => (objectives.length === 0 ? null : summary.goodput.share),
  ],
  [
    'good_requests_per_second',
    ({ summary }, { objectives }) => (objectives.length === 0 ? null : rates(summary).goodRequestsPerSecond),
  ],
  ['objectives_met', ({ summary }) => objectivesMet(summary)],
  ['usd_per_hour', ({ cost }) => cost?.usdPerHour ?? null],
  ['usd_per_million_tokens', ({ cost }) => cost?.perMillionTokens.blended ?? null],
  ['usd_per_million_uncached_input_tokens', ({ cost }) => cost?.perMillionTokens.uncachedInput ?? null],
  ['usd_per_million_cached_input_tokens', ({ cost }) => cost?.perMillionTokens.cachedInput ?? null],
  ['usd_per_million_output_tokens', ({ cost }) => cost?.perMillionTokens.output ?? null],
  ['usd_bill_per_million_output_tokens', ({ cost }) => cost?.perMillionTokens.perOutputToken ?? null],
  ['usd_per_million_good_tokens', ({ cost }) => cost?.usdPerMillionGoodTokens ?? null],
  ['usd_per_request', ({ cost }) => cost?.usdPerRequest ?? null],
  ['allocation', ({ cost }) => cost?.allocationMethod ?? null],
  ['watts', ({ energy }) => energy?.meanWatts ?? null],
  ['joules_per_output_token', ({ energy }) => energy?.joulesPerOutputToken ?? null],
  ['audio_seconds', ({ transcription }) => transcription?.audioSeconds ?? null],
  ['audio_hours_per_hour', ({ transcription }) => transcription?.realTimeFactorThroughput ?? null],
  ['usd_per_audio_hour', ({ transcription }) => transcription?.usdPerAudioHour ?? null],
  ['word_error_rate', ({ transcription }) => transcription?.wordErrorRate ?? null],
  ['verdict', ({ verdict }) => verdict.level],
  ['checks_suspect', ({ verdict }) => checksAt(verdict, 'suspect')],
  ['checks_invalid', ({ verdict }) => checksAt(verdict, 'invalid')],
]

function latencyColumns(
  name: string,
  of: (point: BenchPoint) => BenchPoint['summary']['latency']['tpot'],
): readonly (readonly [string, (point: BenchPoint) => Cell])[] {
  return [
    [`${name}_mean_ms`, point => of(point).meanMs],
    [`${name}_p50_ms`, point => of(point).p50Ms],
    [`${name}_p90_ms`, point => of(point).p90Ms],
    [`${name}_p95_ms`, point => of(point).p95Ms],
    [`${name}_p99_ms`, point => of(point).p99Ms],
  ]
}

function rates({ steady, fullRun }: BenchPoint['summary']) {
  return steady ?? fullRun
}

/** Empty without objectives, or when no request tells. */
function objectivesMet({ objectives }: BenchPoint['summary']): string | null {
  if (objectives.length === 0) return null
  const judged = objectives.map(({ met }) => met)
  return judged.includes(false) ? 'false' : judged.includes(null) ? null : 'true'
}

function checksAt({ checks }: BenchPoint['verdict'], level: 'suspect' | 'invalid'): string {
  return checks
    .filter(check => check.level === level)
    .map(({ check }) => check)
    .join(' ')
}

/** Names of the columns, then one row per load in the order of measuring. */
export function renderBenchCsv(result: BenchResult): string {
  const rows = result.points.map(point => csvColumns.map(([, value]) => value(point, result)))
  return [csvColumns.map(([name]) => name), ...rows]
    .map(cells => `${cells.map(csvCell).join(',')}\r\n`)
    .join('')
}
