/**
 * The same requests through `tokenwright simulate` and through NVIDIA Dynamo's offline replay (DynoSim, the mocker engine)
 * on this machine, in turn, whole processes timed after one run of each that does not count.
 * Needs the peer, outside this project: `pip install ai-dynamo==1.4.0` (from 1.5 on the replay needs a package of NVIDIA's
 * own index); PEER_PYTHON names the Python that has it. Without it only tokenwright is timed. Linux only: processor time is
 * read from /proc.
 *
 *   PEER_PYTHON=/path/to/venv/bin/python node benchmarks/peer-simulators.ts [--runs 3] [--trace MOONCAKE_FILE] [--json]
 *
 * Both read one Mooncake JSONL file, both run vLLM's scheduler with the same budget, slots, blocks and prefix caching, both
 * route round robin. Neither is given the other's step times: ours come from the model of an H100, the peer's are what it
 * takes when it is told of no measurements. So TTFT and TPOT are printed beside the times; where they are close, both take
 * about as many steps, which does not make either right. Ours also accounts for energy and money; it does not go through
 * steps one by one in which nothing but one more token each happens.
 * Start-up is most of a short run, of the peer's above all (Python with its libraries), hence the second figure: what one
 * more request costs, the difference between four times the requests and once, divided by the requests in between.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { RandomSource } from '../src/core/random.ts'

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    trace: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const python = process.env.PEER_PYTHON ?? 'python3'
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-benchmark-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Of one replica, for both. The blocks are what vLLM has on an H100 of 80 GB with an 8B model in bf16, as ours computes. */
const engine = { blocks: 28_554, blockTokens: 16, sequences: 256, stepTokens: 8192 }
/** Tokens of a hash id in Mooncake's format. */
const traceBlockTokens = 512

interface Load {
  readonly name: string
  readonly replicas: number
  readonly requests: number
  readonly file: string
}

interface Answer {
  readonly requests: number
  readonly outputTokens: number
  readonly ttftMeanMs: number
  readonly tpotMeanMs: number
  /** Of prompt tokens. */
  readonly cachedShare: number
  /** What the program says the simulation alone took. */
  readonly ownSeconds: number | null
}

interface Program {
  readonly name: string
  command(load: Load): readonly string[]
  answer(stdout: string): Answer
}

