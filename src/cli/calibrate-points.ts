/** The points of a user's file, ready to be calibrated on: the plain form, or any form that `validate` reads. */
import { readFileSync } from 'node:fs'
import { catalogLookups } from '../accuracy/catalog-lookups-file.ts'
import { type PointLookups, type PreparedPoint, preparePoint } from '../accuracy/evaluate-point.ts'
import { readMeasuredRows } from '../accuracy/read-measured-rows.ts'
import { rowPhysicsFrom } from '../accuracy/rows/row-physics.ts'
import { type RefusedPoint, valuesOf } from '../accuracy/user-calibration-cells.ts'
import type { FactsCatalog } from '../catalog/index.ts'
import { type CsvTable, parseCsv } from '../core/csv.ts'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { type CoefficientSet, resolveCoefficients } from '../perf/coefficients.ts'
import { isOwnPoints, readOwnPoints } from './calibrate-own-points.ts'

export interface CalibrationPoints {
  readonly prepared: readonly PreparedPoint[]
  /** Rows that are not calibrated on, with the reason. */
  readonly leftOut: readonly RefusedPoint[]
  readonly notes: readonly string[]
}

/** `given`: the table, where it was read already; `path` then only names it. */
export function readCalibrationPoints(
  path: string,
  catalog: FactsCatalog,
  set: CoefficientSet,
  given: string | null = null,
): CalibrationPoints {
  const text = given ?? readText(path)
  const table = inFile(path, () => parseCsv(text))
  const read = isOwnPoints(table)
    ? preparedOwnPoints(table, path, catalog)
    : preparedRows(text, path, catalogLookups(catalog))
  if (read.prepared.length === 0) {
    const reasons = [...new Set(read.leftOut.map(({ reason }) => reason))]
    throw new TokenwrightError('measurements', `no row can be calibrated on: ${reasons.join('; ')}`, {
      where: path,
      fix: 'docs/guides/calibrate.md says what a row must state; the plain form there needs the least',
    })
  }
  for (const prepared of read.prepared) refuseWrongUnits(prepared, path, set)
  return read
}

function preparedOwnPoints(table: CsvTable, path: string, catalog: FactsCatalog): CalibrationPoints {
  const { points, architectures, notes } = readOwnPoints(table, path, catalog)
  const shipped = catalogLookups(catalog)
  const lookups: PointLookups = {
    accelerator: id => shipped.accelerator(id),
    architecture: id => architectures.get(id) ?? shipped.architecture(id),
  }
  const prepared = points.map((point, index) => {
    const result = preparePoint(point, lookups)
    if (!('skipped' in result)) return result
    throw new TokenwrightError('measurements', result.skipped, {
      where: `${path}:${table.records[index]!.line}`,
      fix: 'check tp, dp, ep and pp: the engine ran it, so one of them is not what ran',
    })
  })
  return { prepared, leftOut: [], notes }
}

/** Copies, rows that are not predicted and rows that the anomaly rules distrust are left out. */
function preparedRows(text: string, path: string, lookups: PointLookups): CalibrationPoints {
  const physics = rowPhysicsFrom(
    id => lookups.architecture(id),
    id => lookups.accelerator(id),
  )
  const rows = inFile(path, () => readMeasuredRows(text, physics))
  const leftOut: RefusedPoint[] = rows.skipped.map(({ id, reason }) => ({ id, reason }))
  const prepared = rows.points.flatMap(point => {
    if (point.suspect !== null) {
      leftOut.push({ id: point.id, reason: point.suspect })
      return []
    }
    const result = preparePoint(point, lookups)
    if (!('skipped' in result)) return [result]
    leftOut.push({ id: point.id, reason: result.skipped })
    return []
  })
  return { prepared, leftOut, notes: [] }
}

/** Seconds given as milliseconds are a thousandfold off; the worst shipped prediction of a real row is not fiftyfold off. */
const wrongUnitRatio = 50

function refuseWrongUnits(prepared: PreparedPoint, path: string, set: CoefficientSet): void {
  const prediction = prepared.evaluate(resolveCoefficients(set, prepared.cell))
  if ('skipped' in prediction) return
  for (const metric of ['tpot', 'ttft', 'throughput', 'energy'] as const) {
    const { measured, predicted } = valuesOf(metric, prepared, prediction)
    if (measured === null || Math.abs(Math.log(predicted / measured)) < Math.log(wrongUnitRatio)) continue
    const line = /^line (\d+)$/.exec(prepared.point.id)?.[1]
    throw new TokenwrightError(
      'measurements',
      `${names[metric]} is measured as ${measured} and predicted as ${Number(predicted.toPrecision(3))}`,
      {
        where: line === undefined ? `${path}, ${prepared.point.id}` : `${path}:${line}`,
        fix: 'a ratio like that is a matter of units (milliseconds, tokens per second of the whole deployment, watts of all devices), of tp and replicas, or of a load that is not the stated one',
      },
    )
  }
}

const names = {
  tpot: 'TPOT, ms,',
  ttft: 'TTFT, ms,',
  throughput: 'tokens per second and device',
  energy: 'joules per output token',
} as const

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the points', { where: path, fix: 'check the path' })
  }
}

/** `line 3` of an error becomes `points.csv:3`. */
function inFile<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    const line = /^line (\d+)$/.exec(error.where ?? '')?.[1]
    throw new TokenwrightError(error.code, error.message, {
      where: line === undefined ? path : `${path}:${line}`,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    })
  }
}
