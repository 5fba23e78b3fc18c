/**
 * The benchmark that would falsify a prediction: exact lengths and load, long enough to be in steady state, and the
 * predicted figures with their bands as criteria. Flags: vLLM docs cli/bench/serve (0.11 and later); NVIDIA AIPerf docs
 * reference/command-line-options (0.12).
 */
import type { RequestShape } from '../../perf/deployment.ts'
import { formatObjective } from '../objectives.ts'
import type { ErrorBand, Objective } from '../types.ts'
import type { LaunchFile, LaunchInput } from './launch-plan.ts'
import { type Argument, shellCommand, shellQuote, shellScript } from './shell.ts'

const resultFile = 'benchmark-result.json'

/** A published mean TTFT over a short closed-loop run is mostly its initial burst (docs/models/performance.md §4): 20 rounds make it a twentieth. */
const rounds = 20
const fewestRequests = 200
/** Open loop: this long. */
const openSeconds = 600

export function benchmarkFiles(input: LaunchInput): LaunchFile[] {
  return [
    { path: 'benchmark-vllm.sh', text: vllmBench(input), executable: true },
    { path: 'benchmark-aiperf.sh', text: aiperf(input), executable: true },
  ]
}

interface BenchmarkLoad {
  /** Whole requests in flight; null in an open loop. */
  readonly concurrency: number | null
  readonly requestsPerSecond: number | null
  readonly requests: number
  readonly warmups: number
}

function benchmarkLoad({ candidate }: LaunchInput): BenchmarkLoad {
  const { load } = candidate
  if (load.kind === 'open') {
    const requests = Math.max(fewestRequests, Math.ceil(load.requestsPerSecond * openSeconds))
    const warmups = Math.ceil(Math.max(10, candidate.performance.concurrency))
    return { concurrency: null, requestsPerSecond: load.requestsPerSecond, requests, warmups }
  }
  const concurrency = Math.max(1, Math.floor(load.concurrency))
  const requests = Math.max(fewestRequests, concurrency * rounds)
  return { concurrency, requestsPerSecond: null, requests, warmups: concurrency }
}

function vllmBench(input: LaunchInput): string {
  const { request } = input
  const { shape } = request
  const load = benchmarkLoad(input)
  const options: (readonly Argument[])[] = [
    ['--backend', 'openai'],
    ['--base-url', { raw: `"\${ENDPOINT:-http://localhost:8000}"` }],
    ['--endpoint', '/v1/completions'],
    ['--model', request.modelId],
    ['--dataset-name', 'random'],
    ['--random-input-len', Math.max(1, Math.round(shape.inputTokens - shape.cachedTokens))],
    ['--random-prefix-len', Math.round(shape.cachedTokens)],
    ['--random-output-len', Math.round(shape.outputTokens)],
    ['--random-range-ratio', rangeRatio(shape)],
    ['--ignore-eos'],
    ['--num-prompts', load.requests],
    ['--num-warmups', load.warmups],
    ...vllmLoad(load, input),
    ['--percentile-metrics', 'ttft,tpot,itl,e2el'],
    ['--metric-percentiles', '50,90,95,99'],
    ['--seed', 1],
    ['--save-result'],
    ['--result-filename', resultFile],
  ]
  const program = jqProgram(input)
  return shellScript(
    [...describe(input), 'Needs vllm (0.11 or later) for the load and jq for the verdict.'],
    [shellCommand(['vllm', 'bench', 'serve'], options), `jq -r ${shellQuote(program)} ${resultFile}`],
  )
}

function vllmLoad(load: BenchmarkLoad, { candidate }: LaunchInput): (readonly Argument[])[] {
  if (load.concurrency !== null) return [['--max-concurrency', load.concurrency]]
  const variation = candidate.load.kind === 'open' ? candidate.load.arrivalVariation : 1
  // Gamma arrivals with shape 1 / CV²; 1 is Poisson.
  const burstiness = Number((1 / Math.max(variation, 0.05) ** 2).toPrecision(4))
  return [
    ['--request-rate', load.requestsPerSecond ?? 1],
    ['--burstiness', burstiness],
  ]
}

/** Uniform lengths within ± ratio have a variation of ratio ÷ √3. One ratio serves both lengths: the smaller, which fits the context. */
function rangeRatio(shape: RequestShape): number {
  const variation = Math.min(shape.inputVariation, shape.outputVariation)
  return Number(Math.min(0.95, variation * Math.sqrt(3)).toPrecision(3))
}

