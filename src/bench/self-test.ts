/**
 * Measures the load generator: against an endpoint of known timings, in a process of its own on the same machine, at a rate of
 * tokens like that of a real measurement. What it reports minus what was true are its error bars. Both sides take differences
 * on their own clock, so no clocks are compared.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TokenwrightError } from '../core/errors.ts'
import { quantile } from '../core/statistics.ts'
import type { TruthRecord } from '../emulate/truth-record.ts'
import { parseTarget } from '../live/http/target.ts'
import type { ClientHealth, SelfTestErrors } from '../measure/bench-result.ts'
import { firstTokenUs, outputTokensOf, type RequestObservation } from '../measure/observation.ts'
import type { BenchEndpoint } from './bench-endpoint.ts'
import type { BenchLoad, BenchRequests } from './bench-load.ts'
import { endpointKind } from './endpoints/endpoint-kinds.ts'
import { type KnownEndpointSettings, knownModel } from './known-endpoint.ts'
import { separateProcessors } from './processors.ts'
import { plainScale } from './prompts/prompt-scale.ts'
import { runLoad } from './run-load.ts'
import { createGet } from './server/http-get.ts'

export interface SelfTestSettings {
  /** Streams at a time; 100 by default. */
  readonly streams?: number
  /** Tokens per second over all streams; 5,000 by default. */
  readonly tokensPerSecond?: number
  readonly seconds?: number
}

export interface SelfTestReport extends SelfTestErrors {
  /** Load generator and endpoint had processors of their own. */
  readonly apart: boolean
  readonly client: ClientHealth
  /** Differences, client − truth, ms, sorted: for benchmarks and figures. */
  readonly ttftErrorsMs: readonly number[]
  readonly tpotErrorsMs: readonly number[]
}

const standard = { streams: 100, tokensPerSecond: 5_000, seconds: 10 }
/** Long enough for a TPOT, short enough for a few hundred requests in ten seconds. */
const outputTokens = 100
const inputTokens = 64

export async function runSelfTest(settings: SelfTestSettings): Promise<SelfTestReport> {
  const { streams, tokensPerSecond, seconds } = { ...standard, ...settings }
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-self-test-'))
  const truthLog = join(folder, 'truth.jsonl')
  const server = await startKnownProcess({
    stepSeconds: stepOf(streams, tokensPerSecond),
    maximumSequences: streams,
    truthLog,
  })
  const observed: RequestObservation[] = []
  let client: ClientHealth
  const separation = separateProcessors(server.pid)
  try {
    const measured = await runLoad({
      endpoint: knownEndpointAt(server.port),
      load: knownLoad(streams, seconds, stepOf(streams, tokensPerSecond)),
      scale: plainScale,
      supply: null,
      supplySource: null,
      workers: 1,
      keepsText: false,
      tokenizer: null,
      seed: 'self-test',
      objectives: [],
      clock: 'service',
      metricsUrls: [],
      meter: null,
      get: createGet(),
      listener: observation => observed.push(observation),
      onProgress: null,
      signal: new AbortController().signal,
    })
    client = measured.client
  } finally {
    separation.undo()
    await server.close()
  }
  const truth = readTruth(truthLog)
  rmSync(folder, { recursive: true })
  return { ...compare(observed, truth, client, { streams, tokensPerSecond }), apart: separation.apart }
}

/** A tenth of a stream's time goes to waiting for first tokens, to pauses, and to filling the loop. */
function stepOf(streams: number, tokensPerSecond: number): number {
  return (0.9 * streams) / tokensPerSecond
}

