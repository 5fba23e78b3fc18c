/**
 * Regenerates docs/models/accuracy.md with its figures, data/calibration/{error-bands,accuracy}.json,
 * data/measured/serving-latency.json and the README's accuracy table by cross-validation over a data folder. Minutes on two cores.
 *
 *   npm run accuracy -- ../data [--held-out FILE] [--into FOLDER]
 *
 * --held-out keeps the held-out predictions in a file, and takes them from it when it is there: for work on the page.
 * --into writes everything under another folder than the project, and leaves README alone.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { catalogLookups } from '../src/accuracy/catalog-lookups-file.ts'
import { type HeldOutPoint, predictAll } from '../src/accuracy/cross-validation.ts'
import { type FoldKind, foldKinds } from '../src/accuracy/folds.ts'
import { loadCalibrationSettings } from '../src/accuracy/user-calibration-settings-file.ts'
import { loadCatalog } from '../src/catalog/index.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { accuracyFigures } from './calibrate/accuracy-figures.ts'
import { accuracyPage, readmeTable } from './calibrate/accuracy-page.ts'
import { accuracyReport } from './calibrate/accuracy-report.ts'
import { byKind } from './calibrate/accuracy-slices.ts'
import { type HeldOutLine, restoreHeldOut } from './calibrate/held-out-line.ts'
import { readMeasuredFolder, trainingFileNames } from './calibrate/measured-points-file.ts'
import { neighbourTable } from './calibrate/neighbour-table.ts'
import { replaceMarked } from './calibrate/replace-marked.ts'

const { positionals, values } = parseArgs({
  options: { 'held-out': { type: 'string' }, into: { type: 'string' } },
  allowPositionals: true,
})
const folder = positionals[0]
const kept = values['held-out']
if (folder === undefined) {
  console.error('usage: npm run accuracy -- DATA_FOLDER [--held-out FILE] [--into FOLDER]')
  process.exit(2)
}
const project = new URL('../', import.meta.url)
const target = values.into === undefined ? project : pathToFileURL(`${resolve(values.into)}/`)
const written: string[] = []
function write(path: string, text: string): void {
  const url = new URL(path, target)
  mkdirSync(dirname(fileURLToPath(url)), { recursive: true })
  writeFileSync(url, text)
  written.push(path)
}

const started = performance.now()
const catalog = loadCatalog()
const lookups = catalogLookups(catalog)
const files = readMeasuredFolder(folder, lookups, trainingFileNames)
const points = files.flatMap(file => file.prepared)

/** One worker per kind of fold; two run at a time. */
function crossValidateApart(kind: FoldKind): Promise<HeldOutLine[]> {
  return new Promise((fulfil, reject) => {
    const worker = new Worker(new URL('./calibrate/cross-validation-worker.ts', import.meta.url), {
      workerData: { folder, kind },
    })
    worker.on('message', (message: { progress: string } | { lines: HeldOutLine[] }) => {
      if ('progress' in message) console.error(message.progress)
      else fulfil(message.lines)
    })
    worker.on('error', reject)
  })
}

const lines = new Map<FoldKind, HeldOutLine[]>(
  kept !== undefined && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : [],
)
const queue = foldKinds.filter(kind => !lines.has(kind)).reverse()
const validated = queue.length > 0
await Promise.all(
  [0, 1].map(async () => {
    for (let kind = queue.shift(); kind !== undefined; kind = queue.shift())
      lines.set(kind, await crossValidateApart(kind))
  }),
)
if (kept !== undefined && validated) writeFileSync(kept, JSON.stringify([...lines]))

const isTrusted = (held: HeldOutPoint) => held.prepared.point.suspect === null
const all = byKind(kind => restoreHeldOut(points, lines.get(kind)!))
const clean = byKind(kind => all[kind].filter(isTrusted))
const coefficients = loadCoefficients()
const ownPoints = loadCalibrationSettings().heldOut ?? []
const report = await accuracyReport({ folder, catalog, coefficients, files, all, clean, ownPoints })
write('data/calibration/error-bands.json', `${JSON.stringify(report.bands, rounded, 1)}\n`)
write('data/calibration/accuracy.json', `${JSON.stringify({ ...report, bands: undefined }, rounded)}\n`)
const latency = files.find(file => file.name === 'serving_latency.csv')
if (latency !== undefined) {
  const inSample = predictAll(
    latency.prepared.filter(p => p.point.suspect === null),
    coefficients,
    'in-sample',
  )
  write('data/measured/serving-latency.json', `${neighbourTable(inSample)}\n`)
}
const figures = accuracyFigures(report, clean)
for (const { file, svg } of figures) write(`docs/figures/${file}`, svg)
write(
  'docs/models/accuracy.md',
  accuracyPage(report, Object.fromEntries(figures.map(figure => [figure.name, figure]))),
)
if (target === project) {
  const readme = readFileSync(new URL('README.md', project), 'utf8')
  write('README.md', replaceMarked(readme, 'accuracy', readmeTable(report)))
}
console.error(
  `wrote ${written.join(', ')} under ${fileURLToPath(target)} in ${((performance.now() - started) / 1e3).toFixed(0)} s`,
)

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(4)) : value
}
