/**
 * How far off predictions are after a user calibrated on a few points of his own, on rows nobody fitted; and how wide the
 * priors of such a calibration are. Writes data/calibration/user-calibration.json and prints tables.
 *
 *   npm run accuracy:calibrated -- DATA_FOLDER [--held-out FILE] [--choose-widths] [--unseen-models]
 *
 * Per configuration group with 8 clean aggregated rows of serving_latency or more: coefficients fitted without the group's fold
 * (with --unseen-models also without its whole model), calibrated on 4 of its rows, the rest predicted. --held-out keeps those coefficients in a file,
 * and takes them from it when it is there. --choose-widths chooses the widths anew: for the tables on four fifths of the groups for
 * the last fifth, so that no group is judged with widths chosen on it; what ships is chosen on all. Without it, groups are judged
 * with the shipped widths, which were chosen on them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { catalogLookups } from '../src/accuracy/catalog-lookups-file.ts'
import { fitAll } from '../src/accuracy/cross-validation.ts'
import { type ModeBands, stretchedBand } from '../src/accuracy/error-bands.ts'
import type { PreparedPoint } from '../src/accuracy/evaluate-point.ts'
import { defaultFitOptions } from '../src/accuracy/fit-options.ts'
import { configurationGroup, foldOf, hash } from '../src/accuracy/folds.ts'
import { type HandSetPriors, type KernelPriors, priorSet } from '../src/accuracy/priors.ts'
import type { CalibrationWidths } from '../src/accuracy/user-calibration.ts'
import { adviceChoice, randomChoice } from '../src/accuracy/user-calibration-choice.ts'
import {
  type BeforeAndAfter,
  type CalibrationResult,
  type CalibrationSettings,
  loadCalibrationSettings,
} from '../src/accuracy/user-calibration-settings-file.ts'
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
import { mean, median } from '../src/core/statistics.ts'
import { type CoefficientSet, calibratedCell, resolveCoefficients } from '../src/perf/coefficients.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { calibrationFolder, readJson } from './calibrate/folders.ts'
import { readMeasuredFolder, trainingFileNames } from './calibrate/measured-points-file.ts'

const smallestGroup = 8
const pointsTried = [1, 2, 3, 4, 6]
const seeds = ['a', 'b', 'c']
const advised = 4

const { positionals, values } = parseArgs({
  options: {
    'held-out': { type: 'string' },
    'choose-widths': { type: 'boolean' },
    'unseen-models': { type: 'boolean' },
  },
  allowPositionals: true,
})
const folder = positionals[0]
if (folder === undefined) {
  console.error(
    'usage: npm run accuracy:calibrated -- DATA_FOLDER [--held-out FILE] [--choose-widths] [--unseen-models]',
  )
  process.exit(2)
}
const points = readMeasuredFolder(folder, catalogLookups(loadCatalog()), trainingFileNames).flatMap(
  file => file.prepared,
)
const heldOut: CalibrationResult[] = []
const sets = heldOutSets(points)
const groups = heldOutGroups(points, 'configuration')
const groupsOfUnseenModels = values['unseen-models'] ? heldOutGroups(points, 'model') : []
/** What users are told to measure counts most; a single point, so that the widths hold what it does not determine. */
const choices: Choice[] = [adviceChoice, ...seeds.map(chanceOf(advised)), chanceOf(1)('d')]

/** Groups in fifths, each with the widths it is judged with: chosen on the other four. */
const fifthOf = (group: HeldOutGroup) => hash(`fifth ${group.name}`) % 5
const shippedWidths = values['choose-widths']
  ? chosenWidths(groups, 'all groups')
  : loadCalibrationSettings().widths
const widthsOfFifth = [0, 1, 2, 3, 4].map(fifth =>
  values['choose-widths']
    ? chosenWidths(
        groups.filter(group => fifthOf(group) !== fifth),
        `all but fifth ${fifth}`,
      )
    : shippedWidths,
)

console.log(`${groups.length} groups, ${groups.reduce((sum, group) => sum + group.rows.length, 0)} rows`)
const byAdvice = report('4 points as advised', groups, adviceChoice)
for (const [engine, rows] of Map.groupBy(byAdvice, row => row.prepared.point.deployment.engine))
  tell(`  ${engine}, 4 as advised`, rows)
for (const seed of seeds) report(`4 points by chance (${seed})`, groups, chanceOf(advised)(seed))
report('  other layouts of the cell', groups, adviceChoice, group =>
  otherLayouts(group, groups, 'configuration'),
)
if (groupsOfUnseenModels.length > 0) {
  report('model not seen, 4 as advised', groupsOfUnseenModels, adviceChoice)
  report('  model not seen, other layouts', groupsOfUnseenModels, adviceChoice, group =>
    otherLayouts(group, groupsOfUnseenModels, 'model'),
  )
}
const bands: CalibrationBands = pointsTried.map(count => ({
  points: count,
  bands: bandsOf(report(`${count} by chance`, groups, chanceOf(count)('a'))),
}))

const settings: CalibrationSettings = {
  schema: 'user-calibration/1',
  source:
    'scripts/accuracy-calibrated.ts: rows of serving_latency.csv held out by configuration fold, calibrated on a few of them',
  asOf: loadCoefficients().asOf,
  widths: shippedWidths,
  bands,
  heldOut,
}
writeFileSync(
  new URL('user-calibration.json', calibrationFolder),
  `${JSON.stringify(settings, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value), 1)}\n`,
)

type Kind = 'configuration' | 'model'

