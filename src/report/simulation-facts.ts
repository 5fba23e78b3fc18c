/** What a simulated run did, as rows of words, which the terminal and the page lay out each in its own way. */
import type { LatencySummary, RunRates } from '../metrics/index.ts'
import {
  formatCount,
  formatLarge,
  formatLimit,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatWatts,
  missing,
  plural,
} from './format-number.ts'
import type { Pair, Table } from './plan-facts.ts'
import type { SimulationReport, WorkloadFacts } from './simulation-report.ts'
import { formatEnergy, formatShare, seconds } from './simulation-units.ts'
import { metricNames } from './words.ts'

export { comparisonSource, comparisonTable, runBillTable, tokenCostTable } from './simulation-cost-facts.ts'

const right = { align: 'right' } as const

/** Each objective, how near the run came to it, and whether it holds. Rows are empty without objectives. */
export function objectiveTable({ result }: SimulationReport): Table {
  return {
    columns: [
      { header: 'objective' },
      { header: 'limit', ...right },
      { header: 'reached', ...right },
      { header: '' },
    ],
    rows: result.summary.objectives.map(({ objective, valueMs, valueWithMissesMs, met }) => [
      `${metricNames[objective.metric]} ${objective.statistic}`,
      formatLimit(objective.limitMs),
      // Null with misses: the statistic lies among requests that were never answered.
      valueWithMissesMs === null && valueMs !== null && met === false
        ? 'never'
        : formatMilliseconds(valueWithMissesMs),
      met === null ? 'no request tells' : met ? 'met' : 'missed',
    ]),
  }
}

/** What met every objective at once; null without objectives. */
export function goodputSentence({ result, objectives }: SimulationReport): string | null {
  if (objectives.length === 0) return null
  const { goodput, requests, fullRun } = result.summary
  if (goodput.share === null) return null
  const lost = requests.rejected + requests.failed
  const counted = goodput.met + goodput.missed
  return (
    `goodput: ${formatShare(goodput.share)} of ${plural(counted, 'request')} within every limit` +
    `${lost === 0 ? '' : ` (rejected and failed ones count as missed)`}, ` +
    `${formatSignificant(fullRun.goodRequestsPerSecond ?? 0)} requests/s, ` +
    `${formatSignificant(fullRun.goodOutputTokensPerSecond ?? 0)} output tokens/s`
  )
}

export function latencyTable({ result }: SimulationReport): Table {
  const { latency } = result.summary
  const rows: readonly (readonly [string, LatencySummary])[] = [
    ['TTFT', latency.ttftService],
    ['TPOT', latency.tpot],
    ['ITL', latency.interToken],
    ['E2E', latency.endToEndService],
    ['queue', latency.queue],
  ]
  return {
    columns: [
      { header: 'latency' },
      ...['mean', 'p50', 'p90', 'p95', 'p99', 'max'].map(header => ({ header, ...right })),
    ],
    rows: rows
      .filter(([, latency]) => latency.count > 0)
      .map(([name, latency]) => [
        name,
        ...[
          latency.meanMs,
          latency.p50Ms,
          latency.p90Ms,
          latency.p95Ms,
          latency.p99Ms,
          latency.maximumMs,
        ].map(formatMilliseconds),
      ]),
  }
}

/** What the rows of the latency table are. */
export const latencyLegend =
  'TTFT, E2E: from sent to the first, the last token; TPOT: between tokens, the mean of each request; ITL: every single gap ' +
  'between tokens; queue: from sent to the first step that works on it.'

/** Rates in the steady window and over the whole run. */
export function throughputTable({ result, objectives }: SimulationReport): Table {
  const { fullRun, steady } = result.summary
  const row = (name: string, of: (rates: RunRates) => number | null): string[] => [
    name,
    ...(steady === null ? [] : [rate(of(steady))]),
    rate(of(fullRun)),
  ]
  return {
    columns: [
      { header: 'throughput' },
      ...(steady === null ? [] : [{ header: 'steady', ...right }]),
      { header: 'whole run', ...right },
    ],
    rows: [
      row('requests/s', rates => rates.requestsPerSecond),
      ...(objectives.length === 0
        ? []
        : [row('  within every limit (goodput)', rates => rates.goodRequestsPerSecond)]),
      row('output tokens/s', rates => rates.outputTokensPerSecond),
      row('all tokens/s', rates => rates.totalTokensPerSecond),
      row('output tokens/s per device', rates => rates.outputTokensPerSecondPerDevice),
      row('all tokens/s per device', rates => rates.totalTokensPerSecondPerDevice),
    ],
  }
}

function rate(value: number | null): string {
  return value === null ? missing : formatSignificant(value)
}

/** From when to when the run stood still, and whether it did. */
export function steadySentence({ result }: SimulationReport): string {
  const { steady } = result.summary
  if (steady === null) return 'no steady window: the run is too short, or its load never stands still'
  return (
    `steady: ${seconds(steady.startSeconds)} to ${seconds(steady.endSeconds)}, ` +
    `${formatSignificant(steady.plateauInFlight)} requests in flight`
  )
}

/**
 * More comes than is served (assumed bounds): the last requests take more than a quarter of the time of all arrivals to
 * drain, and half of the requests wait for more than a quarter of their time. Latencies then depend on how long the run is.
 */
