/** Where 80 % bands hold more or less than 80 %: coverage by class, metric and slice, judged by bands made without the cluster. */
import {
  type BandCoverage,
  bandCoverage,
  type JudgedClass,
  judgedClasses,
  judgeRows,
} from '../../src/accuracy/band-coverage.ts'
import {
  bandMetrics,
  bandModes,
  clusteredResiduals,
  type HeldOutByKind,
  type HeldOutResidual,
  kindOfClass,
} from '../../src/accuracy/error-bands.ts'
import { loadBucket } from './accuracy-decomposition.ts'

export interface CoverageSlice {
  readonly class: JudgedClass
  readonly slice: string
  readonly level: string
  readonly rows: number
  readonly share: number
}

export interface Coverage {
  /** All judged rows and metrics together, and by class. */
  readonly overall: readonly {
    readonly class: JudgedClass | 'all'
    readonly rows: number
    readonly share: number
  }[]
  readonly cells: readonly BandCoverage[]
  /** TPOT of aggregated rows by load, vendor and engine. */
  readonly slices: readonly CoverageSlice[]
}

const slices: readonly (readonly [name: string, levelOf: (residual: HeldOutResidual) => string])[] = [
  ['load', ({ held }) => loadBucket(held)],
  ['vendor', ({ held }) => held.prepared.cell.vendor],
  ['engine', ({ held }) => held.prepared.point.deployment.engine],
  [
    'speculation',
    ({ held }) =>
      held.prepared.point.deployment.speculation === null ? 'without' : 'with multi-token prediction',
  ],
]

export function coverageOf(held: HeldOutByKind): Coverage {
  const inside = new Map<JudgedClass, boolean[]>()
  for (const name of judgedClasses) {
    const kind = kindOfClass[name]
    const judged = bandModes.flatMap(mode =>
      bandMetrics.flatMap(metric => judgeRows(clusteredResiduals(held[kind], kind, mode, metric))),
    )
    inside.set(
      name,
      judged.map(row => row.inside),
    )
  }
  const all = [...inside.values()].flat()
  return {
    overall: [
      { class: 'all' as const, rows: all.length, share: shareOf(all) },
      ...[...inside].map(([name, rows]) => ({ class: name, rows: rows.length, share: shareOf(rows) })),
    ],
    cells: bandCoverage(held),
    slices: judgedClasses.flatMap(name => {
      const kind = kindOfClass[name]
      const judged = judgeRows(clusteredResiduals(held[kind], kind, 'aggregated', 'tpot'))
      return slices.flatMap(([slice, levelOf]) =>
        [...Map.groupBy(judged, row => levelOf(row.residual))]
          .map(([level, rows]) => ({
            class: name,
            slice,
            level,
            rows: rows.length,
            share: shareOf(rows.map(row => row.inside)),
          }))
          .sort((a, b) => (a.level < b.level ? -1 : 1)),
      )
    }),
  }
}

function shareOf(inside: readonly boolean[]): number {
  return inside.filter(Boolean).length / inside.length
}