function compare(
  observed: readonly RequestObservation[],
  truth: ReadonlyMap<string, TruthRecord>,
  client: ClientHealth,
  { streams }: { readonly streams: number; readonly tokensPerSecond: number },
): Omit<SelfTestReport, 'apart'> {
  const ttft: number[] = []
  const tpot: number[] = []
  let tokensReconcile = true
  let requests = 0
  for (const observation of observed) {
    const { times, outcome } = observation
    if (outcome !== 'served') continue
    const known = truth.get(observation.answerId)
    const first = known?.chunks[0]
    const last = known?.chunks.at(-1)
    if (known === undefined || first === undefined || last === undefined) {
      tokensReconcile = false
      continue
    }
    const tokens = outputTokensOf(observation)
    if (tokens !== known.outputTokens || observation.reported?.inputTokens !== known.inputTokens)
      tokensReconcile = false
    if (observation.phase !== 'measured') continue
    requests++
    const firstUs = firstTokenUs(times)
    ttft.push((firstUs - times.sentUs - (first[1] - known.arrivalUs)) / 1000)
    if (tokens < 2) continue
    const steps = tokens - 1
    tpot.push((times.lastContentUs - firstUs - (last[1] - first[1])) / steps / 1000)
  }
  if (requests === 0)
    throw new TokenwrightError('measurements', 'the self-test got no answer from its own endpoint', {
      fix: 'see whether programs on this machine may open ports on 127.0.0.1',
    })
  ttft.sort((a, b) => a - b)
  tpot.sort((a, b) => a - b)
  return {
    chunksPerSecond: client.chunks / client.wallSeconds,
    streams,
    ttft: spreadOf(ttft),
    tpot: spreadOf(tpot),
    requests,
    tokensReconcile,
    client,
    ttftErrorsMs: ttft,
    tpotErrorsMs: tpot,
  }
}

/** Sizes of errors, whichever way they go. */
function spreadOf(errors: readonly number[]): SelfTestErrors['ttft'] {
  const sizes = errors.map(Math.abs)
  return { p50Ms: quantile(sizes, 0.5), p99Ms: quantile(sizes, 0.99) }
}

function readTruth(path: string): Map<string, TruthRecord> {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1, -1)
  return new Map(
    lines.map(line => {
      const record = JSON.parse(line) as TruthRecord
      return [record.request, record]
    }),
  )
}

export interface KnownProcess {
  readonly port: number
  readonly pid: number
  close(): Promise<void>
}

/** Starts the known endpoint in a child process. */
export function startKnownProcess(settings: KnownEndpointSettings): Promise<KnownProcess> {
  const file = import.meta.url.endsWith('.ts') ? './known-endpoint-process.ts' : './known-endpoint-process.js'
  const child = fork(new URL(file, import.meta.url), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code =>
      reject(
        new TokenwrightError('internal', `the endpoint of the self-test ended early (exit code ${code})`),
      ),
    )
    child.once('message', message => {
      const { port } = message as { readonly port: number }
      resolve({
        port,
        pid: child.pid ?? 0,
        close: () =>
          new Promise(done => {
            child.once('exit', () => done())
            child.send('close')
          }),
      })
    })
    child.send(settings)
  })
}

export function knownEndpointAt(port: number): BenchEndpoint {
  const kind = endpointKind('chat')
  const url = `http://127.0.0.1:${port}`
  return {
    url: `${url}${kind.path}`,
    target: parseTarget(url),
    kind,
    kindOptions: {},
    plainKind: kind,
    path: kind.path,
    model: knownModel,
    streaming: true,
    headers: {},
    extra: {},
    exactLength: true,
    requestTimeoutSeconds: 60,
    reuse: 'pooled',
    insecure: false,
  }
}

/** A closed loop of so many streams that began in the middle, so that they do not end together. */
export function knownLoad(streams: number, seconds: number, stepSeconds: number): BenchLoad {
  const loop = (durationSeconds: number): BenchRequests => ({
    kind: 'spec',
    spec: {
      kind: 'closed',
      users: streams,
      lengths: { input: inputTokens, output: outputTokens },
      initialProgress: true,
      // Answers end with a step, when the server is busiest writing to all others: a request sent at that moment would be read
      // late, and the truth counts from when it was read. A pause within the step's length lets requests come at any moment.
      thinkTime: { kind: 'uniform', minimum: 0, maximum: stepSeconds },
      durationSeconds,
    },
  })
  return {
    point: { name: `${streams} streams`, kind: 'concurrency', concurrency: streams, requestsPerSecond: null },
    requests: loop(seconds),
    warmUp: loop(1),
    durationSeconds: seconds,
    graceSeconds: 30,
    maximumInFlight: null,
    maximumPrefills: null,
    cancellation: null,
    arrivalCv: null,
  }
}
