/**
 * How far off predictions are after a user calibrated on a few points of his own, on rows nobody fitted; and how wide the
 * priors of such a calibration are. Writes data/calibration/user-calibration.json and prints tables.
 *
 *   npm run accuracy:calibrated -- DATA_FOLDER [--held-out FILE] [--choose-widths]
 *
 * Per configuration group with 8 clean aggregated rows of serving_latency or more: coefficients fitted without the group's fold,
 * calibrated on 4 of its rows, the rest predicted. --held-out keeps the folds' coefficients in a file, and takes them from
 * it when it is there. --choose-widths chooses the widths anew, on one half of the groups for the other and back, so that no
 * group is judged with widths chosen on it; what ships is chosen on all of them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { catalogLookups } from '../src/accuracy/catalog-lookups-file.ts'
import { fitAll } from '../src/accuracy/cross-validation.ts'
import type { PreparedPoint } from '../src/accuracy/evaluate-point.ts'
import { defaultFitOptions } from '../src/accuracy/fit-options.ts'
import { configurationGroup, foldOf, hash } from '../src/accuracy/folds.ts'
import { type HandSetPriors, type KernelPriors, priorSet } from '../src/accuracy/priors.ts'
import type { CalibrationWidths } from '../src/accuracy/user-calibration.ts'
import { adviceChoice, concurrencyOf, randomChoice } from '../src/accuracy/user-calibration-choice.ts'
import { type CalibrationSettings, loadCalibrationSettings } from '../src/accuracy/user-calibration-settings-file.ts'
import type { CalibrationBands } from '../src/accuracy/user-calibration-trust.ts'
import {
  type CalibratedRow,
  type Choice,
  chooseWidths,
  type HeldOutGroup,
  heldOutLoss,
  predictRest,
} from '../src/accuracy/user-calibration-widths.ts'
import { loadCatalog } from '../src/catalog/index.ts'
import { mean, median, quantile } from '../src/core/statistics.ts'
import { type CoefficientSet, calibratedCell, resolveCoefficients } from '../src/perf/coefficients.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { calibrationFolder, readJson } from './calibrate/folders.ts'
import { readMeasuredFolder, trainingFileNames } from './calibrate/measured-points-file.ts'

const smallestGroup = 8
const pointsTried = [1, 2, 3, 4, 6]
const seeds = ['a', 'b', 'c']
const advised = 4

const { positionals, values } = parseArgs({
  options: { 'held-out': { type: 'string' }, 'choose-widths': { type: 'boolean' } },
  allowPositionals: true,
})
const folder = positionals[0]
if (folder === undefined) {
  console.error('usage: npm run accuracy:calibrated -- DATA_FOLDER [--held-out FILE] [--choose-widths]')
  process.exit(2)
}
const points = readMeasuredFolder(folder, catalogLookups(loadCatalog()), trainingFileNames).flatMap(
  file => file.prepared,
)
const folds = foldCoefficients(points)
const groups = heldOutGroups(points, folds)
const choices: Choice[] = [adviceChoice, ...seeds.map(seed => (rows: readonly PreparedPoint[]) => randomChoice(rows, advised, seed))]

const halves = [0, 1].map(half => groups.filter(group => hash(`half ${group.name}`) % 2 === half))
const widths = values['choose-widths'] ? chosenWidths(groups, 'all groups') : loadCalibrationSettings().widths
/** Widths that a half is judged with: chosen on the other one. */
const widthsOfHalf = values['choose-widths']
  ? [chosenWidths(halves[1]!, 'second half'), chosenWidths(halves[0]!, 'first half')]
  : [widths, widths]

const report = (title: string, choose: Choice, others?: (group: HeldOutGroup) => readonly PreparedPoint[]) => {
  const rows = halves.flatMap((half, index) =>
    half.flatMap(group => predictRest(group, choose(group.rows), widthsOfHalf[index]!, others?.(group))),
  )
  console.log(`${title.padEnd(34)} ${line(rows)}`)
  return rows
}

console.log(`${groups.length} groups, ${groups.reduce((sum, group) => sum + group.rows.length, 0)} rows`)
const byAdvice = report('4 points as advised', adviceChoice)
for (const [engine, rows] of Map.groupBy(byAdvice, row => row.prepared.point.deployment.engine))
  console.log(`${`  ${engine}`.padEnd(34)} ${line(rows)}`)
for (const seed of seeds) report(`4 points by chance (${seed})`, rows => randomChoice(rows, advised, seed))
report('other layouts of the cell, 4 points', adviceChoice, otherLayouts)
const bands: CalibrationBands = pointsTried.map(count => {
  const rows = report(`${count} by chance, 8 rows or more`, all => randomChoice(all, count, 'a'))
  const elsewhere = report('  other layouts of the cell', all => randomChoice(all, count, 'a'), otherLayouts)
  return { points: count, bands: bandsOf([...rows, ...elsewhere]) }
})

