/**
 * Load generators beside each other: NVIDIA AIPerf and our `bench` measure the same emulator on this machine, in turn, and are
 * compared with its truth log: how far off their TTFT and TPOT are, what rate they reach, what a streamed token costs them.
 * Needs the peer, outside this project: `pip install aiperf==0.13.0`; PEER names its program when it is not on the PATH.
 * Linux only: processor time is read from /proc.
 *
 *   PEER=/path/to/venv/bin/aiperf node benchmarks/peer-load-generators.ts [--runs 1] [--concurrency 100] [--json]
 *
 * 100 users in a closed loop, 100 tokens in, 200 ± 40 out, from an engine that gives each of them a token every 20 ms: up to
 * 5,000 tokens a second. The prompt's own tokens cost nothing. Generator and emulator share the machine.
 * TTFT error: as the generator reports it, less (first chunk handed to the socket − request read) of the same request, joined by
 * the answer's id. What the kernel and the generator's own queues add is in it, and the opening of a connection where the
 * generator counts it: one in nine requests opens one.
 * TPOT error: as reported, less (last − first chunk handed to the socket) ÷ (tokens − 1).
 * Processor time is that of all the generator's processes. Starting up is most of a short run (Python with its libraries), hence the
 * second figure: what one more token costs, from the difference between three times the requests and once.
 */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { testFleet, testModel } from '../src/emulate/emulator.fixture.ts'
import { defaultEmulatorSettings, startEmulator } from '../src/emulate/index.ts'
import type { TruthRecord } from '../src/emulate/truth-record.ts'
import type { RequestObservation } from '../src/measure/observation.ts'
import { quantile } from './answer-streams.ts'
import { writeByteTokenizer } from './byte-tokenizer.ts'

const self = fileURLToPath(import.meta.url)
const peer = process.env.PEER ?? 'aiperf'
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-benchmark-'))

const stepMs = 20
const load = { inputTokens: 100, outputTokens: 200, outputDeviation: 40 }
/** Times the number of users: requests of the short and of the long run. */
const waves = { short: 3, long: 9 }

interface Load {
  readonly url: string
  readonly concurrency: number
  readonly requests: number
  /** Where results go; empty. */
  readonly results: string
  /** Record what joins requests with the truth log, whatever that costs. */
  readonly detailed: boolean
}

/** One request as a generator reports it. */
interface Reported {
  readonly answerId: string
  readonly ttftMs: number
  readonly tpotMs: number | null
}

interface LoadGenerator {
  readonly name: string
  /** Null: it cannot be run here, and why. */
  missing(): string | null
  command(load: Load): readonly string[]
  /** Of a detailed run. */
  reported(load: Load): readonly Reported[]
}

const aiperf: LoadGenerator = {
  name: 'AIPerf',
  missing: () =>
    spawnSync(peer, ['--version'], { stdio: 'ignore' }).status === 0
      ? null
      : `${peer} does not run, see the head of this file`,
  command: ({ url, concurrency, requests, results, detailed }) => [
    ...[peer, 'profile', '-m', 'benchmark', '--url', url, '--endpoint-type', 'chat', '--streaming'],
    ...['--concurrency', String(concurrency), '--request-count', String(requests)],
    ...['--isl', String(load.inputTokens), '--isl-stddev', '0'],
    ...['--osl', String(load.outputTokens), '--osl-stddev', String(load.outputDeviation)],
    ...['--extra-inputs', 'ignore_eos:true', '--random-seed', '1'],
    // Its own would be downloaded; counting is left to the server, which is the cheapest it can do.
    ...['--tokenizer', writeByteTokenizer(folder), '--use-server-token-count'],
    ...['--no-gpu-telemetry', '--no-server-metrics', '--ui', 'none'],
    ...['--export-level', detailed ? 'raw' : 'records', '--artifact-dir', results],
  ],
  reported({ results }) {
    interface Row {
      readonly metadata: { readonly x_request_id: string }
      readonly metrics: Readonly<Record<string, { readonly value: number } | undefined>>
    }
    interface RawRow {
      readonly metadata: { readonly x_request_id: string }
      readonly responses: readonly { readonly packets: readonly { readonly value: string }[] }[]
    }
    const answerIds = new Map<string, string>()
    for (const row of jsonLines<RawRow>(join(results, 'profile_export_raw.jsonl'))) {
      const first = row.responses[0]?.packets[0]?.value ?? '{}'
      answerIds.set(row.metadata.x_request_id, (JSON.parse(first) as { id?: string }).id ?? '')
    }
    return jsonLines<Row>(join(results, 'profile_export.jsonl')).map(({ metadata, metrics }) => ({
      answerId: answerIds.get(metadata.x_request_id) ?? '',
      ttftMs: metrics.time_to_first_token?.value ?? Number.NaN,
      // AIPerf's name for TPOT: (latency − TTFT) ÷ (tokens − 1).
      tpotMs: metrics.inter_token_latency?.value ?? null,
    }))
  },
}

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

