/**
 * How many streams the load generator holds, and whether its memory grows with the number of requests:
 * `node benchmarks/many-streams.ts [--streams 2000,10000] [--workers N] [--seconds N] [--rate N] [--requests N]`.
 *
 * 1. Streams: a closed loop of so many users whose answers come at one token per second (--rate), so that connections are the load and not tokens.
 *    The server says how many it served at the same time; errors, CPU per token, event-loop delay and lateness are the client's own.
 *    Bars: 2,000 from one process, 10,000 with workers, no errors. CPU per token is printed beside its bar of
 *    12 µs, which is judged by client-cost.ts: at so slow a rate every token is a wake-up of its own; --rate 5 has fewer of them.
 * 2. Memory: 4 N short requests. What is resident after them may exceed what was after the first N by no more than a garbage collector's
 *    mood (bar: 10 %). No files are written.
 *
 * The server is a process of its own. Load average is printed: on a busy machine the scheduler's delays are in lateness.
 */
import { fork } from 'node:child_process'
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { BenchEndpoint } from '../src/bench/bench-endpoint.ts'
import type { BenchLoad } from '../src/bench/bench-load.ts'
import { plainScale } from '../src/bench/prompts/prompt-scale.ts'
import { type LoadMeasurement, runLoad } from '../src/bench/run-load.ts'
import { knownEndpointAt } from '../src/bench/self-test.ts'
import { createGet } from '../src/bench/server/http-get.ts'
import { clientRoom, refuseWithoutRoom } from '../src/bench/workers/client-room.ts'
import { type ServerTally, startSlowServer } from './many-streams-server.ts'

const standard = { streams: '2000,10000', seconds: '45', rate: '1', requests: '20000' }
const bars = { tokenUs: 12, memoryGrowth: 0.1 }
/** Answers of the first part last so long. */
const answerSeconds = 40
/** Users begin over so many seconds: connecting thousands at once is another question. Assumed. */
const rampSeconds = 10
const quick = { periodMs: 5, outputTokens: 4, users: 64 }