if (values['choose-widths']) {
  const settings: CalibrationSettings = {
    schema: 'user-calibration/1',
    source:
      'scripts/accuracy-calibrated.ts: rows of serving_latency.csv held out by configuration fold, calibrated on a few of them',
    asOf: loadCoefficients().asOf,
    widths,
    bands,
  }
  writeFileSync(
    new URL('user-calibration.json', calibrationFolder),
    `${JSON.stringify(settings, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value), 1)}\n`,
  )
}

function foldCoefficients(all: readonly PreparedPoint[]): Record<string, CoefficientSet> {
  const kept = values['held-out']
  if (kept !== undefined && existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'))
  const base = priorSet(
    readJson<HandSetPriors>('priors.json'),
    readJson<KernelPriors>('kernels.json'),
    defaultFitOptions.priors,
  )
  const fitted: Record<string, CoefficientSet> = {}
  for (const fold of [...new Set(all.map(point => foldOf('configuration', point)))].sort()) {
    console.error(`fitting without ${fold}`)
    const train = all.filter(p => foldOf('configuration', p) !== fold && p.point.suspect === null)
    fitted[fold] = fitAll(train, base, defaultFitOptions)
  }
  if (kept !== undefined) writeFileSync(kept, JSON.stringify(fitted))
  return fitted
}

function heldOutGroups(
  all: readonly PreparedPoint[],
  sets: Readonly<Record<string, CoefficientSet>>,
): HeldOutGroup[] {
  const clean = all.filter(
    ({ point }) =>
      point.file === 'serving_latency' && point.suspect === null && point.deployment.mode === 'aggregated',
  )
  return [...Map.groupBy(clean, configurationGroup)]
    .filter(([, rows]) => rows.length >= smallestGroup)
    .map(([name, rows]) => {
      const first = rows[0]!
      return { name, rows, base: resolveCoefficients(sets[foldOf('configuration', first)]!, first.cell) }
    })
}

/** Rows of the same cell and fold in other layouts: not fitted either, and not calibrated on. */
function otherLayouts(group: HeldOutGroup): PreparedPoint[] {
  const first = group.rows[0]!
  return groups
    .filter(other => {
      const its = other.rows[0]!
      return (
        other !== group &&
        calibratedCell(its.cell) === calibratedCell(first.cell) &&
        foldOf('configuration', its) === foldOf('configuration', first)
      )
    })
    .flatMap(other => other.rows)
}

function chosenWidths(from: readonly HeldOutGroup[], what: string): CalibrationWidths {
  const chosen = chooseWidths(from, choices)
  console.error(`widths chosen on ${what}: ${JSON.stringify(chosen)}, loss ${heldOutLoss(from, choices, chosen).toFixed(4)}`)
  return chosen
}

function line(rows: readonly CalibratedRow[]): string {
  const off = (pick: (row: CalibratedRow) => number) => rows.map(row => Math.abs(pick(row) - 1))
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const arrow = (before: number, after: number) => `${percent(before)} → ${percent(after)}`
  const within = (pick: (row: CalibratedRow) => number) => off(pick).filter(e => e <= 0.5).length / rows.length
  return [
    `n ${rows.length}`,
    `TPOT mean ${arrow(mean(off(r => r.tpot.before)), mean(off(r => r.tpot.after)))}`,
    `median ${arrow(median(off(r => r.tpot.before)), median(off(r => r.tpot.after)))}`,
    `TTFT median ${arrow(median(off(r => r.ttft.before)), median(off(r => r.ttft.after)))}`,
    `within 50 % ${arrow(within(r => r.ttft.before), within(r => r.ttft.after))}`,
  ].join('  ')
}

/** 10th and 90th percentile of measured ÷ predicted; tokens per second by Little's law on both sides. */
function bandsOf(rows: readonly CalibratedRow[]): CalibrationBands[number]['bands'] {
  const band = (ratios: readonly number[]) => ({
    low: quantile(ratios, 0.1),
    high: quantile(ratios, 0.9),
    rows: ratios.length,
  })
  return {
    tpot: band(rows.map(row => 1 / row.tpot.after)),
    ttft: band(rows.map(row => 1 / row.ttft.after)),
    throughput: band(
      rows.map(({ prepared, tpot, ttft }) => {
        const { point } = prepared
        const rate = (tpotMs: number, ttftMs: number) =>
          concurrencyOf(prepared) / (ttftMs + tpotMs * (point.shape.outputTokens - 1))
        return (
          rate(point.tpotMs!, point.ttftMs!) / rate(point.tpotMs! * tpot.after, point.ttftMs! * ttft.after)
        )
      }),
    ),
  }
}
