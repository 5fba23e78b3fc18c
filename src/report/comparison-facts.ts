/** A comparison as rows of words, which the terminal and the page lay out each in its own way. */
import type {
  ComparedSide,
  FigureComparison,
  LoadComparison,
  RunComparison,
} from '../measure/run-comparison.ts'
import { comparedUnits, isLatency } from '../measure/run-comparison-metrics.ts'
import { formatMilliseconds, formatPercent, formatSignificant, formatUsd, missing } from './format-number.ts'
import type { Table } from './plan-facts.ts'

const right = { align: 'right' } as const

/** p90 is in the JSON, and here when somebody asks for it: most runs are told by fewer rows. */
const shownStatistics = new Set(['mean', 'p50', 'p95', 'p99'])

export type ComparisonOutcome = 'better' | 'worse' | 'within noise' | 'too few requests' | 'noise unknown'

/** What became of a figure from a to b; null where there is nothing to say: the same, or on one side only. */
export function outcomeOf(figure: FigureComparison): ComparisonOutcome | null {
  const { significance, better, ratio, difference, a, b } = figure
  if (a === null || b === null) return null
  const change = difference ?? (ratio === null ? 0 : ratio - 1)
  switch (significance) {
    case 'differs':
      return (better === 'lower') === change < 0 ? 'better' : 'worse'
    case 'noise':
      return 'within noise'
    case 'too-few':
      return 'too few requests'
    case 'unknown':
      return change === 0 ? null : 'noise unknown'
  }
}

/** Figures that at least one side has; of percentiles those that are usual, and `asked` ones ("ttft p90"). */
export function shownFigures(
  load: LoadComparison,
  asked: ReadonlySet<string> = new Set(),
): FigureComparison[] {
  return load.figures.filter(
    ({ metric, statistic, a, b }) =>
      (a !== null || b !== null) &&
      (statistic === null || shownStatistics.has(statistic) || asked.has(`${metric} ${statistic}`)),
  )
}

/** `style` sets off the words of the outcome; without it they are plain. */
export function comparisonTable(
  figures: readonly FigureComparison[],
  confidence: number,
  style: (words: string, outcome: ComparisonOutcome | null) => string = words => words,
): Table {
  return {
    columns: [
      { header: 'figure' },
      { header: 'a', ...right },
      { header: 'b', ...right },
      { header: 'b to a', ...right },
      { header: `${formatPercent(confidence)} interval`, ...right },
      { header: '' },
    ],
    rows: figures.map(figure => {
      const outcome = outcomeOf(figure)
      return [
        figureTitle(figure),
        figureValue(figure, figure.a),
        figureValue(figure, figure.b),
        changeWords(figure),
        intervalWords(figure),
        figure.a === null || figure.b === null
          ? 'only one side has it'
          : outcome === null
            ? ''
            : style(outcome, outcome),
      ]
    }),
  }
}

/** `TTFT p95`, `throughput, output tok/s`. */
export function figureTitle({ metric, statistic, unit }: FigureComparison): string {
  const { title } = comparedUnits[metric]
  const name = statistic === null ? title : `${title} ${statistic}`
  const plainUnit = isLatency(metric) || metric === 'cost' || metric === 'errors' ? '' : `, ${unit}`
  return metric === 'cost' ? `${name}, per Mtok` : name + plainUnit
}

export function figureValue({ metric }: FigureComparison, value: number | null): string {
  if (value === null) return missing
  if (isLatency(metric)) return formatMilliseconds(value)
  if (metric === 'cost') return formatUsd(value)
  return metric === 'errors' ? formatPercent(value) : formatSignificant(value)
}

/** b against a: `−12.3 %`; of errors in percentage points. */
export function changeWords({ ratio, difference }: FigureComparison): string {
  if (difference !== null) return `${signed(difference * 100, 1)} pp`
  return ratio === null ? missing : `${signed((ratio - 1) * 100, 1)} %`
}

export function intervalWords({ low, high, difference }: FigureComparison): string {
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

export function describeSide({ name, tool, toolVersion, model, startedAt }: ComparedSide): string {
  const version = toolVersion === null ? '' : ` ${toolVersion}`
  return [`${name}`, `${tool}${version}`, model, startedAt].filter(part => part !== null).join(' · ')
}

/** `concurrency 16, latencies from schedule, 3 and 3 runs`. */
export function loadTitle(load: LoadComparison): string {
  const repeated = load.paired ? `, ${load.runsA} pairs of runs` : `, ${load.runsA} and ${load.runsB} runs`
  const runs = load.runsA + load.runsB > 2 ? repeated : ''
  const clock = load.clock === 'response' ? ', latencies from schedule' : ''
  return `${load.load}${clock}${runs}`
}

/** Within a run is not between runs; null where both sides were repeated. */
export function noiseSentence({ loads }: RunComparison): string | null {
  return loads.every(({ runsA, runsB }) => runsA > 1 && runsB > 1)
    ? null
    : 'intervals are of the noise within one run each; a restart, another node or a warmer room may move a figure ' +
        'by more. Measure each side several times to see that too.'
}