const loads = () =>
  loadavg()
    .map(load => load.toFixed(1))
    .join(' ')
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`

if (process.env.MANY_STREAMS_SERVER !== undefined) {
  startSlowServer(Number(process.env.MANY_STREAMS_SERVER), ({ port, tally }) => {
    process.send?.({ port })
    process.on('message', () => process.send?.(tally))
    process.on('disconnect', () => process.exit(0))
  })
} else {
  await main()
}

interface ServerProcess {
  readonly port: number
  tally(): Promise<ServerTally>
  close(): void
}

function startServer(periodMs: number): Promise<ServerProcess> {
  const child = fork(import.meta.filename, [], {
    env: { ...process.env, MANY_STREAMS_SERVER: String(periodMs) },
  })
  const heard = <T>() => new Promise<T>(resolve => child.once('message', message => resolve(message as T)))
  return heard<{ readonly port: number }>().then(({ port }) => ({
    port,
    tally() {
      const answer = heard<ServerTally>()
      child.send('tally')
      return answer
    },
    close: () => child.disconnect(),
  }))
}

function closedLoad(users: number, outputTokens: number, ends: object, startSeconds: number): BenchLoad {
  return {
    point: { name: `${users} streams`, kind: 'concurrency', concurrency: users, requestsPerSecond: null },
    requests: {
      kind: 'spec',
      spec: {
        kind: 'closed',
        users,
        lengths: { input: 16, output: outputTokens },
        ...(startSeconds > 0 ? { start: { kind: 'ramp', seconds: startSeconds } } : {}),
        ...ends,
      },
    },
    warmUp: null,
    durationSeconds: 'durationSeconds' in ends ? Number(ends.durationSeconds) : null,
    graceSeconds: 60,
    arrivalCv: null,
    maximumInFlight: null,
    maximumPrefills: null,
    cancellation: null,
  }
}

function measure(
  endpoint: BenchEndpoint,
  load: BenchLoad,
  workers: number | null,
  onServed: (served: number) => void = () => {},
): Promise<LoadMeasurement> {
  return runLoad({
    endpoint,
    load,
    workers,
    scale: plainScale,
    supply: null,
    supplySource: null,
    keepsText: false,
    tokenizer: null,
    seed: 'many-streams',
    objectives: [],
    clock: 'service',
    metricsUrls: [],
    meter: null,
    get: createGet(),
    listener: null,
    onProgress: ({ recorder }) => onServed(recorder.metrics.measured.served),
    signal: new AbortController().signal,
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: standard.streams },
      seconds: { type: 'string', default: standard.seconds },
      rate: { type: 'string', default: standard.rate },
      requests: { type: 'string', default: standard.requests },
      workers: { type: 'string' },
    },
  })
  const workers = values.workers === undefined ? null : Number(values.workers)
  console.log(`${availableParallelism()} processors, Node ${process.version}, load average ${loads()}`)
  for (const text of values.streams.split(',').filter(part => part !== ''))
    await holdStreams(Number(text), Number(values.seconds), Number(values.rate), workers)
  if (Number(values.requests) > 0) await watchMemory(Number(values.requests), workers ?? 1)
}

async function holdStreams(
  streams: number,
  seconds: number,
  rate: number,
  workers: number | null,
): Promise<void> {
  refuseWithoutRoom(streams, clientRoom())
  const server = await startServer(1000 / rate)
  const before = process.memoryUsage.rss()
  const load = closedLoad(streams, answerSeconds * rate, { durationSeconds: seconds }, rampSeconds)
  const { client, recorder, unfinished } = await measure(knownEndpointAt(server.port), load, workers)
  const tally = await server.tally()
  server.close()
  const { measured } = recorder.metrics
  const perToken = client.cpuMicrosecondsPerChunk ?? Number.NaN
  console.log(
    [
      `${streams} streams, ${client.workers === 1 ? 'one thread' : `${client.workers} workers`}, ${seconds} s`,
      `held at the same time ${tally.mostStreams}`,
      `served ${measured.served}, failed ${measured.failed}, rejected ${measured.rejected}, unfinished ${unfinished}`,
      `${client.chunks} tokens read in ${client.wallSeconds.toFixed(1)} s, CPU ${perToken.toFixed(1)} µs/token (bar ${bars.tokenUs})`,
      `busiest thread ${(100 * client.cpuShare).toFixed(0)} %, event loop late p99 ${client.eventLoopDelay.p99Ms.toFixed(1)} ms`,
      `lateness p50 ${client.scheduleLateness.p50Ms?.toFixed(2)} ms, p99 ${client.scheduleLateness.p99Ms?.toFixed(2)} ms`,
      `connections ${client.connectionsOpened}, resident ${mebibytes(before)} before, ${mebibytes(process.memoryUsage.rss())} after`,
      `load average ${loads()}`,
    ].join('\n  '),
  )
}

/** One run: what is resident while requests are sent, against how many have been. */
async function watchMemory(requests: number, workers: number): Promise<void> {
  const server = await startServer(quick.periodMs)
  const marks = [1, 2, 4].map(times => ({ served: times * requests, resident: 0 }))
  const start = process.memoryUsage.rss()
  const load = closedLoad(quick.users, quick.outputTokens, { requests: 4 * requests }, 0)
  const { recorder } = await measure(knownEndpointAt(server.port), load, workers, served => {
    for (const mark of marks)
      if (mark.resident === 0 && served >= mark.served) mark.resident = process.memoryUsage.rss()
  })
  marks.at(-1)!.resident = process.memoryUsage.rss()
  server.close()
  if (recorder.metrics.measured.served !== 4 * requests) throw new Error('requests failed: see the server')
  const [first, , last] = marks as [Mark, Mark, Mark]
  const growth = last.resident / first.resident - 1
  console.log(
    [
      `memory, ${workers === 1 ? 'one thread' : `${workers} workers`}: resident ${mebibytes(start)} before`,
      ...marks.map(({ served, resident }) => `${mebibytes(resident)} after ${served} requests`),
      `from the first to the last of these ${(100 * growth).toFixed(1)} % more (bar ${100 * bars.memoryGrowth} %)`,
      `load average ${loads()}`,
    ].join('\n  '),
  )
}

interface Mark {
  readonly served: number
  resident: number
}
