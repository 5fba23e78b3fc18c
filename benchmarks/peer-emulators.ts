/**
 * Streamed tokens a second and the gaps between them as one client sees them, of our emulator and of GuideLLM's mock server
 * on this machine, in turn: 200 streams in a closed loop, one server process, the client in another.
 * Needs the peer, outside this project: `pip install guidellm==0.8.1`; PEER names its program when it is not on the PATH.
 * Without it only our emulator is measured.
 *
 *   PEER=/path/to/venv/bin/guidellm node benchmarks/peer-emulators.ts [--seconds 6] [--runs 3] [--json]
 *
 * Both answer at once and then give each stream a token every so many milliseconds. Ours runs a fleet of one engine whose
 * steps last that long, so 200 chunks come due together; the peer sleeps in each stream for itself and has no engine, so
 * what each sleep is too long adds up. The mean gap shows it: it is the TPOT that a client would measure, and should be the
 * step. A stream that got two chunks in one read counts a gap of 0. Answers that are not as long as asked for are counted.
 */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { testFleet, testModel } from '../src/emulate/emulator.fixture.ts'
import { defaultEmulatorSettings, startEmulator } from '../src/emulate/index.ts'
import { answerTokens, openStreams, quantile, streams } from './answer-streams.ts'

const self = fileURLToPath(import.meta.url)
const peer = process.env.PEER ?? 'guidellm'

/** Milliseconds from token to token: 40,000, 15,000 and 4,000 tokens a second over all streams. */
const steps = [5, 1000 / 75, 50]

interface Server {
  readonly name: string
  start(port: number, stepMs: number): ChildProcess
}

const servers: readonly Server[] = [
  {
    name: 'tokenwright',
    start: (port, stepMs) => fork(self, ['server', String(port), String(stepMs)]),
  },
  {
    name: 'GuideLLM mock',
    start: (port, stepMs) =>
      spawn(
        peer,
        [
          ...['mock-server', '--port', String(port), '--workers', '1', '--model', 'benchmark'],
          // As many tokens as asked for: the smaller one of this and max_tokens.
          ...['--ttft-ms', '0', '--itl-ms', String(stepMs), '--output-tokens', '100000'],
        ],
        { stdio: 'ignore' },
      ),
  },
]

/** What the client saw after the first second and a half (answers: from the start), until it went. */
interface Seen {
  readonly tokensPerSecond: number
  readonly gapMeanMs: number
  readonly gapP50Ms: number
  readonly gapP99Ms: number
  /** |gap − step|. */
  readonly offStepP99Ms: number
  readonly answers: number
  /** Answers with another number of tokens than asked for. */
  readonly wrongAnswers: number
}

interface Measurement extends Seen {
  readonly server: string
  readonly plannedTokensPerSecond: number
  readonly stepMs: number
}

async function runServer(port: number, stepMs: number): Promise<void> {
  const times = { stepSeconds: stepMs / 1000, promptTokenSeconds: 0 }
  const emulator = await startEmulator({
    ...defaultEmulatorSettings,
    models: [testModel('benchmark', testFleet({ times }))],
    port,
  })
  process.once('SIGTERM', () => {
    emulator.close().then(() => process.exit())
  })
}

const contentMark = Buffer.from('"content":')
const quote = 0x22
const blank = 0x20

/** Chunks with text in it: the one with the role has an empty text or none. */
function textChunks(data: Buffer): number {
  let chunks = 0
  for (let at = data.indexOf(contentMark); at >= 0; at = data.indexOf(contentMark, at)) {
    at += contentMark.length
    if (data[at] === blank) at++
    if (data[at] === quote && data[at + 1] !== quote) chunks++
  }
  return chunks
}

