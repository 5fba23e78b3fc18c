/** The ranking as CSV (RFC 4180): one row per candidate, one unit per column, empty where a value does not exist. */
import { type Deployment, deploymentDevices } from '../perf/deployment.ts'
import type { Candidate } from '../plan/types.ts'
import { acceleratorsOf, describeLayout } from './describe-deployment.ts'
import { exactUsd } from './format-number.ts'
import type { PlanReport } from './plan-report.ts'

type Cell = string | number | null

const csvColumns: readonly (readonly [
  name: string,
  value: (candidate: Candidate, rank: number, report: PlanReport) => Cell,
])[] = [
  ['rank', (_, rank) => rank],
  ['id', candidate => candidate.id],
  ['model', (_, __, { result }) => result.modelId],
  ['accelerator', ({ deployment }) => acceleratorsOf(deployment).join('+')],
  ['devices', ({ deployment }) => deploymentDevices(deployment)],
  ['engine', ({ deployment }) => deployment.engine],
  ['precision', ({ deployment }) => deployment.precision.preset],
  ['mode', ({ deployment }) => deployment.mode],
  ['layout', ({ deployment }) => describeLayout(deployment)],
  ...poolColumns('prefill'),
  ...poolColumns('decode'),
  ['speculation', ({ deployment }) => deployment.speculation?.method ?? null],
  ['draft_tokens', ({ deployment }) => deployment.speculation?.draftTokens ?? null],
  ['concurrency', ({ performance }) => performance.concurrency],
  ['requests_per_second', ({ performance }) => performance.requestsPerSecond],
  ['usd_per_million_tokens', ({ cost }) => cost.blended],
  ['usd_per_million_tokens_low', ({ cost, band }) => cost.blended * band.cost.low],
  ['usd_per_million_tokens_high', ({ cost, band }) => cost.blended * band.cost.high],
  ['usd_per_million_uncached_input_tokens', ({ cost }) => cost.uncachedInput],
  ['usd_per_million_cached_input_tokens', ({ cost }) => cost.cachedInput],
  ['usd_per_million_output_tokens', ({ cost }) => cost.output],
  ['usd_idle_per_million_tokens', ({ cost }) => cost.idle],
  ['usd_bill_per_million_output_tokens', ({ cost }) => cost.perOutputToken],
  ['allocation', ({ cost }) => cost.method],
  ['usd_per_hour', ({ costRate }) => exactUsd(costRate.nanoUsdPerHour)],
  ['ttft_mean_ms', ({ performance }) => performance.ttft.meanMs],
  ['ttft_p90_ms', ({ performance }) => performance.ttft.p90Ms],
  ['ttft_p99_ms', ({ performance }) => performance.ttft.p99Ms],
  ['tpot_mean_ms', ({ performance }) => performance.tpot.meanMs],
  ['tpot_p90_ms', ({ performance }) => performance.tpot.p90Ms],
  ['e2e_mean_ms', ({ performance }) => performance.endToEnd.meanMs],
  ['e2e_p90_ms', ({ performance }) => performance.endToEnd.p90Ms],
  ['tokens_per_second_per_user', ({ performance }) => performance.tokensPerSecondPerUser],
  ['tokens_per_second_per_gpu', ({ performance }) => performance.totalTokensPerSecondPerDevice],
  ['output_tokens_per_second_per_gpu', ({ performance }) => performance.outputTokensPerSecondPerDevice],
  ['tokens_per_second_per_megawatt', candidate => candidate.tokensPerSecondPerMegawatt],
  ['power_basis', candidate => candidate.powerBasis],
  ['it_watts', candidate => candidate.itWatts],
  ['joules_per_token', candidate => candidate.joulesPerToken],
  ['carbon_grams_per_million_tokens', candidate => candidate.carbonGramsPerMillionTokens],
  ['basis', candidate => candidate.basis],
  ['tpot_band_low', ({ band }) => band.tpot.low],
  ['tpot_band_high', ({ band }) => band.tpot.high],
  ['feasibility_probability', candidate => candidate.feasibilityProbability],
  ['price_id', candidate => candidate.priceId],
  ['low_confidence', candidate => candidate.lowConfidenceFacts.join('; ')],
]

/** Pool columns; an aggregated deployment's one pool stands in the decode columns. */
function poolColumns(
  role: 'prefill' | 'decode',
): readonly (readonly [string, (candidate: Candidate) => Cell])[] {
  const pool = (deployment: Deployment) =>
    deployment.mode === 'disaggregated' ? deployment[role] : role === 'decode' ? deployment.pool : undefined
  return [
    [`${role}_replicas`, ({ deployment }) => pool(deployment)?.replicas ?? null],
    [`${role}_tensor`, ({ deployment }) => pool(deployment)?.parallelism.tensor ?? null],
    [`${role}_pipeline`, ({ deployment }) => pool(deployment)?.parallelism.pipeline ?? null],
    [`${role}_attention_data`, ({ deployment }) => pool(deployment)?.parallelism.attentionData ?? null],
    [`${role}_expert`, ({ deployment }) => pool(deployment)?.parallelism.expert ?? null],
  ]
}

export function renderPlanCsv(report: PlanReport, top = Infinity): string {
  const rows = report.result.ranking
    .slice(0, top)
    .map((candidate, index) => csvColumns.map(([, value]) => value(candidate, index + 1, report)))
  return `${[csvColumns.map(([name]) => name), ...rows].map(csvLine).join('\r\n')}\r\n`
}

function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvCell).join(',')
}

/** Quoted when it holds a comma, a quote or a line break; six significant digits for numbers. */
export function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') {
    return Number.isFinite(cell) ? plainNumber(cell) : ''
  }
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

function plainNumber(value: number): string {
  if (Number.isInteger(value)) return value.toFixed(0)
  const rounded = Number(value.toPrecision(6))
  const text = String(rounded)
  return text.includes('e') ? rounded.toFixed(20).replace(/\.?0+$/, '') : text
}
