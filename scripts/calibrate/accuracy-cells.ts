/** Errors by model, accelerator and engine: the table of the page, its heat map, and the dashboard's data. */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import { type Metrics, metricsOf } from '../../src/accuracy/score.ts'
import { modeOf, plain, scoredOf } from './accuracy-slices.ts'

export interface CellErrors {
  readonly model: string
  readonly accelerator: string
  readonly engine: string
  readonly mode: 'aggregated' | 'disaggregated'
  readonly speculation: boolean
  readonly n: number
  readonly metrics: Metrics
}

export function cellErrors(points: readonly HeldOutPoint[]): CellErrors[] {
  const groups = Map.groupBy(points, h =>
    JSON.stringify([
      h.prepared.cell.modelId,
      h.prepared.cell.acceleratorId,
      h.prepared.point.deployment.engine,
      modeOf(h),
      !plain(h),
    ]),
  )
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, members]) => {
      const first = members[0]!
      return {
        model: first.prepared.cell.modelId,
        accelerator: first.prepared.cell.acceleratorId,
        engine: first.prepared.point.deployment.engine,
        mode: modeOf(first),
        speculation: !plain(first),
        n: members.length,
        metrics: metricsOf(scoredOf(members)),
      }
    })
}
