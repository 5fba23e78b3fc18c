/** Calibration on a measured run, request by request through the twin: the same multipliers that `validate --calibrate-first` fits. */
import { layoutText } from '../accuracy/rows/canonical-layout.ts'
import { calibrateRun } from '../accuracy/runs/calibrate-run.ts'
import { measuredLatency } from '../accuracy/runs/measured-run.ts'
import { replayRun, runDeployment } from '../accuracy/runs/replay.ts'
import { latencyNames, type RunErrors, runErrors } from '../accuracy/runs/run-errors.ts'
import { readRunFolder } from '../accuracy/runs/run-folder-file.ts'
import { type DescribedCell, namesOf } from '../accuracy/user-calibration-overlay.ts'
import { type FactsCatalog, findAccelerator } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { type CoefficientSet, calibratedCell, cellOf } from '../perf/coefficients.ts'
import { loadModel } from './load-model-file.ts'

/** Fewer say too little for five multipliers. */
const fewestCalibrated = 8
/** More add time and little else: LLMServingSim's runs change by less than their noise beyond it. */
const mostCalibrated = 100

export interface CalibratedRun {
  readonly described: DescribedCell
  readonly name: string
  /** Requests calibrated on, and errors over the others. */
  readonly calibratedRequests: number
  readonly before: RunErrors
  readonly after: RunErrors
}

export function calibrateFolder(
  folder: string,
  first: number | null,
  catalog: FactsCatalog,
  set: CoefficientSet,
): CalibratedRun {
  const run = readRunFolder(folder)
  const model = loadModel(run.settings.model, catalog)
  const accelerator = findAccelerator(catalog, run.settings.accelerator)
  const facts = { modelId: model.id, architecture: model.architecture, accelerator, coefficients: set }
  const count = first ?? Math.min(mostCalibrated, Math.floor(run.requests.length / 2))
  if (count < fewestCalibrated || count >= run.requests.length)
    throw new TokenwrightError(
      first === null ? 'measurements' : 'usage',
      `cannot calibrate on ${count} of ${run.requests.length} requests`,
      {
        where: first === null ? folder : '--first',
        fix: `a run needs ${2 * fewestCalibrated} requests or more, and some must be left to predict`,
      },
    )
  const measured = run.requests.map(measuredLatency)
  const calibration = calibrateRun(run, facts, count)
  const before = runErrors(measured, replayRun(run, facts).latencies, count)
  const after = runErrors(measured, calibration.replay.latencies, count)
  const deployment = runDeployment(run, facts)
  const cell = cellOf(model.id, model.architecture, accelerator, deployment)
  const described: DescribedCell = {
    cell: calibratedCell(cell),
    ...namesOf(cell),
    source: folder,
    // Its requests met one load: for trust a run is one point.
    points: 1,
    layouts: deployment.mode === 'aggregated' ? [layoutText(deployment.pool.parallelism)] : [],
    multipliers: calibration.multipliers.map(({ name, multiplier }) => ({ name, multiplier, sigma: null })),
    shifts: calibration.shifts,
    errors: Object.fromEntries(
      latencyNames.map(name => [name, { before: before.perRequest[name], after: after.perRequest[name] }]),
    ),
    rows: [`first ${count} of ${run.requests.length} requests`],
  }
  return { described, name: run.name, calibratedRequests: count, before, after }
}