export function isOverloaded({ workload, run, result }: SimulationReport): boolean {
  const { queue, endToEndService } = result.summary.latency
  if (!comesByItself(workload) || queue.p50Ms === null || endToEndService.p50Ms === null) return false
  const drainSeconds = run.endSeconds - run.lastArrivalSeconds
  return drainSeconds > run.lastArrivalSeconds / 4 && queue.p50Ms > endToEndService.p50Ms / 4
}

/** Requests that arrive whatever becomes of those before them; bursts come faster than they can be served by design. */
function comesByItself({ kind, spec, trace }: WorkloadFacts): boolean {
  if (kind === 'open') return spec?.kind === 'open' && spec.arrivals.kind !== 'burst'
  return trace !== null && trace.mode === 'arrivals' && trace.options.starts === undefined
}

/** Requests by what became of them, tokens, and where the cache helped. */
export function requestPairs({ result, run }: SimulationReport): Pair[] {
  const { requests, tokens, preemptions, interactivity } = result.summary
  const reasons = Object.entries(requests.byReason).map(
    ([reason, count]) => `${reason.replaceAll('-', ' ')} ${formatCount(count)}`,
  )
  const outcomes = [
    `${formatCount(requests.served)} served`,
    requests.rejected === 0 ? null : `${formatCount(requests.rejected)} rejected`,
    requests.failed === 0 ? null : `${formatCount(requests.failed)} failed`,
    requests.cancelled === 0 ? null : `${formatCount(requests.cancelled)} cancelled`,
    run.unfinished === 0 ? null : `${formatCount(run.unfinished)} under way at the end`,
    requests.warmUp === 0 ? null : `${formatCount(requests.warmUp)} of warm-up not counted`,
  ]
  const cached =
    tokens.cachedInputShare === null || tokens.cachedInput === 0
      ? ''
      : ` (${formatPercent(tokens.cachedInputShare)} from cache)`
  const pairs: (Pair | null)[] = [
    ['requests', outcomes.filter(part => part !== null).join(', ')],
    reasons.length === 0 ? null : ['not served', reasons.join(', ')],
    [
      'tokens',
      `${tokenCount(tokens.input)} in${cached}, ${tokenCount(tokens.output)} out` +
        (tokens.brokenOff === 0 ? '' : `, ${tokenCount(tokens.brokenOff)} of answers broken off`),
    ],
    interactivity.p50 === null
      ? null
      : [
          'interactivity',
          `${formatSignificant(interactivity.p50)} tokens/s per user (p50), ` +
            `${formatSignificant(interactivity.p99 ?? Number.NaN)} in the slow tail (p99)`,
        ],
    preemptions === 0 ? null : ['preemptions', `${formatCount(preemptions)}: the KV cache was full`],
  ]
  return pairs.filter(pair => pair !== null)
}

export function poolTable({ result, fleet }: SimulationReport): Table {
  const names = new Map(fleet.pools.map(pool => [pool.name, pool]))
  return {
    columns: [
      { header: 'pool' },
      { header: 'replicas', ...right },
      { header: 'devices' },
      { header: 'busy', ...right },
      { header: 'prefill', ...right },
      { header: 'power', ...right },
      { header: 'energy', ...right },
    ],
    rows: result.pools.map(pool => [
      pool.name,
      Number.isInteger(pool.meanReplicas)
        ? formatCount(pool.meanReplicas)
        : formatSignificant(pool.meanReplicas),
      `${pool.devicesPerReplica}× ${names.get(pool.name)?.acceleratorId ?? ''} each`,
      `${formatPercent(pool.busyShare)}${busySpread(result, pool.name)}`,
      formatPercent(pool.prefillShare),
      formatWatts(pool.meanWatts),
      formatEnergy(pool.joules),
    ]),
  }
}

/** What the columns of the pool table are. */
export const poolLegend =
  'busy: share of the time in which a step ran (least to most of the replicas); prefill: share of step time due to prompts.'

/** How evenly the router spreads the work; nothing for a single replica. */
function busySpread({ replicas }: SimulationReport['result'], pool: string): string {
  const shares = replicas
    .filter(replica => replica.pool === pool && replica.replicaSeconds > 0)
    .map(({ busySeconds, replicaSeconds }) => busySeconds / replicaSeconds)
  if (shares.length < 2) return ''
  const [least, most] = [percent(Math.min(...shares)), percent(Math.max(...shares))]
  return least === most ? '' : ` (${least}–${most})`
}

function percent(share: number): string {
  return (100 * share).toFixed(0)
}

/** Counts of tokens: 71.2k, but 129. */
function tokenCount(tokens: number): string {
  return tokens < 1e4 ? formatCount(tokens) : formatLarge(tokens)
}

/** Watts and what a token takes. */
export function energySentence({ result }: SimulationReport): string | null {
  const { energy, steady } = result.summary
  if (energy === null || energy.wattsMean === null) return null
  return [
    `${formatWatts(energy.wattsMean)} on average`,
    ...(steady?.watts == null ? [] : [`${formatWatts(steady.watts)} when steady`]),
    ...(energy.joulesPerOutputToken === null
      ? []
      : [`${formatSignificant(energy.joulesPerOutputToken)} J per output token`]),
    'boards only',
  ].join(', ')
}
