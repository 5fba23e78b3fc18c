/**
 * What the load generator itself costs and how exact it is: `node benchmarks/client-cost.ts [--json] [--seconds N] [--only NAME]`.
 *
 * 1. CPU per streamed token: 100 streams of 50 tokens/s each, every token an event of some 230 bytes in a chunk and a write of its own,
 *    as vLLM sends them. Read by our client and event scanner, by node:http with the same scanner, by fetch (undici in Node) with
 *    the same scanner, and by a bare node:net socket that looks for no structure: the floor. Each event is read as
 *    `tokenwright bench` reads it.
 *    The server is a process of its own; only the client's process is counted, user and system, all its threads.
 *    Bar: 12 µs.
 * 2. How late reads are noticed: the server writes its time into each event; both processes read the same clock of the machine.
 *    Bars: 1 ms in the median, 5 ms for one in a hundred.
 * 3. Pacing: 500 Poisson arrivals per second while 5,000 tokens/s are read. Bar: 1 ms for one in a hundred.
 * 4. 2,000 streams held by one process: how many of them end as they should, and the process's memory.
 *
 * On a busy machine the scheduler's delays are in 2 and 3; the load average is printed with the results. Parts run one after the
 * other in processes of their own, because compiled code of one would change the times of the next.
 */
import { execFile, fork } from 'node:child_process'
import { loadavg } from 'node:os'
import { promisify } from 'node:util'
import { newAnswerEvent } from '../src/bench/endpoints/endpoint.ts'
import { endpointKind } from '../src/bench/endpoints/endpoint-kinds.ts'
import { createEventScanner } from '../src/live/http/event-scanner.ts'
import { createPacer } from '../src/live/pacer.ts'
import { openers, type Reader, readers, type Sink } from './stream-readers.ts'
import { createTokenServer, startMachineClock } from './token-server.ts'

const streams = 100
const tokensPerSecond = 50
const manyStreams = 2000
const manyTokensPerSecond = 2
const arrivalsPerSecond = 500
const warmUpSeconds = 3
const bars = { tokenUs: 12, noticedP50Ms: 1, noticedP99Ms: 5, pacingP99Ms: 1 }

const chat = endpointKind('chat')

const nowUs = startMachineClock()

const path = (tokens: number, perSecond: number) => `/?tokens=${tokens}&rate=${perSecond}`

interface Tally {
  tokens: number
  ended: number
  problems: number
  readonly noticedMs: number[]
}

/** Reads an event as `tokenwright bench` does; its text is the time at which it was sent. */
function tokenReader(tally: Tally): (data: Buffer) => void {
  const reader = chat.reader()
  const event = newAnswerEvent()
  return data => {
    const atUs = nowUs()
    reader.event(data, event)
    if (event.kind !== 'token') return
    tally.tokens++
    tally.noticedMs.push((atUs - Number(event.contentText)) / 1000)
  }
}

function eventSink(tally: Tally, onEnd: () => void): Sink {
  const scanner = createEventScanner(tokenReader(tally))
  return {
    data: scanner.push,
    end(problem) {
      tally.ended++
      if (problem !== null) tally.problems++
      onEnd()
    },
  }
}

/** Without structure: the event is known to be one line in one read. */
function bareSink(tally: Tally): Sink {
  const read = tokenReader(tally)
  return {
    data(bytes) {
      const buffer = bytes as Buffer
      const from = buffer.indexOf('{')
      if (from >= 0) read(buffer.subarray(from, buffer.indexOf(10, from)))
    },
    end() {
      tally.ended++
    },
  }
}

/** Of sorted values, the smallest that this share does not exceed. */
const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN

const spread = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b)
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), maximum: sorted.at(-1) ?? Number.NaN }
}

const later = (seconds: number) => new Promise(resolve => setTimeout(resolve, seconds * 1000))

/** Opens streams a few at a time, so that they neither begin together nor overrun the server's queue of connections. */
async function openAll(count: number, seconds: number, open: () => void): Promise<void> {
  const steps = 50
  for (let step = 0; step < steps; step++) {
    for (let index = 0; index < count / steps; index++) open()
    await later(seconds / steps)
  }
}

interface CostRow {
  readonly part: string
  readonly tokensPerSecond: number
  readonly cpuPerTokenUs: number
  readonly noticedMs: { readonly p50: number; readonly p99: number; readonly maximum: number }
  readonly pacingLateMs: { readonly p50: number; readonly p99: number; readonly maximum: number } | null
  readonly streamsHeld: number
  readonly problems: number
  readonly memoryMegabytes: number
}