const ours: LoadGenerator = {
  name: 'tokenwright',
  missing: () => null,
  // The file of requests is always written: it is what joins them with the truth log.
  command: ({ url, concurrency, requests, results }) => [
    ...[process.execPath, main, 'bench', url, '--model', 'benchmark', '--out', results],
    ...['--concurrency', String(concurrency), '--request-count', String(requests)],
    // As the peer begins: all users at once, every request counts.
    ...['--no-steady-start', '--warmup-request-count', '0'],
    ...['--isl', String(load.inputTokens)],
    ...['--osl', String(load.outputTokens), '--osl-stddev', String(load.outputDeviation)],
    ...['--random-seed', '1', '--no-server-metrics'],
  ],
  reported({ results }) {
    type Row = RequestObservation | { readonly kind: string }
    return jsonLines<Row>(join(results, 'requests.jsonl'))
      .filter(row => !('kind' in row) && row.outcome === 'served')
      .map(row => {
        const { answerId, times, reported } = row as RequestObservation
        const steps = (reported?.outputTokens ?? 0) - 1
        return {
          answerId,
          ttftMs: (times.firstContentUs - times.sentUs) / 1000,
          tpotMs: steps < 1 ? null : (times.lastContentUs - times.firstContentUs) / steps / 1000,
        }
      })
  },
}

const generators: readonly LoadGenerator[] = [aiperf, ours]

function jsonLines<Row>(path: string): Row[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Row)
}

async function runServer(truthLog: string): Promise<void> {
  const times = { stepSeconds: stepMs / 1000, promptTokenSeconds: 0 }
  const emulator = await startEmulator({
    ...defaultEmulatorSettings,
    models: [testModel('benchmark', testFleet({ times }))],
    port: 0,
    truthLog,
  })
  process.send!(emulator.url)
  process.once('SIGTERM', () => {
    emulator.close().then(() => process.exit())
  })
}

interface Run {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  readonly truth: readonly TruthRecord[]
  readonly reported: readonly Reported[]
}

/** Seconds of processor time of all children that have ended, and of theirs. */
function childrenCpuSeconds(): number {
  // Fields 16 and 17 of proc(5), in ticks of 10 ms; the name before them may hold blanks.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

async function run(
  generator: LoadGenerator,
  concurrency: number,
  requests: number,
  detailed: boolean,
): Promise<Run> {
  const truthLog = join(folder, 'truth.jsonl')
  const results = join(folder, 'results')
  rmSync(results, { recursive: true, force: true })
  const server: ChildProcess = fork(self, ['server', truthLog])
  const serverEnded = new Promise(resolve => server.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    server.once('message', message => resolve(message as string))
    server.once('exit', code => reject(new Error(`the emulator ended with ${code}`)))
  })
  const asked: Load = { url, concurrency, requests, results, detailed }
  const cpuBefore = childrenCpuSeconds()
  const started = performance.now()
  const [program = '', ...words] = generator.command(asked)
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', part => {
    complaints = (complaints + part).slice(-2000)
  })
  const code = await new Promise(resolve => child.once('exit', resolve))
  const wallSeconds = (performance.now() - started) / 1000
  const cpuSeconds = childrenCpuSeconds() - cpuBefore
  server.kill('SIGTERM')
  await serverEnded
  if (code !== 0) throw new Error(`${generator.name} ended with ${code}\n${complaints}`)
  const truth = jsonLines<TruthRecord>(truthLog).filter(
    record => record.kind === 'request' && record.outcome === 'served',
  )
  return { wallSeconds, cpuSeconds, truth, reported: detailed ? generator.reported(asked) : [] }
}

