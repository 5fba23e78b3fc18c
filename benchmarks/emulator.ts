/**
 * How many tokens a second one emulator process streams, and how late they leave: `node benchmarks/emulator.ts [seconds]
 * [--json]`. 200 streams over keep-alive connections in a closed loop, from a client in a process of its own that counts
 * the chunks it gets; engine steps of constant length, so that the planned rate is streams ÷ step: 40,000 tokens/s for the
 * first bar, 15,000 for the second. Lateness (handed to the socket − due) is read back from the truth log.
 * One replica of 200 sequences is the hard case: 200 chunks are due at the same instant, so the last one cannot be earlier
 * than 200 writes take.
 * The bars: ≥ 30,000 streamed tokens/s, and at half of that p99 lateness ≤ 2 ms, on 2 cores.
 * On a machine that does other things too, lateness is mostly theirs. So two more figures are printed: the p99 of the middle
 * quarter of a second (half of them were better), and how long a busy loop that does nothing else has to wait when it is not
 * let run, p99 over time, measured just before.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testFleet, testModel } from '../src/emulate/emulator.fixture.ts'
import { defaultEmulatorSettings, startEmulator, type TruthRecord } from '../src/emulate/index.ts'
import { openStreams, quantile, streams } from './answer-streams.ts'

interface Load {
  readonly name: string
  readonly tokensPerSecondAndStream: number
  readonly replicas: number
}

const loads: readonly Load[] = [
  { name: 'full, 1 replica', tokensPerSecondAndStream: 200, replicas: 1 },
  { name: 'full, 4 replicas', tokensPerSecondAndStream: 200, replicas: 4 },
  { name: 'half, 1 replica', tokensPerSecondAndStream: 75, replicas: 1 },
  { name: 'half, 4 replicas', tokensPerSecondAndStream: 75, replicas: 4 },
]

interface Measurement {
  readonly load: string
  readonly plannedTokensPerSecond: number
  /** Counted by the client, and by the truth log. */
  readonly clientTokensPerSecond: number
  readonly tokensPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maximumMs: number
  /** p99 of each quarter of a second, the median of them. */
  readonly typicalP99Ms: number
  /** The machine's own: see waitP99Ms. */
  readonly machineP99Ms: number
  /** Of one core, in the emulator's process. */
  readonly processorShare: number
}

async function measure(load: Load, seconds: number): Promise<Measurement> {
  const machineP99Ms = waitP99Ms(1)
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-benchmark-'))
  const truthLog = join(folder, 'truth.jsonl')
  const times = { stepSeconds: 1 / load.tokensPerSecondAndStream, promptTokenSeconds: 0 }
  const emulator = await startEmulator({
    ...defaultEmulatorSettings,
    models: [testModel('benchmark', testFleet({ replicas: load.replicas, times }))],
    port: 0,
    truthLog,
  })
  const startUs = emulator.nowUs()
  const before = process.cpuUsage()
  const clientTokens = await runClient(emulator.port, seconds)
  const { user, system } = process.cpuUsage(before)
  const elapsedUs = emulator.nowUs() - startUs
  await emulator.close()
  const lateMs: number[] = []
  const windows: number[][] = []
  let tokens = 0
  const lines = readFileSync(truthLog, 'utf8').trimEnd().split('\n').slice(1, -1)
  rmSync(folder, { recursive: true })
  const truth = lines.map(line => JSON.parse(line) as TruthRecord)
  // The first second warms up code and connections; at the end the client goes.
  const fromUs = Math.min(...truth.map(({ arrivalUs }) => arrivalUs)) + 1e6
  const toUs = fromUs + (seconds - 1.5) * 1e6
  for (const { chunks } of truth) {
    for (const [dueUs, writtenUs, count] of chunks) {
      if (dueUs < fromUs || dueUs > toUs) continue
      lateMs.push((writtenUs - dueUs) / 1000)
      const window = Math.floor((dueUs - fromUs) / windowUs)
      windows[window] ??= []
      windows[window].push((writtenUs - dueUs) / 1000)
      tokens += count
    }
  }
  const sorted = lateMs.toSorted((a, b) => a - b)
  const typical = windows
    .map(late =>
      quantile(
        late.toSorted((a, b) => a - b),
        0.99,
      ),
    )
    .toSorted((a, b) => a - b)
  return {
    load: load.name,
    plannedTokensPerSecond: streams * load.tokensPerSecondAndStream,
    clientTokensPerSecond: clientTokens / seconds,
    tokensPerSecond: tokens / ((toUs - fromUs) / 1e6),
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maximumMs: sorted.at(-1) ?? 0,
    typicalP99Ms: quantile(typical, 0.5),
    machineP99Ms,
    processorShare: (user + system) / elapsedUs,
  }
}

const windowUs = 250_000

/**
 * How long something that becomes due at a random moment waits for the processor in a process that never sleeps: 99 % of
 * moments wait no longer. Gaps below 50 µs are the loop's own.
 */
function waitP99Ms(seconds: number): number {
  const gaps: number[] = []
  const endMs = performance.now() + seconds * 1000
  for (let lastMs = performance.now(); lastMs < endMs; ) {
    const nowMs = performance.now()
    if (nowMs - lastMs > 0.05) gaps.push(nowMs - lastMs)
    lastMs = nowMs
  }
  // Of a gap g, the moments in its first g − w wait for more than w.
  const longer = (waitMs: number) => gaps.reduce((sum, gap) => sum + Math.max(0, gap - waitMs), 0)
  let waitMs = 0
  while (longer(waitMs) > 0.01 * seconds * 1000) waitMs += 0.01
  return waitMs
}

/** Chunks with text that the client got within so many seconds. */
function runClient(port: number, seconds: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = fork(fileURLToPath(import.meta.url), ['client', String(port), String(seconds)])
    client.once('message', message => resolve(Number(message)))
    client.once('error', reject)
  })
}

function client(port: number, seconds: number): void {
  const mark = Buffer.from('"content":"')
  let chunks = 0
  openStreams(port, () => (data, ended) => {
    for (let at = data.indexOf(mark); at >= 0; at = data.indexOf(mark, at + mark.length)) chunks++
    // The chunk with the role has empty content.
    if (ended) chunks--
  })
  setTimeout(() => {
    process.send!(chunks, () => process.exit())
  }, seconds * 1000)
}

async function main(): Promise<void> {
  const [first = '', second = '', third = ''] = process.argv.slice(2)
  if (first === 'client') {
    client(Number(second), Number(third))
    return
  }
  const seconds = Number(process.argv.slice(2).find(word => /^\d+$/.test(word)) ?? 8)
  const results: Measurement[] = []
  for (const load of loads) results.push(await measure(load, seconds))
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(results, null, 2))
    return
  }
  console.log(`${streams} streams, ${seconds} s each, the first second left out`)
  for (const result of results) {
    const count = (value: number) => Math.round(value).toLocaleString('en').padStart(6)
    console.log(
      `${result.load.padEnd(17)} planned ${count(result.plannedTokensPerSecond)} tok/s, streamed ` +
        `${count(result.tokensPerSecond)} (client ${count(result.clientTokensPerSecond)}), late p50 ` +
        `${result.p50Ms.toFixed(2)} p99 ${result.p99Ms.toFixed(2)} max ${result.maximumMs.toFixed(1)} ms, ` +
        `typical p99 ${result.typicalP99Ms.toFixed(2)}, machine p99 ${result.machineP99Ms.toFixed(2)}, ` +
        `CPU ${(result.processorShare * 100).toFixed(0)} %`,
    )
  }
}

await main()
