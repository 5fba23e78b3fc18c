/**
 * How long a full search takes, from the start of the process: `node benchmarks/search.ts [model …] [--json]`.
 * Each model is searched in a process of its own (cold code, as a user meets it), over all priced hardware of the catalog.
 * Loaded as the command line does it, with Node's compile cache; "first run" is without it, as after an installation.
 * The bar: under 2 s on 2 cores, of which start-up (loading code and facts) under 0.3 s.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { PlanRequest } from '../src/plan/types.ts'

const defaultModels = [
  'meta-llama/Llama-3.1-8B',
  'meta-llama/Llama-3.1-70B',
  'openai/gpt-oss-120b',
  'Qwen/Qwen3-235B-A22B',
  'deepseek-ai/DeepSeek-R1',
  'zai-org/GLM-5.2',
]

/** Milliseconds since the process started, and how much was searched. */
interface Measurement {
  readonly model: string
  readonly startUpMs: number
  readonly searchMs: number
  readonly totalMs: number
  readonly shapes: number
  readonly predictions: number
  readonly cheapest: string
}

const bars = { totalMs: 2000, startUpMs: 300 }

async function measure(name: string): Promise<Measurement> {
  enableCompileCache()
  const { dataFolder, findModel, loadCatalog } = await import('../src/catalog/index.ts')
  const { parseModelConfig } = await import('../src/model/index.ts')
  const { loadCoefficients } = await import('../src/perf/load-coefficients-file.ts')
  const { perfContext, planDeployments, parseObjectives } = await import('../src/plan/index.ts')
  const catalog = loadCatalog()
  const coefficients = loadCoefficients()
  const model = findModel(catalog, name)
  const config = fileURLToPath(new URL(`models/${model.configPath}`, dataFolder))
  const architecture = parseModelConfig(readFileSync(config, 'utf8'))
  const request: PlanRequest = {
    modelId: model.id,
    shape: { inputTokens: 4000, outputTokens: 500, cachedTokens: 0, inputVariation: 0, outputVariation: 0 },
    objectives: parseObjectives('ttft p90 < 1s, tpot mean < 30ms'),
    requestsPerSecond: null,
    acceleratorIds: [],
    engines: ['vllm', 'sglang', 'trtllm'],
    precisions: [],
    tier: 'reserved',
    region: null,
    maximumDevices: 1024,
    allowDisaggregated: true,
    allowSpeculation: true,
    loadFactor: 1,
  }
  // performance.now() counts from the start of the process: Node's own start is included.
  const startUpMs = performance.now()
  const result = planDeployments(
    request,
    perfContext({ modelId: model.id, architecture, catalog, coefficients }),
  )
  const totalMs = performance.now()
  return {
    model: model.id,
    startUpMs,
    searchMs: totalMs - startUpMs,
    totalMs,
    shapes: result.counts.considered,
    predictions: result.counts.predicted,
    cheapest: result.ranking[0]?.id ?? 'none feasible',
  }
}

interface Row extends Measurement {
  /** Start-up and total of the first run after an installation. */
  readonly firstStartUpMs: number
  readonly firstTotalMs: number
}

function inOwnProcess(model: string): Row {
  const first = medianRun(model, { NODE_DISABLE_COMPILE_CACHE: '1' })
  return { ...medianRun(model, {}), firstStartUpMs: first.startUpMs, firstTotalMs: first.totalMs }
}

/** The median of five: other work on the machine shows in single runs. */
function medianRun(model: string, environment: Record<string, string>): Measurement {
  const runs = Array.from({ length: 5 }, () => {
    const output = execFileSync(process.execPath, [import.meta.filename, '--one', model], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    })
    return JSON.parse(output) as Measurement
  })
  return runs.sort((a, b) => a.totalMs - b.totalMs)[2]!
}

function printTable(rows: readonly Row[]): void {
  const columns = ['model', 'start-up', 'search', 'total', 'first run', 'shapes', 'predictions']
  const cells = rows.map(row => [
    row.model,
    `${row.startUpMs.toFixed(0)} ms`,
    `${row.searchMs.toFixed(0)} ms`,
    `${row.totalMs.toFixed(0)} ms`,
    `${row.firstTotalMs.toFixed(0)} ms (${row.firstStartUpMs.toFixed(0)})`,
    String(row.shapes),
    String(row.predictions),
  ])
  const widths = columns.map((name, index) => Math.max(name.length, ...cells.map(row => row[index]!.length)))
  for (const row of [columns, ...cells]) {
    console.log(
      row
        .map((cell, index) => cell.padEnd(widths[index]!))
        .join('  ')
        .trimEnd(),
    )
  }
  const worst = Math.max(...rows.map(row => row.totalMs))
  const slowest = Math.max(...rows.map(row => row.startUpMs))
  console.log(
    `\nslowest search ${worst.toFixed(0)} ms (bar ${bars.totalMs}), slowest start-up ${slowest.toFixed(0)} ms (bar ${bars.startUpMs})`,
  )
}

const names = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
if (process.argv.includes('--one')) {
  console.log(JSON.stringify(await measure(names[0] ?? defaultModels[0]!)))
} else {
  const rows = (names.length > 0 ? names : defaultModels).map(inOwnProcess)
  if (process.argv.includes('--json')) console.log(JSON.stringify({ benchmark: 'search', bars, rows }))
  else printTable(rows)
}
