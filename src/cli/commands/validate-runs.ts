/** `tokenwright validate FOLDER`: replays measured runs in the twin and says how far off it is, before and after calibration. */
import { calibrateRun, type RunCalibration } from '../../accuracy/runs/calibrate-run.ts'
import { type MeasuredRun, measuredLatency } from '../../accuracy/runs/measured-run.ts'
import { type Replay, type ReplayFacts, replayRun } from '../../accuracy/runs/replay.ts'
import { latencyNames, type RunErrors, runErrors } from '../../accuracy/runs/run-errors.ts'
import { readRunFolder, runFolders } from '../../accuracy/runs/run-folder-file.ts'
import { findAccelerator } from '../../catalog/lookup.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { loadCoefficients } from '../../perf/load-coefficients-file.ts'
import { formatPercent } from '../../report/format-number.ts'
import { renderTable } from '../../report/text-table.ts'
import { loadModel } from '../load-model-file.ts'
import { startProgress } from '../progress.ts'
import type { PredictionFiles } from './validate.ts'

/** Fewer say too little for up to five multipliers. */
const fewestCalibrated = 8

export interface RunScore {
  readonly run: string
  readonly model: string
  readonly accelerator: string
  readonly requests: number
  readonly twin: { readonly preemptions: number; readonly steps: number; readonly blocksPerRank: number }
  /** Nothing of this run was used; over all requests. */
  readonly uncalibrated: RunErrors
  /** Fitted to the first requests, errors over the rest; null unless asked for. */
  readonly calibrated:
    | (RunErrors & {
        readonly calibratedRequests: number
        readonly multipliers: RunCalibration['multipliers']
        readonly uncalibratedRest: RunErrors
      })
    | null
}

export async function scoreRuns(
  paths: readonly string[],
  calibrateFirst: number | null,
  files: PredictionFiles = {},
): Promise<RunScore[]> {
  const folders = paths.flatMap(path => {
    const found = runFolders(path)
    if (found.length > 0) return found
    throw new TokenwrightError('measurements', 'no measured run in this folder', {
      where: path,
      fix: 'a run has vllm_meta.json and vllm_requests.jsonl; see docs/guides/measured-runs.md',
    })
  })
  const { loadCatalogWithFacts } = await import('../../catalog/load-facts-file.ts')
  const catalog = await loadCatalogWithFacts(files.facts)
  const coefficients = loadCoefficients(files.coefficients)
  const progress = startProgress()
  const scores = folders.map((folder, index) => {
    const run = readRunFolder(folder)
    progress.update(`${run.name}: run ${index + 1} of ${folders.length}`)
    const model = loadModel(run.settings.model, catalog)
    const accelerator = findAccelerator(catalog, run.settings.accelerator)
    const facts = { modelId: model.id, architecture: model.architecture, accelerator, coefficients }
    return scoreRun(run, facts, calibrateFirst)
  })
  progress.finish()
  return scores
}

function scoreRun(run: MeasuredRun, facts: ReplayFacts, calibrateFirst: number | null): RunScore {
  const measured = run.requests.map(measuredLatency)
  const plain = replayRun(run, facts)
  return {
    run: run.name,
    model: facts.modelId,
    accelerator: facts.accelerator.id,
    requests: run.requests.length,
    twin: twinOf(plain),
    uncalibrated: runErrors(measured, plain.latencies),
    calibrated: calibrateFirst === null ? null : calibratedScore(run, facts, calibrateFirst, measured, plain),
  }
}

function calibratedScore(
  run: MeasuredRun,
  facts: ReplayFacts,
  first: number,
  measured: Parameters<typeof runErrors>[0],
  plain: Replay,
): NonNullable<RunScore['calibrated']> {
  if (first < fewestCalibrated || first >= run.requests.length) {
    throw new TokenwrightError('usage', `cannot calibrate on ${first} of ${run.requests.length} requests`, {
      where: '--calibrate-first',
      fix: `from ${fewestCalibrated} to ${run.requests.length - 1}, so that some are left to predict`,
    })
  }
  const calibration = calibrateRun(run, facts, first)
  return {
    calibratedRequests: first,
    multipliers: calibration.multipliers,
    ...runErrors(measured, calibration.replay.latencies, first),
    uncalibratedRest: runErrors(measured, plain.latencies, first),
  }
}

function twinOf({ preemptions, steps, blocksPerRank }: Replay): RunScore['twin'] {
  return { preemptions, steps, blocksPerRank }
}

export function runScoreText(score: RunScore): string {
  const { calibrated } = score
  const lines = [
    `${score.run}: ${score.model} on ${score.accelerator}, ${score.requests} requests`,
    `  twin: ${score.twin.steps} steps, ${score.twin.preemptions} preemptions, ${score.twin.blocksPerRank} cache blocks`,
    '',
    '  nothing calibrated on this run, all requests',
    errorTable(score.uncalibrated),
  ]
  if (calibrated !== null) {
    lines.push(
      '',
      `  calibrated on the first ${calibrated.calibratedRequests} requests, the other ${calibrated.requests} predicted`,
      ...calibrated.multipliers.map(({ name, multiplier }) => `    ${name} × ${multiplier.toFixed(2)}`),
      errorTable(calibrated),
    )
  }
  return lines.join('\n')
}

function errorTable(errors: RunErrors): string {
  const labels = { ttft: 'TTFT', tpot: 'TPOT', e2e: 'E2E' } as const
  const columns = [
    { header: '', align: 'left' as const },
    ...['measured', 'mean', 'p50', 'p90', 'p95', 'p99', 'per request'].map(header => ({
      header,
      align: 'right' as const,
    })),
  ]
  const rows = latencyNames.map(name => {
    const own = errors.statistics.filter(({ latency }) => latency === name)
    return [
      labels[name],
      `${Math.round(own[0]!.measuredMs * 10) / 10} ms`,
      ...own.map(({ error }) => `${error >= 0 ? '+' : '−'}${formatPercent(Math.abs(error))}`),
      formatPercent(errors.perRequest[name]),
    ]
  })
  return renderTable(columns, rows, { indent: '    ' })
}
