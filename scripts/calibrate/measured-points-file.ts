/** Reads the measured files of a data folder and prepares every point that the fit and the accuracy page use. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PointLookups, type PreparedPoint, preparePoint } from '../../src/accuracy/evaluate-point.ts'
import type { MeasuredRows } from '../../src/accuracy/measured-point.ts'
import { readMeasuredRows } from '../../src/accuracy/read-measured-rows.ts'
import { rowPhysicsFrom } from '../../src/accuracy/rows/row-physics.ts'
import { TokenwrightError } from '../../src/core/errors.ts'

export interface MeasuredFileContent {
  readonly name: string
  readonly rows: MeasuredRows
  readonly prepared: readonly PreparedPoint[]
  /** Points that no prediction can be made for, by reason. */
  readonly unprepared: Readonly<Record<string, number>>
}

/** Files under <folder>/measured that the fit learns from. */
export const trainingFileNames = ['serving_latency.csv', 'serving_throughput_energy.csv'] as const

export function readMeasuredFolder(
  folder: string,
  lookups: PointLookups,
  names: readonly string[],
): MeasuredFileContent[] {
  const directory = join(folder, 'measured')
  if (!existsSync(directory)) {
    throw new TokenwrightError('file', `no folder "measured" in ${folder}`, {
      fix: 'give the folder that holds measured/ and operators/; docs/models/accuracy.md says where the public originals are',
    })
  }
  const physics = rowPhysicsFrom(
    id => lookups.architecture(id),
    id => lookups.accelerator(id),
  )
  return names
    .filter(name => existsSync(join(directory, name)))
    .map(name => {
      const rows = readMeasuredRows(readFileSync(join(directory, name), 'utf8'), physics)
      const prepared: PreparedPoint[] = []
      const unprepared: Record<string, number> = {}
      for (const point of rows.points) {
        const result = preparePoint(point, lookups)
        if ('skipped' in result) unprepared[result.skipped] = (unprepared[result.skipped] ?? 0) + 1
        else prepared.push(result)
      }
      return { name, rows, prepared, unprepared }
    })
}
