/** A comparison in the terminal: what speaks against it first, then a table a load, then the conditions. */
import type { LoadComparison } from '../measure/run-comparison.ts'
import type { ConditionResult } from '../measure/run-comparison-condition.ts'
import { comparisonTable, describeSide, loadTitle, noiseSentence, shownFigures } from './comparison-facts.ts'
import { type ComparisonReport, failedConditions } from './comparison-report.ts'
import { wrapText } from './display-width.ts'
import { plural } from './format-number.ts'
import type { TextStyle } from './text-style.ts'
import { renderTable } from './text-table.ts'

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

function tableOf(load: LoadComparison, report: ComparisonReport, width: number, style: TextStyle): string[] {
  const asked = new Set(
    report.conditions.map(({ condition }) => `${condition.metric} ${condition.statistic}`),
  )
  const { columns, rows } = comparisonTable(
    shownFigures(load, asked),
    report.comparison.confidence,
    (words, outcome) =>
      outcome === 'better' ? style.good(words) : outcome === 'worse' ? style.warn(words) : style.faint(words),
  )
  return [style.strong(loadTitle(load)), renderTable(columns, rows, { maximumWidth: width })]
}

/** Within a run is not between runs. */
function noiseNote({ comparison }: ComparisonReport, width: number): string[] {
  const sentence = noiseSentence(comparison)
  return sentence === null ? [] : wrapText(`note: ${sentence}`, width)
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
