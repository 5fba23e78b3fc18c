/** Where 80 % bands hold more or less than 80 %: coverage by class, metric and slice, judged by bands made without the cluster. */
import {
  type BandCoverage,
  bandCoverage,
  type JudgedRow,
  judgeBands,
  judgedClasses,
  shareInside,
} from '../../src/accuracy/band-coverage.ts'
import {
  type BandMetric,
  bandMetrics,
  type HeldOutByKind,
  type HeldOutClass,
} from '../../src/accuracy/error-bands.ts'
import { loadBucket } from './accuracy-decomposition.ts'

export interface CoverageSlice {
  readonly class: HeldOutClass
  readonly metric: BandMetric
  readonly slice: string
  readonly level: string
  readonly rows: number
  readonly share: number
}

export interface Coverage {
  /** All judged rows and metrics together, and by class. */
  readonly overall: readonly {
    readonly class: HeldOutClass | 'all'
    readonly rows: number
    readonly share: number
  }[]
  readonly cells: readonly BandCoverage[]
  /** Both modes together, by load, vendor, engine and speculation. */
  readonly slices: readonly CoverageSlice[]
}

const slices: readonly (readonly [name: string, levelOf: (row: JudgedRow) => string])[] = [
  ['load', ({ residual }) => loadBucket(residual.held)],
  ['vendor', ({ residual }) => residual.situation.vendor],
  ['engine', ({ residual }) => residual.situation.engine],
  [
    'speculation',
    ({ residual }) => (residual.situation.speculation ? 'with multi-token prediction' : 'without'),
  ],
]

export function coverageOf(held: HeldOutByKind): Coverage {
  const judged = judgeBands(held)
  const lineOf = (name: HeldOutClass | 'all', rows: readonly JudgedRow[]) => ({
    class: name,
    rows: rows.length,
    share: shareInside(rows),
  })
  return {
    overall: [
      lineOf('all', judged),
      ...judgedClasses.map(name =>
        lineOf(
          name,
          judged.filter(row => row.class === name),
        ),
      ),
    ],
    cells: bandCoverage(judged),
    slices: judgedClasses.flatMap(name =>
      bandMetrics.flatMap(metric => {
        const own = judged.filter(row => row.class === name && row.metric === metric)
        return slices.flatMap(([slice, levelOf]) =>
          [...Map.groupBy(own, levelOf)]
            .map(([level, rows]) => ({
              class: name,
              metric,
              slice,
              level,
              rows: rows.length,
              share: shareInside(rows),
            }))
            .sort((a, b) => (a.level < b.level ? -1 : 1)),
        )
      }),
    ),
  }
}
