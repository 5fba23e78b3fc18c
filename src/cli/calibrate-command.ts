/** `calibrate`, from paths to the file and what is printed. */
import { existsSync, statSync } from 'node:fs'
import { runFolders } from '../accuracy/runs/run-folder-file.ts'
import {
  calibrateCells,
  type RefusedPoint,
  type UserCalibration,
} from '../accuracy/user-calibration-cells.ts'
import {
  type DescribedCell,
  type DescribedOverlay,
  describedCell,
  overlayOf,
} from '../accuracy/user-calibration-overlay.ts'
import { loadCalibrationSettings } from '../accuracy/user-calibration-settings-file.ts'
import { loadCatalogWithFacts } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount } from '../core/parse-quantity.ts'
import { loadCoefficients, shippedCoefficientsFingerprint } from '../perf/load-coefficients-file.ts'
import { calibrationJson } from '../report/calibration-json.ts'
import type { CalibrationReport, ReportedRun } from '../report/calibration-report.ts'
import { calibrationText } from '../report/calibration-text.ts'
import { checkSaveFile, saveFile } from '../report/save-directory-file.ts'
import { isBenchFolder, joinedPoints } from './calibrate-bench.ts'
import { readCalibrationPoints } from './calibrate-points.ts'
import type { CalibrateFlags } from './commands/calibrate.ts'
import { startProgress } from './progress.ts'

/** Fits, writes the overlay and returns what is printed. `today`: YYYY-MM-DD, the overlay's date. */
export async function runCalibrate(
  paths: readonly string[],
  flags: CalibrateFlags,
  today: string,
): Promise<string> {
  checkOutput(flags)
  const first = flags.first === undefined ? null : parseCount(flags.first, '--first')
  const catalog = await loadCatalogWithFacts(flags.facts)
  const set = loadCoefficients()
  const { widths } = loadCalibrationSettings()
  const benchFolders = paths.filter(isBenchFolder)
  const folders = paths.filter(path => isFolder(path) && !isBenchFolder(path))
  if (first !== null && folders.length === 0)
    throw new TokenwrightError('usage', '--first is for measured runs; these are tables of points', {
      where: '--first',
      fix: 'leave it out: all points are calibrated on',
    })
  const leftOut: RefusedPoint[] = []
  const notes: string[] = []
  const cells: DescribedCell[] = []
  const calibrations: UserCalibration['cells'][number][] = []
  const tables = [
    ...paths.filter(each => !isFolder(each)).map(path => ({ path, text: null })),
    // The points of several measurements of one deployment are calibrated together.
    ...(benchFolders.length === 0 ? [] : [joinedPoints(benchFolders)]),
  ]
  for (const { path, text } of tables) {
    const read = readCalibrationPoints(path, catalog, set, text)
    const { cells: fitted, refused } = calibrateCells(read.prepared, set, widths)
    leftOut.push(...read.leftOut, ...refused)
    notes.push(...read.notes)
    calibrations.push(...fitted)
    cells.push(...fitted.map(cell => describedCell(cell, path)))
  }
  const runs = await calibratedRuns(folders, first, catalog, set)
  cells.push(...runs.map(({ described }) => described))
  if (cells.length === 0)
    throw new TokenwrightError('measurements', 'the model refuses every point', {
      where: paths.join(', '),
      fix: [...new Set(leftOut.map(({ reason }) => reason))].join('; '),
    })
  refuseSharedCells(cells)
  const overlay: DescribedOverlay = overlayOf(cells, {
    asOf: today,
    base: { asOf: set.asOf, fingerprint: shippedCoefficientsFingerprint() },
  })
  const report: CalibrationReport = {
    cells: calibrations.map((cell, index) => ({ calibrated: cell, described: cells[index]! })),
    runs,
    leftOut,
    notes,
    output: flags.output,
  }
  saveFile(flags.output, `${JSON.stringify(overlay, rounded, 1)}\n`)
  return flags.json ? calibrationJson(report, overlay) : calibrationText(report)
}

async function calibratedRuns(
  folders: readonly string[],
  first: number | null,
  ...facts: [Awaited<ReturnType<typeof loadCatalogWithFacts>>, ReturnType<typeof loadCoefficients>]
): Promise<readonly ReportedRun[]> {
  if (folders.length === 0) return []
  const { calibrateFolder } = await import('./calibrate-runs.ts')
  const progress = startProgress()
  try {
    return folders.flatMap(folder => {
      const found = runFolders(folder)
      if (found.length === 0)
        throw new TokenwrightError('measurements', 'no measured run in this folder', {
          where: folder,
          fix: 'a run has vllm_meta.json and vllm_requests.jsonl; see docs/guides/measured-runs.md',
        })
      return found.map(run => {
        progress.update(`calibrating on ${run}`)
        return calibrateFolder(run, first, ...facts)
      })
    })
  } finally {
    progress.finish()
  }
}

/** Before any work: a file that is there stays, unless it may be replaced. */
function checkOutput({ output, force }: CalibrateFlags): void {
  checkSaveFile(output)
  if (force !== true && existsSync(output))
    throw new TokenwrightError('file', `${output} is there already`, {
      where: '--output',
      fix: 'say --force to replace it, or --output with another name',
    })
}

/** Two sources of one cell would leave one of them unused. */
function refuseSharedCells(cells: readonly DescribedCell[]): void {
  for (const [cell, sharing] of Map.groupBy(cells, each => each.cell)) {
    if (sharing.length === 1) continue
    const { model, accelerator, engine } = sharing[0]!
    throw new TokenwrightError(
      'measurements',
      `${model} on ${accelerator} with ${engine} is calibrated twice (${cell})`,
      {
        where: sharing.map(({ source }) => source).join(' and '),
        fix: 'put the points of one cell into one file, and leave out either points or run',
      },
    )
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}
