/** `tokenwright validate`: predicts every row of measured files and says how far off the predictions are. */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Command } from 'commander'
import type { MeasuredRows } from '../../accuracy/measured-point.ts'
import type { Predictor } from '../../accuracy/predictor-file.ts'
import { readMeasuredRows } from '../../accuracy/read-measured-rows.ts'
import type { RowPhysics } from '../../accuracy/rows/row-physics.ts'
import { type FileScore, type PointOutcome, scoreFile } from '../../accuracy/score.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import { startProgress } from '../progress.ts'
import { rowLines } from './validate-rows.ts'
import { fileScoreText } from './validate-text.ts'

/** Files to predict from instead of the shipped ones. */
export interface PredictionFiles {
  readonly facts?: string
  readonly coefficients?: string
}

interface ValidateOptions extends PredictionFiles {
  readonly json?: boolean
  readonly cleanOnly?: boolean
  readonly by?: string
  readonly calibrateFirst?: string
}

const examples = `
Files are recognised by their columns: InferenceX-style serving tables, TensorRT-LLM's performance tables.
Errors are shares: mean (MAPE), median and 90th percentile of |prediction ÷ measurement − 1|, and its signed mean (bias).

A folder is a measured run (or holds several): its requests are replayed in the twin, request by request.

Examples:
  $ tokenwright validate runs/RTX4090__Llama-3.1-8B --calibrate-first 100
  $ tokenwright validate serving_latency.csv
  $ tokenwright validate measured/*.csv --json > scores.json
  $ tokenwright validate serving_latency.csv --clean-only --facts our-facts.yaml
  $ tokenwright validate later-runs.csv --coefficients tokenwright-coefficients.json
  $ tokenwright validate serving_latency.csv --by rows > rows.jsonl
`

/** @param load where predictions come from; tests give their own */
export function validateCommand(
  load: (files: PredictionFiles) => Promise<Predictor> = loadPredictor,
): Command {
  return new Command('validate')
    .description('predict every row of measured files, or replay measured runs, and report the errors')
    .argument('<paths...>', 'CSV files of measured performance, or folders of measured runs')
    .option('--json', 'scores as JSON')
    .option('--clean-only', 'leave out rows that the anomaly rules distrust')
    .option('--by <what>', "'rows': one JSON line per predicted or skipped row instead of the scores")
    .option('--facts <file>', 'facts of your own, laid over the shipped ones')
    .option('--coefficients <file>', 'your own calibration, as tokenwright calibrate writes it')
    .option('--calibrate-first <requests>', 'fit up to five multipliers to the first requests of a run')
    .addHelpText('after', examples)
    .action(async (files: string[], options: ValidateOptions) => {
      if (options.by !== undefined && options.by !== 'rows') {
        throw new TokenwrightError('usage', `Cannot list by '${options.by}'`, {
          where: '--by',
          fix: "'--by rows' is the only listing.",
        })
      }
      if (files.some(isFolder)) {
        await validateRuns(files, options)
        return
      }
      if (options.calibrateFirst !== undefined) {
        throw new TokenwrightError('usage', 'only measured runs can be calibrated on', {
          where: '--calibrate-first',
          fix: 'name a folder with vllm_meta.json; tables of rows are fitted by npm run calibrate',
        })
      }
      const predictor = await load(options)
      if (options.by === 'rows') {
        for (const file of files) {
          const { rows, outcomes } = predictOne(file, predictor, options.cleanOnly === true)
          process.stdout.write(rowLines(rows, outcomes))
        }
        return
      }
      const scores = files.map(file => {
        const { rows, outcomes } = predictOne(file, predictor, options.cleanOnly === true)
        return scoreFile(rows, outcomes)
      })
      const text = options.json
        ? JSON.stringify(scores.length === 1 ? scores[0] : scores, null, 2)
        : asText(scores)
      process.stdout.write(`${text}\n`)
    })
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

async function validateRuns(paths: readonly string[], options: ValidateOptions): Promise<void> {
  const file = paths.find(path => !isFolder(path))
  if (file !== undefined) {
    throw new TokenwrightError('usage', 'folders of runs and files of rows are validated apart', {
      where: file,
      fix: 'one command for the folders, one for the files',
    })
  }
  const first = options.calibrateFirst === undefined ? null : parseCount(options.calibrateFirst)
  const { scoreRuns, runScoreText } = await import('./validate-runs.ts')
  const scores = await scoreRuns(paths, first, options)
  const text = options.json
    ? JSON.stringify(scores.length === 1 ? scores[0] : scores, null, 2)
    : scores.map(runScoreText).join('\n\n')
  process.stdout.write(`${text}\n`)
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new TokenwrightError('usage', `"${text}" is not a number of requests`, {
    where: '--calibrate-first',
    fix: 'a whole number, e.g. --calibrate-first 100',
  })
}

/** The facts and coefficients are read only when the command runs. */
async function loadPredictor({ facts, coefficients }: PredictionFiles): Promise<Predictor> {
  const { loadCatalogWithFacts } = await import('../../catalog/load-facts-file.ts')
  const { openPredictor } = await import('../../accuracy/predictor-file.ts')
  const { loadCoefficients } = await import('../../perf/load-coefficients-file.ts')
  return openPredictor(await loadCatalogWithFacts(facts), loadCoefficients(coefficients))
}

function asText(scores: readonly FileScore[]): string {
  return scores.map(fileScoreText).join('\n\n')
}

interface PredictedFile {
  readonly rows: MeasuredRows
  readonly outcomes: readonly PointOutcome[]
}

function predictOne(file: string, predictor: Predictor, cleanOnly: boolean): PredictedFile {
  const all = readRows(file, predictor.physics)
  const rows = cleanOnly ? withoutSuspects(all) : all
  const progress = startProgress()
  const outcomes = rows.points.map((point, index) => {
    progress.update(`${basename(file)}: ${index} of ${rows.points.length} rows`)
    return predictor.predict(point)
  })
  progress.finish()
  return { rows, outcomes }
}

/** Errors of the reader name a line; the file is added here. */
function readRows(file: string, physics: RowPhysics | null): MeasuredRows {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the measurements', { where: file, fix: 'check the path' })
  }
  try {
    return readMeasuredRows(text, physics)
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    throw new TokenwrightError(error.code, error.message, {
      where: error.where === undefined ? file : `${file}, ${error.where}`,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    })
  }
}

function withoutSuspects(rows: MeasuredRows): MeasuredRows {
  const distrusted = rows.points.flatMap(({ id, suspect }) =>
    suspect === null ? [] : [{ id, reason: suspect, kind: 'filtered' as const }],
  )
  return {
    ...rows,
    points: rows.points.filter(point => point.suspect === null),
    skipped: [...rows.skipped, ...distrusted],
  }
}
