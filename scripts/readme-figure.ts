/**
 * What README and architecture page show, made by the program itself: `npm run plan`'s cost front as
 * docs/figures/cost-front.svg, and the output of the commands between `<!-- output:begin COMMAND -->` and `<!-- output:end -->`.
 *
 *   node scripts/readme-figure.ts           writes both
 *   node scripts/readme-figure.ts --check   writes nothing; exit code 1 when they are out of date
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadCatalog } from '../src/catalog/index.ts'
import { loadModel } from '../src/cli/load-model-file.ts'
import { exampleModel, planRequest } from '../src/cli/plan-request.ts'
import { loadCoefficients } from '../src/perf/load-coefficients-file.ts'
import { perfContext, planDeployments } from '../src/plan/index.ts'
import { pageStyle } from '../src/report/page-style.ts'
import { costFrontFigure } from '../src/report/plan-figures.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

/** The built-in example, asked as `plan --example` asks it. */
function exampleFront(): string {
  const catalog = loadCatalog()
  const model = loadModel(exampleModel, catalog)
  const flags = { example: true, disaggregated: true, speculation: true }
  const request = planRequest(model.id, flags, catalog, null)
  const context = perfContext({
    modelId: model.id,
    architecture: model.architecture,
    catalog,
    coefficients: loadCoefficients(),
  })
  const report = {
    result: planDeployments(request, context),
    files: [],
    benchmarkCommand: null,
    prices: [],
    assumptions: [],
    version: '',
  }
  const figure = costFrontFigure(report)
  if (figure === null) throw new Error('the example has no front')
  return standalone(figure.html)
}

/** The page's figure as a file of its own: with size, paper and the page's colours, in light and dark. */
function standalone(svg: string): string {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  const colours = pageStyle.slice(0, pageStyle.indexOf('* {')).trim()
  const rules = [...pageStyle.matchAll(/^svg (?!\.figure).*$/gm)].map(([line]) => line).join('\n')
  const font =
    "svg { font-family: system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', sans-serif }"
  return svg
    .replace('<svg ', `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" `)
    .replace(
      '</desc>',
      `</desc>\n<style>\n${colours}\n${font}\n${rules}\n</style>\n<rect width="${width}" height="${height}" fill="var(--paper)"/>\n`,
    )
    .replaceAll(/(<(?:circle|polyline|line|text) )/g, '\n$1')
    .concat('\n')
}

/** A page with every marked block holding what its command prints now. */
function withOutputs(path: string): string {
  return readFileSync(root + path, 'utf8').replaceAll(
    /(<!-- output:begin (.+?) -->\n)[\s\S]*?(<!-- output:end -->)/g,
    (_, begin: string, command: string, end: string) =>
      `${begin}\`\`\`console\n${shown(command)}\`\`\`\n${end}`,
  )
}

/** The command without the filter that shortens its output; an ellipsis says that there is more. */
function shown(command: string): string {
  const [plain] = command.split(' | ')
  return `$ ${plain}\n${outputOf(command)}${plain === command ? '' : '…\n'}`
}

function outputOf(command: string): string {
  const entry = `'${process.execPath}' src/cli/main.ts`
  const { stdout, stderr, status } = spawnSync('bash', ['-c', command.replace(/^npx tokenwright/, entry)], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  if (status !== 0) throw new Error(`${command} exits with ${status}: ${stderr}`)
  return stdout.replaceAll(/[ \t]+$/gm, '').replace(/\n*$/, '\n')
}

const wanted: Readonly<Record<string, string>> = {
  'docs/figures/cost-front.svg': exampleFront(),
  'README.md': withOutputs('README.md'),
  'docs/architecture.md': withOutputs('docs/architecture.md'),
  'docs/guides/market.md': withOutputs('docs/guides/market.md'),
  'docs/guides/simulate.md': withOutputs('docs/guides/simulate.md'),
  'docs/guides/traces.md': withOutputs('docs/guides/traces.md'),
}
const stale = Object.entries(wanted).filter(
  ([path, text]) => !existsSync(root + path) || readFileSync(root + path, 'utf8') !== text,
)
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is out of date: run node scripts/readme-figure.ts`)
  process.exitCode = stale.length === 0 ? 0 : 1
} else {
  for (const [path, text] of stale) writeFileSync(root + path, text)
  console.log(stale.length === 0 ? 'up to date' : `wrote ${stale.map(([path]) => path).join(', ')}`)
}