/** 1,500 tokens in, 250 out, nothing shared, four requests a second and replica, Poisson. */
function poissonLoad(replicas: number, requests: number): Load {
  const random = new RandomSource(1).stream(replicas)
  const inputTokens = 1500
  const blocks = Math.ceil(inputTokens / traceBlockTokens)
  let atSeconds = 0
  const lines = Array.from({ length: requests }, (_, index) => {
    atSeconds += random.exponential() / (4 * replicas)
    const hashes = Array.from({ length: blocks }, (_, block) => index * blocks + block)
    const timestamp = Math.round(atSeconds * 1000)
    return JSON.stringify({ timestamp, input_length: inputTokens, output_length: 250, hash_ids: hashes })
  })
  const file = join(folder, `poisson-${replicas}-${requests}.jsonl`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return { name: 'Poisson', replicas, requests, file }
}

/** The peer does not read compressed files. */
function traceLoad(path: string): Load {
  const bytes = readFileSync(path)
  const text = path.endsWith('.gz') ? gunzipSync(bytes) : bytes
  const file = join(folder, 'trace.jsonl')
  writeFileSync(file, text)
  return { name: 'trace', replicas: 8, requests: text.toString().trimEnd().split('\n').length, file }
}

const ours: Program = {
  name: 'tokenwright',
  command: ({ replicas, file }) => [
    ...[process.execPath, main, 'simulate', '--json', '--trace', file, '--router', 'round-robin'],
    ...[
      '--model',
      'meta-llama/Llama-3.1-8B',
      '--hardware',
      `${replicas}xh100`,
      '--replicas',
      String(replicas),
    ],
    ...['--num-gpu-blocks', String(engine.blocks), '--block-size', String(engine.blockTokens)],
    ...['--max-num-seqs', String(engine.sequences), '--max-num-batched-tokens', String(engine.stepTokens)],
  ],
  answer(stdout) {
    const { run, summary } = JSON.parse(stdout) as {
      run: { ended: number }
      summary: {
        tokens: { output: number; cachedInputShare: number }
        latency: { ttftService: { meanMs: number }; tpot: { meanMs: number } }
      }
    }
    return {
      requests: run.ended,
      outputTokens: summary.tokens.output,
      ttftMeanMs: summary.latency.ttftService.meanMs,
      tpotMeanMs: summary.latency.tpot.meanMs,
      cachedShare: summary.tokens.cachedInputShare,
      ownSeconds: null,
    }
  },
}

const report = join(folder, 'report.json')
const dynamo: Program = {
  name: 'Dynamo replay',
  command: ({ replicas, file }) => [
    ...[python, '-m', 'dynamo.replay', file, '--replay-mode', 'offline', '--report-json', report],
    ...['--num-workers', String(replicas), '--router-mode', 'round_robin'],
    ...['--trace-block-size', String(traceBlockTokens), '--extra-engine-args'],
    JSON.stringify({
      block_size: engine.blockTokens,
      num_gpu_blocks: engine.blocks,
      max_num_seqs: engine.sequences,
      max_num_batched_tokens: engine.stepTokens,
    }),
  ],
  answer() {
    const peer = JSON.parse(readFileSync(report, 'utf8')) as {
      completed_requests: number
      total_output_tokens: number
      mean_ttft_ms: number
      mean_tpot_ms: number
      prefix_cache_reused_ratio: number
      wall_time_ms: number
    }
    return {
      requests: peer.completed_requests,
      outputTokens: peer.total_output_tokens,
      ttftMeanMs: peer.mean_ttft_ms,
      tpotMeanMs: peer.mean_tpot_ms,
      cachedShare: peer.prefix_cache_reused_ratio,
      ownSeconds: peer.wall_time_ms / 1000,
    }
  },
}

/** User and system time of all processes that this one has started and seen end. Ticks of 10 ms (proc_pid_stat(5)). */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

interface Run {
  readonly seconds: number
  readonly processorSeconds: number
  readonly answer: Answer
}

function time(program: Program, load: Load): Run {
  const [file = '', ...words] = program.command(load)
  const before = childSeconds()
  const started = performance.now()
  const done = spawnSync(file, words, { encoding: 'utf8', maxBuffer: 2 ** 30 })
  const seconds = (performance.now() - started) / 1000
  if (done.error !== undefined || done.status !== 0) {
    console.error(`${program.name}: ${done.error?.message ?? done.stderr}; see the head of this file`)
    process.exit(1)
  }
  return { seconds, processorSeconds: childSeconds() - before, answer: program.answer(done.stdout) }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

interface Measurement extends Answer {
  readonly program: string
  readonly load: string
  readonly replicas: number
  readonly seconds: number
  readonly processorSeconds: number
  readonly microsecondsPerRequest: number
  /** Seconds of this one ÷ seconds of ours. */
  readonly timesOurs: number
}

const found = spawnSync(python, ['-c', 'import dynamo.replay.main'], { stdio: 'ignore' }).status === 0
if (!found) console.error(`${python} has no dynamo.replay: the peer is left out, see the head of this file`)
const programs = found ? [ours, dynamo] : [ours]
const short = poissonLoad(1, 2000)
const long = poissonLoad(1, 8000)
const loads = [short, long, poissonLoad(8, 16_000)]
if (flags.trace !== undefined) loads.push(traceLoad(flags.trace))
const results: Measurement[] = []
const loadBefore = loadavg()[0]!
for (const load of loads) {
  const runs = programs.map((): Run[] => [])
  for (const program of programs) time(program, load)
  for (let run = 0; run < Number(flags.runs); run++) {
    programs.forEach((program, index) => {
      runs[index]!.push(time(program, load))
    })
  }
  const base = median(runs[0]!.map(({ seconds }) => seconds))
  programs.forEach(({ name }, index) => {
    const seconds = median(runs[index]!.map(run => run.seconds))
    const { answer } = runs[index]!.at(-1)!
    const own = runs[index]!.flatMap(run => run.answer.ownSeconds ?? [])
    results.push({
      ...answer,
      program: name,
      load: load.name,
      replicas: load.replicas,
      seconds,
      processorSeconds: median(runs[index]!.map(run => run.processorSeconds)),
      microsecondsPerRequest: (seconds / answer.requests) * 1e6,
      timesOurs: seconds / base,
      ownSeconds: own.length === 0 ? null : median(own),
    })
  })
}

const perFurtherRequest = programs.map(({ name }) => {
  const of = (load: Load) =>
    results.find(
      ({ program, replicas, requests }) =>
        program === name && replicas === load.replicas && requests === load.requests,
    )!
  const further = (long.requests - short.requests) / 1e6
  return {
    program: name,
    microseconds: (of(long).seconds - of(short).seconds) / further,
    processorMicroseconds: (of(long).processorSeconds - of(short).processorSeconds) / further,
  }
})
const loadAverage = [loadBefore, loadavg()[0]!]
if (flags.json) {
  console.log(JSON.stringify({ loadAverage, results, perFurtherRequest }, null, 1))
} else {
  for (const result of results)
    console.log(
      `${result.program.padEnd(14)} ${result.load.padEnd(8)} ${String(result.replicas).padStart(2)} replicas ` +
        `${String(result.requests).padStart(6)} requests ${result.outputTokens} tokens out, ` +
        `${result.seconds.toFixed(2)} s (processor ${result.processorSeconds.toFixed(2)} s` +
        `${result.ownSeconds === null ? '' : `, itself says ${result.ownSeconds.toFixed(2)} s`}), ` +
        `${result.microsecondsPerRequest.toFixed(0)} µs a request, ×${result.timesOurs.toFixed(2)}; ` +
        `TTFT ${result.ttftMeanMs.toFixed(1)} ms, TPOT ${result.tpotMeanMs.toFixed(2)} ms, cached ${(result.cachedShare * 100).toFixed(1)} %`,
    )
  for (const { program, microseconds, processorMicroseconds } of perFurtherRequest)
    console.log(
      `${program.padEnd(14)} one more request: ${microseconds.toFixed(0)} µs (processor ${processorMicroseconds.toFixed(0)} µs)`,
    )
  console.log(`load average ${loadAverage.map(value => value.toFixed(2)).join(' → ')}`)
}