function report(
  title: string,
  of: readonly HeldOutGroup[],
  choose: Choice,
  others?: (group: HeldOutGroup) => readonly PreparedPoint[],
): CalibratedRow[] {
  const rows = of.flatMap(group =>
    predictRest(group, choose(group.rows), widthsOfFifth[fifthOf(group)]!, others?.(group)),
  )
  tell(title, rows)
  return rows
}

/** Prints a line and keeps its numbers for the accuracy page. */
function tell(title: string, rows: readonly CalibratedRow[]): void {
  const off = (pick: (row: CalibratedRow) => number) => rows.map(row => Math.abs(pick(row) - 1))
  const bothWays = (
    statistic: (errors: readonly number[]) => number,
    metric: 'tpot' | 'ttft',
  ): BeforeAndAfter => ({
    before: statistic(off(row => row[metric].before)),
    after: statistic(off(row => row[metric].after)),
  })
  const withinHalf = (errors: readonly number[]) =>
    errors.filter(error => error <= 0.5).length / errors.length
  const result = {
    rows: rows.length,
    tpotMean: bothWays(mean, 'tpot'),
    tpotMedian: bothWays(median, 'tpot'),
    ttftMedian: bothWays(median, 'ttft'),
    ttftWithinHalf: bothWays(withinHalf, 'ttft'),
  }
  heldOut.push({ what: title.trim(), ...result })
  const { rows: n, ...statistics } = result
  const texts = Object.entries(statistics).map(
    ([name, { before, after }]) => `${name} ${percent(before)} → ${percent(after)}`,
  )
  console.log(`${title.padEnd(36)} n ${n}  ${texts.join('  ')}`)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function chanceOf(count: number): (seed: string) => Choice {
  return seed => rows => randomChoice(rows, count, seed)
}

/** Clean aggregated rows of serving_latency. */
function judged(all: readonly PreparedPoint[]): PreparedPoint[] {
  return all.filter(
    ({ point }) =>
      point.file === 'serving_latency' && point.suspect === null && point.deployment.mode === 'aggregated',
  )
}

type HeldOutSets = Partial<Record<Kind, Record<string, CoefficientSet>>>

/** Coefficients by what they were fitted without. */
function heldOutSets(all: readonly PreparedPoint[]): HeldOutSets {
  const kept = values['held-out']
  const sets: HeldOutSets =
    kept !== undefined && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {}
  const base = priorSet(
    readJson<HandSetPriors>('priors.json'),
    readJson<KernelPriors>('kernels.json'),
    defaultFitOptions.priors,
  )
  for (const kind of ['configuration', ...(values['unseen-models'] ? ['model' as const] : [])] as const) {
    if (sets[kind] !== undefined) continue
    const names = [...new Set(judged(all).map(point => foldOf(kind, point)))].sort()
    sets[kind] = Object.fromEntries(
      names.map(name => {
        console.error(`fitting without ${name}`)
        const train = all.filter(p => foldOf(kind, p) !== name && p.point.suspect === null)
        return [name, fitAll(train, base, defaultFitOptions)]
      }),
    )
  }
  if (kept !== undefined) writeFileSync(kept, JSON.stringify(sets))
  return sets
}

function heldOutGroups(all: readonly PreparedPoint[], kind: Kind): HeldOutGroup[] {
  return [...Map.groupBy(judged(all), configurationGroup)]
    .filter(([, rows]) => rows.length >= smallestGroup)
    .map(([name, rows]) => {
      const first = rows[0]!
      return { name, rows, base: resolveCoefficients(sets[kind]![foldOf(kind, first)]!, first.cell) }
    })
}

/** Rows of the same cell and fold in other layouts: not fitted either, and not calibrated on. */
function otherLayouts(group: HeldOutGroup, of: readonly HeldOutGroup[], kind: Kind): PreparedPoint[] {
  const first = group.rows[0]!
  const alike = of.filter(other => {
    const its = other.rows[0]!
    return (
      other !== group &&
      calibratedCell(its.cell) === calibratedCell(first.cell) &&
      foldOf(kind, its) === foldOf(kind, first)
    )
  })
  return alike.flatMap(other => other.rows)
}

function chosenWidths(from: readonly HeldOutGroup[], what: string): CalibrationWidths {
  const chosen = chooseWidths(from, choices)
  console.error(
    `widths chosen on ${what}: ${JSON.stringify(chosen)}, loss ${heldOutLoss(from, choices, chosen).toFixed(4)}`,
  )
  return chosen
}

/** 80 % bands of measured ÷ predicted, groups as clusters; tokens per second by Little's law on both sides. */
function bandsOf(rows: readonly CalibratedRow[]): ModeBands {
  const band = (residual: (row: CalibratedRow) => number) => {
    const { low, high } = stretchedBand(rows.map(row => ({ cluster: row.group, value: residual(row) })))
    return { low: Math.exp(low), high: Math.exp(high), rows: rows.length }
  }
  return {
    tpot: band(row => -Math.log(row.tpot.after)),
    ttft: band(row => -Math.log(row.ttft.after)),
    throughput: band(({ prepared, tpot, ttft }) => {
      const { point } = prepared
      const seconds = (tpotMs: number, ttftMs: number) => ttftMs + tpotMs * (point.shape.outputTokens - 1)
      const measured = seconds(point.tpotMs!, point.ttftMs!)
      return Math.log(seconds(point.tpotMs! * tpot.after, point.ttftMs! * ttft.after) / measured)
    }),
  }
}
