/** Everything the accuracy page states, as data: docs/models/accuracy.md prints it, data/calibration/accuracy.json keeps it. */
import { catalogLookups } from '../../src/accuracy/catalog-lookups-file.ts'
import { type ErrorBands, errorBands, type HeldOutByKind } from '../../src/accuracy/error-bands.ts'
import { openPredictor } from '../../src/accuracy/predictor-file.ts'
import type { CalibrationResult } from '../../src/accuracy/user-calibration-settings-file.ts'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { CoefficientSet } from '../../src/perf/coefficients.ts'
import { type Bar, barsOf } from './accuracy-bars.ts'
import { type CellErrors, cellErrors } from './accuracy-cells.ts'
import { type Coverage as BandCoverage, coverageOf } from './accuracy-coverage.ts'
import { type Decomposition, decompose, decomposedSlices } from './accuracy-decomposition.ts'
import { type ForwardPassErrors, forwardPassErrors } from './accuracy-forward-passes.ts'
import { type NoiseLine, noiseFloor } from './accuracy-noise.ts'
import { type PercentileErrors, percentileErrors } from './accuracy-percentiles.ts'
import { type RegretLine, regretLines } from './accuracy-regret.ts'
import { type ReplayErrors, replayErrors } from './accuracy-replays.ts'
import { type FileRows, fileRows } from './accuracy-rows.ts'
import { type SliceErrors, sliceErrors } from './accuracy-slices.ts'
import { readUnfitted, type UnfittedErrors, unfittedErrors } from './accuracy-unfitted.ts'
import { type WallPower, wallPower } from './accuracy-wall-power.ts'
import { type MeasuredFileContent, trainingFileNames } from './measured-points-file.ts'

export interface AccuracyReport {
  readonly schema: 'accuracy/1'
  /** Of the coefficients. */
  readonly asOf: string
  readonly bars: readonly Bar[]
  readonly slices: readonly SliceErrors[]
  readonly unfitted: readonly UnfittedErrors[]
  readonly percentiles: readonly PercentileErrors[]
  readonly wallPower: WallPower | null
  readonly forwardPasses: ForwardPassErrors | null
  readonly replays: readonly ReplayErrors[]
  /** After a few of a user's own measurements: measured apart, by npm run accuracy:calibrated. */
  readonly ownPoints: readonly CalibrationResult[]
  readonly regret: readonly RegretLine[]
  readonly bands: ErrorBands
  readonly bandCoverage: BandCoverage
  readonly noise: readonly NoiseLine[]
  readonly decompositions: readonly Decomposition[]
  readonly cells: readonly CellErrors[]
  readonly coverage: { readonly files: readonly FileRows[] }
}

export interface ReportInput {
  readonly folder: string
  readonly catalog: FactsCatalog
  readonly coefficients: CoefficientSet
  readonly files: readonly MeasuredFileContent[]
  /** Predictions of every measurement, and of those that the row rules trust. */
  readonly all: HeldOutByKind
  readonly clean: HeldOutByKind
  readonly ownPoints: readonly CalibrationResult[]
}

const unfittedNames = [
  'trtllm_perf_overview.csv',
  'mlperf_inference.csv',
  'trtllm_online_serving.csv',
  'serving_deepseek_r1_dated.csv',
] as const

export async function accuracyReport(input: ReportInput): Promise<AccuracyReport> {
  const { folder, catalog, coefficients, files, all, clean } = input
  const lookups = catalogLookups(catalog)
  const predictor = openPredictor(catalog)
  const unfitted = unfittedNames.flatMap(name => readUnfitted(folder, name, predictor) ?? [])
  const named = (name: string) => unfitted.find(file => file.name === name)
  const dated = named('serving_deepseek_r1_dated.csv')
  const report: AccuracyReport = {
    schema: 'accuracy/1',
    asOf: coefficients.asOf,
    bars: [],
    slices: sliceErrors(clean, all),
    unfitted: unfittedErrors(unfitted),
    percentiles: percentileErrors(dated, lookups, coefficients),
    wallPower: wallPower(named('mlperf_inference.csv'), catalog, id => lookups.accelerator(id)),
    forwardPasses: forwardPassErrors(folder, lookups, coefficients),
    replays: await replayErrors(folder),
    ownPoints: input.ownPoints,
    regret: regretLines(clean, catalog),
    bands: errorBands(clean, `held-out residuals of ${trainingFileNames.join(', ')}`, coefficients.asOf),
    bandCoverage: coverageOf(clean),
    noise: noiseFloor([...files.flatMap(file => file.rows.points), ...(dated?.rows.points ?? [])]),
    decompositions: decomposedSlices.flatMap(id => decompose(clean.configuration, id) ?? []),
    cells: cellErrors(clean.configuration),
    coverage: { files: fileRows(files, unfitted) },
  }
  return { ...report, bars: barsOf(report) }
}
