/**
 * Regenerates data/calibration/coefficients.json from a data folder (measured/ and operators/; docs/models/accuracy.md
 * says where the public originals are). One command, a minute on two cores, the same input gives the same bytes.
 *
 *   npm run calibrate -- ../data            kernel tables first, then the end-to-end fit
 *   npm run calibrate -- ../data --skip-kernels
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { catalogLookups } from '../src/accuracy/catalog-lookups-file.ts'
import { fitAll, predictAll } from '../src/accuracy/cross-validation.ts'
import { defaultFitOptions } from '../src/accuracy/fit-options.ts'
import { type HandSetPriors, type KernelPriors, priorSet } from '../src/accuracy/priors.ts'
import { loadCatalog } from '../src/catalog/index.ts'
import { calibrationFolder, readJson } from './calibrate/folders.ts'
import { readMeasuredFolder, trainingFileNames } from './calibrate/measured-points-file.ts'
import { summaryLine } from './calibrate/summary-line.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'skip-kernels': { type: 'boolean', default: false } },
})
const folder = positionals[0]
if (folder === undefined) {
  console.error('usage: npm run calibrate -- DATA_FOLDER [--skip-kernels]')
  process.exit(2)
}
if (!values['skip-kernels']) {
  const { spawnSync } = await import('node:child_process')
  const kernels = new URL('./calibrate-kernels.ts', import.meta.url)
  const done = spawnSync(process.execPath, [kernels.pathname, folder], { stdio: 'inherit' })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

const lookups = catalogLookups(loadCatalog())
const files = readMeasuredFolder(folder, lookups, trainingFileNames)
const points = files.flatMap(file => file.prepared).filter(prepared => prepared.point.suspect === null)
const base = priorSet(
  readJson<HandSetPriors>('priors.json'),
  readJson<KernelPriors>('kernels.json'),
  defaultFitOptions.priors,
)
console.error(`fitting ${points.length} clean points of ${files.map(file => file.name).join(', ')}`)
const started = performance.now()
const fitted = fitAll(points, base, defaultFitOptions, (iteration, objective) =>
  console.error(`  iteration ${iteration}: objective ${objective.toFixed(1)}`),
)
const newest = points
  .map(p => p.point.date ?? '')
  .sort()
  .at(-1)!
const output = {
  ...fitted,
  source: `MAP fit to ${points.length} points: ${files.map(file => file.name).join(', ')}; priors: kernel tables and priors.json`,
  asOf: newest.slice(0, 10) || base.asOf,
  effects: rounded(fitted.effects),
}
const target = new URL('coefficients.json', calibrationFolder)
writeFileSync(target, `${oneEffectALine(output)}\n`)
console.error(`wrote ${target.pathname} in ${((performance.now() - started) / 1e3).toFixed(0)} s`)
for (const file of files) {
  const held = predictAll(
    file.prepared.filter(p => p.point.suspect === null),
    output,
    'in-sample',
  )
  console.log(`${file.name} in-sample: ${summaryLine(held)}`)
}

/** Six digits: below the fit's own uncertainty by orders of magnitude, and stable across machines. */
function rounded(effects: typeof fitted.effects): typeof fitted.effects {
  return Object.fromEntries(
    Object.entries(effects).map(([key, effect]) => [
      key,
      { shift: Number(effect.shift.toFixed(5)), sigma: Number(effect.sigma.toFixed(4)), rows: effect.rows },
    ]),
  )
}

/** JSON that diffs by coefficient. */
function oneEffectALine(set: typeof output): string {
  const { effects, priors, ...head } = set
  const lines = (entries: object) =>
    Object.entries(entries)
      .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
      .join(',\n')
  return `{\n${Object.entries(head)
    .map(([key, value]) => ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(',\n')},\n "priors": {\n${lines(priors)}\n },\n "effects": {\n${lines(effects)}\n }\n}`
}
