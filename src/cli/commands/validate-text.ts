/** Scores of measured files as a page of text. */
import type { ErrorStatistics, FileScore, GroupScore, MetricName, Metrics } from '../../accuracy/score.ts'
import { metricNames } from '../../accuracy/score.ts'
import { formatPercent, missing } from '../../report/format-number.ts'
import { renderTable, type TableColumn } from '../../report/text-table.ts'

const metricLabels: Readonly<Record<MetricName, string>> = {
  tpot: 'TPOT',
  ttft: 'TTFT',
  throughput_per_gpu: 'tokens/s per device',
  joules_per_output_token: 'joules per output token',
  derived_throughput_per_gpu: "tokens/s per device (by Little's law)",
  output_throughput_per_gpu: 'output tokens/s per device',
}

const right = (header: string): TableColumn => ({ header, align: 'right' })

export function fileScoreText(score: FileScore): string {
  const { coverage } = score
  const lines = [
    `${score.file}: ${score.rows} rows, ${coverage.distinct} distinct measurements, ${score.predicted} predicted ` +
      `(${percent(coverage.share)} of those that state what ran, ${percent(coverage.shareOfDistinct)} of all)`,
    ...reasonLines('not predicted', score.skipped),
    ...reasonLines('predicted, not trusted', score.suspect),
  ]
  if (score.predicted === 0) return lines.join('\n')
  return [
    ...lines,
    '',
    ...(Object.keys(score.metrics).length === 0
      ? [indented('No clean rows: every measurement leaves something to assumptions')]
      : [indented('Clean rows'), metricTable(score.metrics)]),
    ...(Object.keys(score.suspect).length === 0
      ? []
      : ['', indented('All predicted rows'), metricTable(score.metricsAllRows)]),
    '',
    ...(score.groups.length === 0 ? [] : [groupTable(score.groups)]),
    ...regretLines(score),
  ].join('\n')
}

function reasonLines(title: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([reason, count]) => indented(`${title}: ${count} ${reason}`))
}

function metricTable(metrics: Metrics): string {
  const columns = [
    { header: 'error of' },
    right('rows'),
    right('mean'),
    right('median'),
    right('p90'),
    right('bias'),
  ]
  const rows = metricNames.flatMap(name => {
    const error = metrics[name]
    return error === undefined ? [] : [[metricLabels[name], String(error.n), ...errorCells(error)]]
  })
  return renderTable(columns, rows, { indent: '  ' })
}

function errorCells(error: ErrorStatistics): string[] {
  return [percent(error.mape), percent(error.median), percent(error.p90), signedPercent(error.bias)]
}

/** Mean / median errors of each model × accelerator × engine × mode. */
function groupTable(groups: readonly GroupScore[]): string {
  const shown = metricNames.filter(name => groups.some(group => group[name] !== undefined))
  const columns: TableColumn[] = [
    { header: 'model' },
    { header: 'accelerator' },
    { header: 'engine' },
    { header: 'mode' },
    right('rows'),
    ...shown.map(name => right(`${shortLabels[name]} mean/median`)),
  ]
  const rows = groups.map(group => [
    group.model,
    group.accelerator,
    group.engine,
    group.mode,
    String(group.n),
    ...shown.map(name => pair(group[name])),
  ])
  return renderTable(columns, rows, { indent: '  ' })
}

const shortLabels: Readonly<Record<MetricName, string>> = {
  tpot: 'TPOT',
  ttft: 'TTFT',
  throughput_per_gpu: 'tok/s',
  joules_per_output_token: 'J/token',
  derived_throughput_per_gpu: 'tok/s*',
  output_throughput_per_gpu: 'out tok/s',
}

function pair(error: ErrorStatistics | undefined): string {
  return error === undefined ? missing : `${percent(error.mape)}/${percent(error.median)}`
}

function regretLines({ regret }: FileScore): string[] {
  if (regret.n === 0) return []
  const { configuration, feasibleKnown: known, feasiblePredicted: predicted } = regret
  return [
    '',
    indented(`Choosing the cheapest configuration: ${regret.n} decisions in ${regret.groups} groups`),
    indented(
      `  regret of the configuration, loaded as far as the limit allows: median ${percent(configuration.median)}, ` +
        `p90 ${percent(configuration.p90)}`,
    ),
    indented(
      `  regret when feasibility is known: mean ${percent(known.mean)}, median ${percent(known.median)}, ` +
        `p90 ${percent(known.p90)} (random choice: mean ${percent(regret.random.mean)})`,
    ),
    indented(
      `  regret when feasibility is predicted: mean ${percent(predicted.mean)}, median ${percent(predicted.median)}, ` +
        `p90 ${percent(predicted.p90)}; ${percent(predicted.missedShare)} missed the limit, by ` +
        `${percent(predicted.overshootMean)} on average`,
    ),
    indented(
      `  rank correlation of throughput: mean ${regret.spearman.mean.toFixed(3)}, lowest ` +
        `${regret.spearman.minimum.toFixed(3)}`,
    ),
  ]
}

function indented(text: string): string {
  return `  ${text}`
}

function percent(share: number): string {
  return Number.isFinite(share) ? formatPercent(share) : missing
}

function signedPercent(share: number): string {
  return Number.isFinite(share) && share > 0 ? `+${percent(share)}` : percent(share)
}