async function measure(part: string, port: number, seconds: number): Promise<CostRow> {
  const many = part === 'many'
  const reader: Reader = readers.find(name => name === part) ?? 'ours'
  const count = many ? manyStreams : streams
  const perSecond = many ? manyTokensPerSecond : tokensPerSecond
  const openSeconds = many ? 4 : 1
  const url = path(Math.round(perSecond * (openSeconds + warmUpSeconds + seconds + 1)), perSecond)
  const tally: Tally = { tokens: 0, ended: 0, problems: 0, noticedMs: [] }
  let allEnded: () => void = () => {}
  const ended = new Promise<void>(resolve => {
    allEnded = resolve
  })
  const onEnd = () => {
    if (tally.ended === count) allEnded()
  }
  const sinkOf = reader === 'node:net, bare' ? () => bareSink(tally) : () => eventSink(tally, onEnd)
  await openAll(count, openSeconds, openers[reader](port, url, nowUs, sinkOf))
  const lateMs: number[] = []
  const stopPacing = part === 'pacing' ? pace(lateMs) : null
  await later(warmUpSeconds)
  lateMs.length = 0
  const tokensBefore = tally.tokens
  tally.noticedMs.length = 0
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  await later(seconds)
  const { user, system } = process.cpuUsage(cpuBefore)
  const wallSeconds = (performance.now() - startMs) / 1000
  const tokens = tally.tokens - tokensBefore
  const held = count - tally.ended
  stopPacing?.()
  const memoryMegabytes = process.memoryUsage.rss() / 1e6
  if (many) await ended
  return {
    part,
    tokensPerSecond: tokens / wallSeconds,
    cpuPerTokenUs: (user + system) / tokens,
    noticedMs: spread(tally.noticedMs),
    pacingLateMs: stopPacing === null ? null : spread(lateMs),
    streamsHeld: held,
    problems: tally.problems,
    memoryMegabytes,
  }
}

/** Poisson arrivals by absolute deadlines; several that are due are served in one wake-up. */
function pace(lateMs: number[]): () => void {
  const pacer = createPacer(nowUs)
  let dueUs = nowUs()
  const gapUs = () => (-Math.log(1 - Math.random()) * 1e6) / arrivalsPerSecond
  pacer.onWake(() => {
    for (let atUs = nowUs(); dueUs <= atUs; atUs = nowUs()) {
      lateMs.push((atUs - dueUs) / 1000)
      dueUs += gapUs()
    }
    pacer.wakeAt(dueUs)
  })
  pacer.wakeAt(dueUs)
  return () => pacer.close()
}

async function startServer(): Promise<{ readonly port: number; close(): void }> {
  const child = fork(import.meta.filename, ['--server'])
  const port = await new Promise<number>(resolve =>
    child.once('message', message => resolve(Number(message))),
  )
  return { port, close: () => child.kill() }
}

function option(name: string, fallback: string): string {
  const index = process.argv.indexOf(name)
  return index < 0 ? fallback : (process.argv[index + 1] ?? fallback)
}

function print(rows: readonly CostRow[]): void {
  const number = (value: number, digits: number) => value.toFixed(digits).padStart(9)
  console.log(
    'part             tokens/s   CPU µs   noticed after, ms: p50      p99      max   streams  problems   RSS MB',
  )
  for (const row of rows) {
    const { p50, p99, maximum } = row.noticedMs
    console.log(
      `${row.part.padEnd(15)}${number(row.tokensPerSecond, 0)}${number(row.cpuPerTokenUs, 1)}${' '.repeat(16)}${number(p50, 2)}${number(p99, 2)}${number(maximum, 1)}${number(row.streamsHeld, 0)} ${number(row.problems, 0)}${number(row.memoryMegabytes, 0)}`,
    )
  }
  const pacing = rows.find(({ pacingLateMs }) => pacingLateMs !== null)?.pacingLateMs
  if (pacing !== undefined && pacing !== null)
    console.log(
      `pacing at ${arrivalsPerSecond}/s while ${streams * tokensPerSecond} tokens/s are read: late by ${pacing.p50.toFixed(3)} ms (p50), ${pacing.p99.toFixed(3)} ms (p99), ${pacing.maximum.toFixed(1)} ms (maximum)`,
    )
  console.log(
    `bars: ${bars.tokenUs} µs, noticed p50 ${bars.noticedP50Ms} ms and p99 ${bars.noticedP99Ms} ms, pacing p99 ${bars.pacingP99Ms} ms; load average now ${loadavg()[0]!.toFixed(1)}`,
  )
}

if (process.argv.includes('--server')) {
  createTokenServer(port => process.send!(port))
} else if (process.argv.includes('--part')) {
  const row = await measure(
    option('--part', ''),
    Number(option('--port', '')),
    Number(option('--seconds', '10')),
  )
  process.stdout.write(JSON.stringify(row), () => process.exit())
} else {
  const only = option('--only', '')
  const rows: CostRow[] = []
  for (const part of [...readers, 'pacing', 'many']) {
    if (only !== '' && part !== only) continue
    const server = await startServer()
    const { stdout } = await promisify(execFile)(process.execPath, [
      import.meta.filename,
      ...['--part', part, '--port', String(server.port), '--seconds', option('--seconds', '10')],
    ])
    server.close()
    rows.push(JSON.parse(stdout) as CostRow)
  }
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ bars, loadAverage: loadavg(), rows }, null, 2))
  else print(rows)
}
