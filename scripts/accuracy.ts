/**
 * Regenerates docs/models/accuracy.md, data/calibration/error-bands.json, data/measured/serving-latency.json and the
 * README's accuracy table by cross-validation over a data folder. Minutes on two cores.
 *
 *   npm run accuracy -- ../data [--held-out FILE]
 *
 * --held-out keeps the held-out predictions in a file, and takes them from it when it is there: for work on the page.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { catalogLookups } from '../src/accuracy/catalog-lookups-file.ts'
import { predictAll } from '../src/accuracy/cross-validation.ts'
import { errorBands } from '../src/accuracy/error-bands.ts'
import { type FoldKind, foldKinds } from '../src/accuracy/folds.ts'
import { loadCatalog } from '../src/catalog/index.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { accuracyPage, readmeTable } from './calibrate/accuracy-page.ts'
import { calibrationFolder, documentFolder } from './calibrate/folders.ts'
import { type HeldOutLine, restoreHeldOut } from './calibrate/held-out-line.ts'
import { readMeasuredFolder, trainingFileNames } from './calibrate/measured-points-file.ts'
import { neighbourTable } from './calibrate/neighbour-table.ts'
import { replaceMarked } from './calibrate/replace-marked.ts'

const { positionals, values } = parseArgs({
  options: { 'held-out': { type: 'string' } },
  allowPositionals: true,
})
const folder = positionals[0]
const kept = values['held-out']
if (folder === undefined) {
  console.error('usage: npm run accuracy -- DATA_FOLDER [--held-out FILE]')
  process.exit(2)
}
const started = performance.now()
const lookups = catalogLookups(loadCatalog())
const files = readMeasuredFolder(folder, lookups, trainingFileNames)
const points = files.flatMap(file => file.prepared)

/** One worker per kind of fold; two run at a time. */
function crossValidateApart(kind: FoldKind): Promise<HeldOutLine[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./calibrate/cross-validation-worker.ts', import.meta.url), {
      workerData: { folder, kind },
    })
    worker.on('message', (message: { progress: string } | { lines: HeldOutLine[] }) => {
      if ('progress' in message) console.error(message.progress)
      else resolve(message.lines)
    })
    worker.on('error', reject)
  })
}

const lines = new Map<FoldKind, HeldOutLine[]>(
  kept !== undefined && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : [],
)
const queue = foldKinds.filter(kind => !lines.has(kind)).reverse()
await Promise.all(
  [0, 1].map(async () => {
    for (let kind = queue.shift(); kind !== undefined; kind = queue.shift())
      lines.set(kind, await crossValidateApart(kind))
  }),
)
if (kept !== undefined) writeFileSync(kept, JSON.stringify([...lines]))
const held = {
  configuration: restoreHeldOut(points, lines.get('configuration')!),
  accelerator: restoreHeldOut(points, lines.get('accelerator')!),
  model: restoreHeldOut(points, lines.get('model')!),
}
const clean = {
  configuration: held.configuration.filter(h => h.prepared.point.suspect === null),
  accelerator: held.accelerator.filter(h => h.prepared.point.suspect === null),
  model: held.model.filter(h => h.prepared.point.suspect === null),
}
const coefficients = loadCoefficients()
const bands = errorBands(clean, `held-out residuals of ${trainingFileNames.join(', ')}`, coefficients.asOf)
writeFileSync(new URL('error-bands.json', calibrationFolder), `${JSON.stringify(bands, roundBand, 1)}\n`)

const measuredFolder = new URL('../data/measured/', import.meta.url)
mkdirSync(measuredFolder, { recursive: true })
const latency = files.find(file => file.name === 'serving_latency.csv')
if (latency !== undefined) {
  const inSample = predictAll(
    latency.prepared.filter(p => p.point.suspect === null),
    coefficients,
    'in-sample',
  )
  writeFileSync(new URL('serving-latency.json', measuredFolder), `${neighbourTable(inSample)}\n`)
}
const page = accuracyPage(files, clean, coefficients, bands)
writeFileSync(new URL('accuracy.md', documentFolder), page)
const readme = new URL('../README.md', import.meta.url)
writeFileSync(readme, replaceMarked(readFileSync(readme, 'utf8'), 'accuracy', readmeTable(files, clean)))
console.error(
  `wrote ${['docs/models/accuracy.md', 'data/calibration/error-bands.json', 'data/measured/serving-latency.json', 'README.md'].join(', ')} under ${fileURLToPath(new URL('..', import.meta.url))} in ${((performance.now() - started) / 1e3).toFixed(0)} s`,
)

function roundBand(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(4)) : value
}