interface Spread {
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Result {
  readonly generator: string
  readonly outputTokens: number
  /** By the truth log, from the first request to the last chunk. */
  readonly tokensPerSecond: number
  readonly cpuMicrosecondsPerToken: number
  readonly cpuMicrosecondsPerFurtherToken: number
  readonly startSeconds: number
  readonly joined: number
  readonly ttftError: Spread
  readonly tpotError: Spread
}

const tokensOf = (truth: readonly TruthRecord[]) =>
  truth.reduce((sum, { outputTokens }) => sum + outputTokens, 0)

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
}

/** Client minus truth, ms, of the requests that both know. */
function errorsOf({ truth, reported }: Run): {
  readonly ttft: readonly number[]
  readonly tpot: readonly number[]
} {
  const ttft: number[] = []
  const tpot: number[] = []
  const records = new Map(truth.map(record => [record.request, record]))
  for (const { answerId, ttftMs, tpotMs } of reported) {
    const record = records.get(answerId)
    if (record === undefined || record.firstWrittenUs === null) continue
    ttft.push(ttftMs - (record.firstWrittenUs - record.arrivalUs) / 1000)
    const last = record.chunks.at(-1)
    if (tpotMs === null || last === undefined || record.outputTokens < 2) continue
    tpot.push(tpotMs - (last[1] - record.firstWrittenUs) / 1000 / (record.outputTokens - 1))
  }
  return { ttft, tpot }
}

async function measure(generator: LoadGenerator, concurrency: number): Promise<Result> {
  const short = await run(generator, concurrency, concurrency * waves.short, false)
  const long = await run(generator, concurrency, concurrency * waves.long, false)
  const detailed = await run(generator, concurrency, concurrency * waves.long, true)
  const { ttft, tpot } = errorsOf(detailed)
  const firstUs = Math.min(...long.truth.map(({ arrivalUs }) => arrivalUs))
  const lastUs = Math.max(...long.truth.map(({ closedUs }) => closedUs))
  const tokens = tokensOf(long.truth)
  return {
    generator: generator.name,
    outputTokens: tokens,
    tokensPerSecond: (tokens / (lastUs - firstUs)) * 1e6,
    cpuMicrosecondsPerToken: (long.cpuSeconds / tokens) * 1e6,
    cpuMicrosecondsPerFurtherToken:
      ((long.cpuSeconds - short.cpuSeconds) / (tokens - tokensOf(short.truth))) * 1e6,
    startSeconds: long.wallSeconds - (lastUs - firstUs) / 1e6,
    joined: ttft.length,
    ttftError: spread(ttft),
    tpotError: spread(tpot),
  }
}

async function compare(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      runs: { type: 'string', default: '1' },
      concurrency: { type: 'string', default: '100' },
      json: { type: 'boolean', default: false },
    },
  })
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const present = generators.filter(generator => {
    const reason = generator.missing()
    if (reason !== null) console.error(`${generator.name} is left out: ${reason}`)
    return reason === null
  })
  const before = loadavg()[0]!
  const results: Result[] = []
  for (let round = 0; round < Number(flags.runs); round++)
    for (const generator of present) results.push(await measure(generator, Number(flags.concurrency)))
  const loadAverage = [before, loadavg()[0]!]
  if (flags.json) {
    console.log(JSON.stringify({ loadAverage, results }, null, 1))
    return
  }
  const shown = ({ p50Ms, p99Ms }: Spread) => `p50 ${p50Ms.toFixed(2)} p99 ${p99Ms.toFixed(2)} ms`
  for (const result of results)
    console.log(
      `${result.generator.padEnd(12)} ${Math.round(result.tokensPerSecond)} tok/s; CPU ${result.cpuMicrosecondsPerToken.toFixed(0)} ` +
        `µs/token, ${result.cpuMicrosecondsPerFurtherToken.toFixed(0)} a further one; ${result.startSeconds.toFixed(1)} s around it; ` +
        `TTFT off by ${shown(result.ttftError)}, TPOT by ${shown(result.tpotError)} (${result.joined} requests)`,
    )
  console.log(`load average ${loadAverage.map(value => value.toFixed(2)).join(' → ')}`)
}

const [role = '', truthLog = ''] = process.argv.slice(2)
if (role === 'server') await runServer(truthLog)
else await compare()
