/** The clean measured points as a compact table: what `plan` shows as nearest measurements. */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import { layoutText, type Neighbour } from '../../src/accuracy/neighbours.ts'

export function neighbourTable(points: readonly HeldOutPoint[]): string {
  const rows: Neighbour[] = points.flatMap(({ prepared, prediction }) => {
    const { point, cell } = prepared
    if (point.tpotMs === null || point.ttftMs === null || point.load.kind !== 'closed') return []
    return [
      {
        model: cell.modelId,
        accelerator: cell.acceleratorId,
        engine: point.deployment.engine,
        precision: point.deployment.precision.preset,
        mode: point.deployment.mode,
        layout: layoutText(prepared),
        devices: point.devices,
        inputTokens: point.nominalInputTokens,
        outputTokens: point.nominalOutputTokens,
        concurrency: point.load.concurrency,
        tpotMs: round(point.tpotMs),
        ttftMs: round(point.ttftMs),
        predictedTpotMs: round(prediction.tpotMs),
        date: point.date,
      },
    ]
  })
  const columns = Object.keys(rows[0]!) as (keyof Neighbour)[]
  const lines = rows.map(row => JSON.stringify(columns.map(column => row[column])))
  return `{"source":"AIConfigurator, silicon data (Apache-2.0), after InferenceX; rows cleaned by src/accuracy/rows","columns":${JSON.stringify(columns)},"rows":[\n${lines.join(',\n')}\n]}`
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