function aiperf(input: LaunchInput): string {
  const { request } = input
  const { shape } = request
  const load = benchmarkLoad(input)
  const fresh = Math.max(1, Math.round(shape.inputTokens - shape.cachedTokens))
  const output = Math.round(shape.outputTokens)
  const options: (readonly Argument[])[] = [
    ['--model', request.modelId],
    ['--url', { raw: `"\${ENDPOINT:-http://localhost:8000}"` }],
    ['--endpoint-type', 'chat'],
    ['--streaming'],
    ['--synthetic-input-tokens-mean', fresh],
    ['--synthetic-input-tokens-stddev', Math.round(shape.inputTokens * shape.inputVariation)],
    ['--output-tokens-mean', output],
    ['--output-tokens-stddev', Math.round(shape.outputTokens * shape.outputVariation)],
    ['--extra-inputs', 'ignore_eos:true'],
    ['--request-count', load.requests],
    ['--warmup-request-count', load.warmups],
    ['--random-seed', 1],
  ]
  if (shape.outputVariation === 0) options.push(['--extra-inputs', `min_tokens:${output}`])
  if (shape.cachedTokens > 0) {
    options.push(['--num-prefix-prompts', 1], ['--prefix-prompt-length', Math.round(shape.cachedTokens)])
  }
  if (load.concurrency !== null) options.push(['--concurrency', load.concurrency])
  else options.push(['--request-rate', load.requestsPerSecond ?? 1], ['--arrival-pattern', 'poisson'])
  return shellScript(
    [...describe(input), 'Compare the printed table with these figures by hand.'],
    [shellCommand(['aiperf', 'profile'], options)],
  )
}

function describe({ candidate, request }: LaunchInput): string[] {
  const { performance, band } = candidate
  const range = (value: number, { low, high }: ErrorBand, unit: string) =>
    `${significant(value)} ${unit} (${significant(value * low)} to ${significant(value * high)} with 80 % confidence)`
  const objectives = request.objectives.map(formatObjective).join(', ') || 'none'
  return [
    `Falsifies the prediction for ${candidate.id}. Set ENDPOINT to the server; run it from a machine nearby.`,
    `Predicted mean TPOT ${range(performance.tpot.meanMs, band.tpot, 'ms')}.`,
    `Predicted mean TTFT in steady state ${range(performance.ttft.meanMs, band.ttft, 'ms')}.`,
    `Predicted output ${significant(performance.outputTokensPerSecond)} tokens/s over all replicas, ` +
      `$${significant(candidate.cost.blended)} per million tokens blended.`,
    `Objectives: ${objectives}.`,
  ]
}

/** Prints a verdict per figure from the result file of vllm bench serve. */
function jqProgram({ candidate, request }: LaunchInput): string {
  const { performance, band } = candidate
  const inverse: ErrorBand = { low: 1 / band.cost.high, high: 1 / band.cost.low }
  const check = (name: string, key: string, value: number, { low, high }: ErrorBand) =>
    `check("${name}"; .${key}; ${significant(value * low)}; ${significant(value * high)})`
  return [
    'def check(name; measured; low; high): name + ": measured " + (measured|tostring) + ", predicted " + (low|tostring) + " to " + (high|tostring) + (if measured >= low and measured <= high then ": holds" else ": FALSIFIED" end);',
    'def objective(name; measured; limit): name + ": measured " + (measured|tostring) + " ms" + (if measured <= limit then ": met" else ": MISSED" end);',
    [
      check('mean TPOT, ms', 'mean_tpot_ms', performance.tpot.meanMs, band.tpot),
      check('mean TTFT, ms', 'mean_ttft_ms', performance.ttft.meanMs, band.ttft),
      check('output tokens/s', 'output_throughput', performance.outputTokensPerSecond, inverse),
      ...request.objectives.map(
        objective =>
          `objective("${formatObjective(objective)}"; .${resultKey(objective)}; ${objective.limitMs})`,
      ),
    ].join(', '),
  ].join(' ')
}

function resultKey({ metric, statistic }: Objective): string {
  const name = metric === 'e2e' ? 'e2el' : metric
  return `${statistic}_${name}_ms`
}

function significant(value: number): number {
  return Number(value.toPrecision(4))
}
