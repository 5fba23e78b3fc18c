/**
 * Fits the twin's own multipliers (src/sim/twin-calibration.ts) per engine to closed-loop rows: `npm run calibrate:twin --
 * DATA_FOLDER`. Half of the configuration groups is fitted to, the other half judges; both are printed. Writes
 * data/calibration/twin.json. About ten minutes on one core.
 */
import { writeFileSync } from 'node:fs'
import { catalogLookups } from '../src/accuracy/catalog-lookups-file.ts'
import type { PreparedPoint } from '../src/accuracy/evaluate-point.ts'
import { twinPrediction } from '../src/accuracy/twin-point.ts'
import { loadCatalog } from '../src/catalog/index.ts'
import { RandomSource } from '../src/core/random.ts'
import { mean, median } from '../src/core/statistics.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { type EngineCalibration, type TwinCalibration, uncalibrated } from '../src/sim/twin-calibration.ts'
import { readMeasuredFolder } from './calibrate/measured-points-file.ts'
import { halfOf } from './calibrate/twin-halves.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('usage: npm run calibrate:twin -- DATA_FOLDER')
  process.exit(2)
}
const fittedEngines = ['vllm', 'sglang', 'trtllm'] as const
/** Rows per engine and half: enough for four numbers, few enough for minutes. Larger loads than this take too long. */
const rowsPerHalf = 120
const mostUsers = 256
/** What is tried for each multiplier, one after the other, in two rounds. */
const grids = {
  firstTokenLag: [0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1, 1.2],
  frontEnd: [0.25, 0.5, 0.75, 1, 1.5, 2],
  frontEndSerialShare: [0, 0.25, 0.5, 0.75, 1],
  promptWork: [0.85, 1, 1.1, 1.2, 1.3, 1.5],
} satisfies Partial<Record<keyof EngineCalibration, readonly number[]>>
/** A model has a lag of its own where so many rows of the fitted half speak for it (assumed). */
const rowsPerModel = 15

const lookups = catalogLookups(loadCatalog())
const coefficients = loadCoefficients()
const points = readMeasuredFolder(folder, lookups, ['serving_latency.csv'])
  .flatMap(file => file.prepared)
  .filter(
    ({ point }) =>
      point.deployment.mode === 'aggregated' &&
      point.suspect === null &&
      point.load.kind === 'closed' &&
      point.load.concurrency <= mostUsers,
  )

function half(engine: string, which: 0 | 1): PreparedPoint[] {
  const stream = new RandomSource('twin calibration').stream(engine, which)
  const own = points.filter(
    ({ point }) => point.deployment.engine === engine && halfOf(point.group) === which,
  )
  const chosen: PreparedPoint[] = []
  while (chosen.length < rowsPerHalf && own.length > 0)
    chosen.push(own.splice(stream.integer(own.length), 1)[0]!)
  return chosen
}

function errorsOf(rows: readonly PreparedPoint[], engine: string, own: EngineCalibration) {
  const calibration: TwinCalibration = { source: '', asOf: '', engines: { [engine]: own } }
  const tpot: number[] = []
  const ttft: number[] = []
  for (const { point } of rows) {
    const twin = twinPrediction(point, lookups, coefficients, calibration)
    if (twin === null || point.tpotMs === null || point.ttftMs === null) continue
    tpot.push(Math.abs(Math.log(twin.tpotMs / point.tpotMs)))
    ttft.push(Math.abs(Math.log(twin.ttftMs / point.ttftMs)))
  }
  return { tpot, ttft }
}

/** Mean |ln error| of TPOT weighs like the median of TTFT, whose tail is saturation. */
function lossOf(rows: readonly PreparedPoint[], engine: string, own: EngineCalibration): number {
  const { tpot, ttft } = errorsOf(rows, engine, own)
  return 2 * mean(tpot) + mean(ttft.map(error => Math.min(error, 1)))
}

function lagsOfModels(
  rows: readonly PreparedPoint[],
  engine: string,
  own: EngineCalibration,
): Record<string, number> {
  const lags: Record<string, number> = {}
  for (const [modelId, ofModel] of Object.entries(Object.groupBy(rows, ({ point }) => point.modelId))) {
    if (ofModel === undefined || ofModel.length < rowsPerModel) continue
    const losses = grids.firstTokenLag.map(firstTokenLag =>
      lossOf(ofModel, engine, { ...own, firstTokenLag }),
    )
    lags[modelId] = grids.firstTokenLag[losses.indexOf(Math.min(...losses))]!
  }
  return lags
}

const engines: Record<string, EngineCalibration> = {}
for (const engine of fittedEngines) {
  const train = half(engine, 0)
  const test = half(engine, 1)
  let own = uncalibrated
  let loss = lossOf(train, engine, own)
  for (let round = 0; round < 2; round++) {
    for (const [name, values] of Object.entries(grids)) {
      for (const value of values) {
        const candidate = { ...own, [name]: value }
        const candidateLoss = lossOf(train, engine, candidate)
        if (candidateLoss < loss) [own, loss] = [candidate, candidateLoss]
      }
    }
    console.error(`${engine} round ${round + 1}: ${JSON.stringify(own)}, loss ${loss.toFixed(3)}`)
  }
  own = { ...own, firstTokenLagOfModel: lagsOfModels(train, engine, own) }
  const before = errorsOf(test, engine, uncalibrated)
  const after = errorsOf(test, engine, own)
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`
  console.log(
    `${engine}: ${JSON.stringify(own)}; other half (${test.length} rows): ` +
      `TPOT mean ${percent(mean(before.tpot))} → ${percent(mean(after.tpot))}, TTFT median ${percent(median(before.ttft))} → ${percent(median(after.ttft))}`,
  )
  engines[engine] = own
}
const result = {
  schema: 'twin-calibration/1',
  source:
    'npm run calibrate:twin over serving_latency.csv, half of the configuration groups; ATOM as vLLM (assumed)',
  asOf: process.env.AS_OF ?? new Date().toISOString().slice(0, 10),
  engines: { ...engines, atom: engines.vllm },
}
writeFileSync(
  new URL('../data/calibration/twin.json', import.meta.url),
  `${JSON.stringify(result, null, 1)}\n`,
)
