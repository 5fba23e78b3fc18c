/**
 * The twin against the measured closed-loop rows, beside the analytic answer with the same coefficients:
 * `npm run accuracy:twin -- DATA_FOLDER [every]`. Prints errors over clean aggregated rows of serving_latency.csv; `every`
 * takes each n-th row only. In-sample: the coefficients were fitted to these rows through the analytic answer. "not
 * fitted" are the groups that the twin's own multipliers did not see.
 */
import { catalogLookups } from '../src/accuracy/catalog-lookups-file.ts'
import { twinPrediction } from '../src/accuracy/twin-point.ts'
import { loadCatalog } from '../src/catalog/index.ts'
import { mean, quantile } from '../src/core/statistics.ts'
import { resolveCoefficients } from '../src/perf/coefficients.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { loadTwinCalibration } from '../src/sim/load-twin-calibration-file.ts'
import { readMeasuredFolder } from './calibrate/measured-points-file.ts'
import { halfOf } from './calibrate/twin-halves.ts'

const [folder, every = '1'] = process.argv.slice(2)
if (folder === undefined) {
  console.error('usage: npm run accuracy:twin -- DATA_FOLDER [every]')
  process.exit(2)
}
const lookups = catalogLookups(loadCatalog())
const coefficients = loadCoefficients()
const calibration = process.env.UNCALIBRATED ? null : loadTwinCalibration()
const points = readMeasuredFolder(folder, lookups, ['serving_latency.csv'])
  .flatMap(file => file.prepared)
  .filter(({ point }) => point.deployment.mode === 'aggregated' && point.suspect === null)
  .filter((_, index) => index % Number(every) === 0)

interface Errors {
  readonly tpot: number[]
  readonly ttft: number[]
}
const twin: Errors = { tpot: [], ttft: [] }
const analytic: Errors = { tpot: [], ttft: [] }
const groups = new Map<string, { twin: Errors; analytic: Errors }>()
const started = performance.now()
let requests = 0
for (const [index, { point, cell, evaluate }] of points.entries()) {
  const answer = evaluate(resolveCoefficients(coefficients, cell))
  const simulated = twinPrediction(point, lookups, coefficients, calibration)
  if ('skipped' in answer || simulated === null) continue
  requests += simulated.requests
  const users = point.load.kind === 'closed' ? point.load.concurrency : 0
  const load = users <= 8 ? 'C ≤ 8' : users <= 32 ? 'C ≤ 32' : users <= 128 ? 'C ≤ 128' : 'C > 128'
  const half = halfOf(point.group) === 1 ? 'not fitted' : 'fitted half'
  const own = [load, half, point.deployment.engine].map(key => {
    const group = groups.get(key) ?? { twin: { tpot: [], ttft: [] }, analytic: { tpot: [], ttft: [] } }
    groups.set(key, group)
    return group
  })
  for (const name of ['tpot', 'ttft'] as const) {
    const measured = name === 'tpot' ? point.tpotMs : point.ttftMs
    if (measured === null) continue
    const of = name === 'tpot' ? 'tpotMs' : 'ttftMs'
    for (const group of [{ twin, analytic }, ...own]) {
      group.twin[name].push(simulated[of] / measured - 1)
      group.analytic[name].push(answer[of] / measured - 1)
    }
  }
  if (index % 100 === 99) console.error(`${index + 1} of ${points.length} rows`)
}
const seconds = (performance.now() - started) / 1000
const percent = (value: number) => `${(100 * value).toFixed(1)} %`
function line(label: string, errors: readonly number[]): void {
  const sizes = errors.map(Math.abs)
  console.log(
    `${label.padEnd(24)} n ${String(errors.length).padStart(4)}  mean ${percent(mean(sizes)).padStart(8)}  median ${percent(quantile(sizes, 0.5)).padStart(7)}  p90 ${percent(quantile(sizes, 0.9)).padStart(8)}  bias ${percent(quantile(errors, 0.5)).padStart(8)} (median)`,
  )
}
line('TPOT analytic', analytic.tpot)
line('TPOT twin', twin.tpot)
line('TTFT analytic', analytic.ttft)
line('TTFT twin', twin.ttft)
for (const [key, group] of [...groups].sort()) {
  line(`  ${key} TPOT analytic`, group.analytic.tpot)
  line(`  ${key} TPOT twin`, group.twin.tpot)
  line(`  ${key} TTFT analytic`, group.analytic.ttft)
  line(`  ${key} TTFT twin`, group.twin.ttft)
}
console.log(`${requests} requests simulated in ${seconds.toFixed(1)} s`)
