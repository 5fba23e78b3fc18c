/** Tables of the accuracy page about error bands. */
import { judgedClasses } from '../../src/accuracy/band-coverage.ts'
import { loadSteps } from '../../src/accuracy/band-widths.ts'
import { bandClasses, bandMetrics, type ErrorBands } from '../../src/accuracy/error-bands.ts'
import { percent, table } from './accuracy-markdown.ts'
import type { AccuracyReport } from './accuracy-report.ts'

export function bandTable(bands: ErrorBands): string {
  const text = (band: { low: number; high: number }) => `×${band.low.toFixed(2)} … ×${band.high.toFixed(2)}`
  return table(
    ['a question is', 'mode', 'TPOT', 'TTFT', 'tokens/s', 'rows'],
    bandClasses.flatMap(name =>
      (['aggregated', 'disaggregated'] as const).map(m => {
        const b = bands.classes[name][m]
        return [name, m, text(b.tpot), text(b.ttft), text(b.throughput), b.tpot.rows || '']
      }),
    ),
  )
}

export function coverageTable({ bandCoverage }: AccuracyReport): string {
  return table(
    ['a question is', 'mode', 'metric', 'rows', 'clusters', 'inside'],
    bandCoverage.cells.map(cell => [
      cell.class,
      cell.mode,
      cell.metric,
      cell.rows,
      cell.clusters,
      percent(cell.share),
    ]),
  )
}

export function coverageSliceTable({ bandCoverage }: AccuracyReport): string {
  const levels = [...Map.groupBy(bandCoverage.slices, one => `${one.slice}|${one.level}`)]
  const columns = bandMetrics.flatMap(metric => judgedClasses.map(name => ({ metric, name })))
  return table(
    ['inside', '', ...columns.map(({ metric, name }) => `${metric}, ${name}`)],
    levels.map(([key, members]) => {
      const [slice, level] = key.split('|') as [string, string]
      return [
        slice,
        level,
        ...columns.map(({ metric, name }) => {
          const found = members.find(one => one.class === name && one.metric === metric)
          return found === undefined ? '' : `${percent(found.share, 0)} (${found.rows})`
        }),
      ]
    }),
  )
}

/** Factors on the ln width of TPOT bands. */
export function widthTable({ local }: ErrorBands): string {
  if (local === undefined) return 'None.'
  const widths = judgedClasses.map(name => local[name].widths.tpot)
  const rows = [
    ...loadSteps.map(
      (step, index) => [`up to ${step} in flight`, widths.map(one => one.load[index])] as const,
    ),
    [`more than ${loadSteps.at(-1)} in flight`, widths.map(one => one.load[loadSteps.length])] as const,
    ...(['vendor', 'engine', 'speculation'] as const).flatMap(attribute =>
      Object.keys(widths[0]![attribute]).map(
        level => [`${attribute}: ${level}`, widths.map(one => one[attribute][level])] as const,
      ),
    ),
  ]
  return table(
    ['situation', ...judgedClasses],
    rows.map(([name, values]) => [
      name,
      ...values.map(value => (value === undefined ? '' : `×${value.toFixed(2)}`)),
    ]),
  )
}
