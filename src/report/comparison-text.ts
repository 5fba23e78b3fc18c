/** A comparison in the terminal: what speaks against it first, then a table a load, then the conditions. */
import type { ComparedSide, FigureComparison, LoadComparison } from '../measure/run-comparison.ts'
import type { ConditionResult } from '../measure/run-comparison-condition.ts'
import { comparedUnits, isLatency } from '../measure/run-comparison-metrics.ts'
import { type ComparisonReport, failedConditions } from './comparison-report.ts'
import { wrapText } from './display-width.ts'
import {
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsd,
  missing,
  plural,
} from './format-number.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable } from './text-table.ts'

/** p90 is in the JSON, and here when a condition names it: most runs are told by fewer rows. */
const shownStatistics = new Set(['mean', 'p50', 'p95', 'p99'])

export function renderComparisonText(report: ComparisonReport, width: number, style: TextStyle): string {
  const { comparison } = report
  const { a, b, loads, onlyA, onlyB, warnings, notes } = comparison
  const lines = [
    `${style.strong('a')} ${describeSide(a)}`,
    `${style.strong('b')} ${describeSide(b)}`,
    '',
    ...warnings.flatMap(warning => wrapText(`warning: ${warning}`, width).map(style.warn)),
    ...(warnings.length > 0 ? [''] : []),
    ...loads.flatMap(load => [...tableOf(load, report, width, style), '']),
    ...unmatchedLines('a', onlyA),
    ...unmatchedLines('b', onlyB),
    ...noiseNote(report, width).map(style.faint),
    ...notes.flatMap(note => wrapText(`note: ${note}`, width)).map(style.faint),
    ...conditionLines(report, style),
  ]
  while (lines.at(-1) === '') lines.pop()
  return `${lines.join('\n')}\n`
}

function unmatchedLines(side: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`only ${side} has: ${names.join(', ')}`, '']
}

function describeSide({ name, tool, toolVersion, model, startedAt }: ComparedSide): string {
  const version = toolVersion === null ? '' : ` ${toolVersion}`
  return [`${name}`, `${tool}${version}`, model, startedAt].filter(part => part !== null).join(' · ')
}

function tableOf(load: LoadComparison, report: ComparisonReport, width: number, style: TextStyle): string[] {
  const asked = new Set(
    report.conditions.map(({ condition }) => `${condition.metric} ${condition.statistic}`),
  )
  const figures = load.figures.filter(
    ({ metric, statistic, a, b }) =>
      (a !== null || b !== null) &&
      (statistic === null || shownStatistics.has(statistic) || asked.has(`${metric} ${statistic}`)),
  )
  const repeated = load.paired ? `, ${load.runsA} pairs of runs` : `, ${load.runsA} and ${load.runsB} runs`
  const runs = load.runsA + load.runsB > 2 ? repeated : ''
  const clock = load.clock === 'response' ? ', latencies from schedule' : ''
  return [
    style.strong(`${load.load}${clock}${runs}`),
    renderTable(
      [
        { header: 'figure' },
        { header: 'a', align: 'right' },
        { header: 'b', align: 'right' },
        { header: 'b to a', align: 'right' },
        { header: `${formatPercent(report.comparison.confidence)} interval`, align: 'right' },
        { header: '' },
      ],
      figures.map(figure => rowOf(figure, style)),
      { maximumWidth: width },
    ),
  ]
}

function rowOf(figure: FigureComparison, style: TextStyle): string[] {
  const { metric, statistic, unit } = figure
  const { title } = comparedUnits[metric]
  const name = statistic === null ? title : `${title} ${statistic}`
  const plainUnit = isLatency(metric) || metric === 'cost' || metric === 'errors' ? '' : `, ${unit}`
  return [
    metric === 'cost' ? `${name}, per Mtok` : name + plainUnit,
    formatFigure(figure, figure.a),
    formatFigure(figure, figure.b),
    changeOf(figure),
    intervalOf(figure),
    words(figure, style),
  ]
}

function formatFigure({ metric }: FigureComparison, value: number | null): string {
  if (value === null) return missing
  if (isLatency(metric)) return formatMilliseconds(value)
  if (metric === 'cost') return formatUsd(value)
  return metric === 'errors' ? formatPercent(value) : formatSignificant(value)
}

function changeOf({ ratio, difference }: FigureComparison): string {
  if (difference !== null) return `${signed(difference * 100, 1)} pp`
  return ratio === null ? missing : `${signed((ratio - 1) * 100, 1)} %`
}

function intervalOf({ low, high, difference }: FigureComparison): string {
  if (low === null || high === null) return missing
  return difference === null
    ? `${signed((low - 1) * 100, 1)} … ${signed((high - 1) * 100, 1)} %`
    : `${signed(low * 100, 1)} … ${signed(high * 100, 1)} pp`
}

function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals)
  if (Number(text) === 0) return text
  return `${value < 0 ? '−' : '+'}${text}`
}

function words(
  { significance, better, ratio, difference, a, b }: FigureComparison,
  style: TextStyle,
): string {
  if (a === null || b === null) return 'only one side has it'
  const change = difference ?? (ratio === null ? 0 : ratio - 1)
  switch (significance) {
    case 'differs':
      return (better === 'lower') === change < 0 ? style.good('better') : style.warn('worse')
    case 'noise':
      return style.faint('within noise')
    case 'too-few':
      return style.faint('too few requests')
    case 'unknown':
      return change === 0 ? '' : style.faint('noise unknown')
  }
}

/** Within a run is not between runs. */
function noiseNote({ comparison }: ComparisonReport, width: number): string[] {
  if (comparison.loads.every(({ runsA, runsB }) => runsA > 1 && runsB > 1)) return []
  return wrapText(
    'note: intervals are of the noise within one run each; a restart, another node or a warmer room may move a figure ' +
      'by more. Measure each side several times to see that too.',
    width,
  )
}

function conditionLines(report: ComparisonReport, style: TextStyle): string[] {
  const { conditions, strict } = report
  if (conditions.length === 0) return []
  const failed = failedConditions(report).length
  const verdict =
    failed === 0
      ? style.good('passed')
      : style.warn(`${failed} of ${plural(conditions.length, 'condition')} failed`)
  return [
    '',
    `${style.strong('conditions')}${strict ? ' (strict: noise or not)' : ''}: ${verdict}`,
    ...conditions.map(result => `  ${mark(result, style)} ${describeCondition(result)}`),
  ]
}

function mark({ outcome }: ConditionResult, style: TextStyle): string {
  return outcome === 'fails' ? style.warn('✗') : style.good('✓')
}

function describeCondition({ condition, load, worse, outcome }: ConditionResult): string {
  const points = condition.metric === 'errors'
  const size = Number.isFinite(worse)
    ? `${Math.abs(worse * 100).toFixed(1)} ${points ? 'pp' : '%'}`
    : 'from nothing'
  const said = worse === 0 ? 'no change' : `${size} ${worse > 0 ? 'worse' : 'better'}`
  const why =
    outcome === 'noise'
      ? ', within the noise (--strict would fail)'
      : outcome === 'too-few'
        ? ', too few requests to tell (--strict would fail)'
        : ''
  return `${condition.text} at ${load}: ${said}${why}`
}