function runClient(port: number, stepMs: number, seconds: number): void {
  const eventEnd = Buffer.from('\n\n')
  const gaps: number[] = []
  let tokens = 0
  let answers = 0
  let wrongAnswers = 0
  const startMs = performance.now()
  const fromMs = startMs + 1500
  openStreams(port, stream => {
    let rest: Buffer = Buffer.alloc(0)
    let count = 0
    let lastMs = 0
    return (read, ended) => {
      const nowMs = performance.now()
      const data = rest.length === 0 ? read : Buffer.concat([rest, read])
      const whole = data.lastIndexOf(eventEnd) + eventEnd.length
      const found = whole < eventEnd.length ? 0 : textChunks(data.subarray(0, whole))
      rest = whole < eventEnd.length ? data : data.subarray(whole)
      for (let chunk = 0; chunk < found; chunk++) {
        if (count > 0 && nowMs >= fromMs) gaps.push(nowMs - lastMs)
        lastMs = nowMs
        count++
        if (nowMs >= fromMs) tokens++
      }
      if (!ended) return
      answers++
      if (count !== answerTokens(stream)) wrongAnswers++
      rest = Buffer.alloc(0)
      count = 0
    }
  })
  setTimeout(() => {
    // Before the sorting below, which takes a tenth of a second.
    const measuredMs = performance.now() - fromMs
    const sorted = Float64Array.from(gaps).sort()
    const off = Float64Array.from(gaps, gap => Math.abs(gap - stepMs)).sort()
    const seen: Seen = {
      tokensPerSecond: (tokens / measuredMs) * 1000,
      gapMeanMs: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
      gapP50Ms: quantile(sorted, 0.5),
      gapP99Ms: quantile(sorted, 0.99),
      offStepP99Ms: quantile(off, 0.99),
      answers,
      wrongAnswers,
    }
    process.send!(seen, () => process.exit())
  }, seconds * 1000)
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('no port')
      server.close(() => resolve(address.port))
    })
  })
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (const endMs = performance.now() + 60_000; performance.now() < endMs; ) {
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      }).on('error', () => resolve(false))
    })
    if (open) return
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('the server did not open its port within a minute')
}

async function measure(server: Server, stepMs: number, seconds: number): Promise<Measurement> {
  const port = await freePort()
  const child = server.start(port, stepMs)
  const ended = new Promise(resolve => child.once('exit', resolve))
  try {
    await listening(port, child)
    const seen = await new Promise<Seen>((resolve, reject) => {
      const client = fork(self, ['client', String(port), String(stepMs), String(seconds)])
      client.once('message', message => resolve(message as Seen))
      client.once('error', reject)
    })
    return {
      server: server.name,
      plannedTokensPerSecond: (streams / stepMs) * 1000,
      stepMs,
      ...seen,
    }
  } finally {
    child.kill('SIGTERM')
    const hung = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(hung)
  }
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      seconds: { type: 'string', default: '6' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  })
  const found = spawnSync(peer, ['mock-server', '--help'], { stdio: 'ignore' }).status === 0
  if (!found) console.error(`${peer} does not run: the peer is left out, see the head of this file`)
  const present = found ? servers : servers.slice(0, 1)
  const before = loadavg()[0]!
  const results: Measurement[] = []
  for (const stepMs of steps)
    for (let run = 0; run < Number(flags.runs); run++)
      for (const server of present) results.push(await measure(server, stepMs, Number(flags.seconds)))
  const loadAverage = [before, loadavg()[0]!]
  if (flags.json) {
    console.log(JSON.stringify({ loadAverage, results }, null, 1))
    return
  }
  const fixed = (value: number) => value.toFixed(1).padStart(5)
  for (const result of results)
    console.log(
      `${result.server.padEnd(14)} planned ${String(Math.round(result.plannedTokensPerSecond)).padStart(6)} tok/s, streamed ` +
        `${String(Math.round(result.tokensPerSecond)).padStart(6)}; gap mean ${fixed(result.gapMeanMs)} p50 ${fixed(result.gapP50Ms)} p99 ${fixed(result.gapP99Ms)} ` +
        `off the step p99 ${fixed(result.offStepP99Ms)} ms; ${result.answers} answers (${result.wrongAnswers} not as long as ` +
        `asked for)`,
    )
  console.log(`load average ${loadAverage.map(value => value.toFixed(2)).join(' → ')}`)
}

const [role = '', ...words] = process.argv.slice(2)
const [port = 0, stepMs = 0, seconds = 0] = words.map(Number)
if (role === 'server') await runServer(port, stepMs)
else if (role === 'client') runClient(port, stepMs, seconds)
else await main()
