/**
 * How fast a fleet is simulated, whole command as a user starts it, one after the other: `node benchmarks/fleet.ts
 * [mooncake TRACE_FILE] [day] [growth] [--json]`; without names all that need no file. Wall time from the start of the
 * process to its end, best of `runs`; peak memory of the process.
 * The bars: Mooncake's conversation trace (7,851 requests) on 8 replicas ≤ 2 s on one core; a day of 64 replicas with five
 * million requests ≤ 3 min on 2 cores and < 3 GB; cost that grows linearly with requests and replicas.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-benchmark-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

interface Measurement {
  readonly name: string
  readonly replicas: number
  readonly requests: number
  readonly seconds: number
  readonly microsecondsPerRequest: number
  readonly peakGigabytes: number
}

function measure(name: string, replicas: number, flags: readonly string[], runs: number): Measurement {
  const peakFile = join(folder, 'peak')
  let best: Measurement | null = null
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--import', join(root, 'benchmarks/peak-memory.ts'), join(root, 'src/cli/main.ts')].concat(
        ['simulate', '--model', 'meta-llama/Llama-3.1-8B', '--hardware', `${replicas}xh100`, '--json'],
        ['--replicas', String(replicas), ...flags],
      ),
      {
        encoding: 'utf8',
        env: { ...process.env, PEAK_MEMORY_FILE: peakFile },
        maxBuffer: 2 ** 30,
      },
    )
    const seconds = (performance.now() - started) / 1000
    if (status !== 0) throw new Error(`${name}: ${stderr}`)
    const requests = (JSON.parse(stdout) as { run: { ended: number } }).run.ended
    if (best !== null && best.seconds <= seconds) continue
    best = {
      name,
      replicas,
      requests,
      seconds,
      microsecondsPerRequest: (seconds / requests) * 1e6,
      peakGigabytes: Number(readFileSync(peakFile, 'utf8')) / 1e9,
    }
  }
  return best!
}

/** Lognormal lengths and the daily shape of a production service (data/hourly-shapes.json names its source). */
function day(requests: number, seconds: number): string {
  const shapes = JSON.parse(readFileSync(join(root, 'data/hourly-shapes.json'), 'utf8')) as {
    hourly: number[]
  }[]
  const workload = {
    kind: 'open',
    arrivals: {
      kind: 'poisson',
      rate: { kind: 'day', meanRate: requests / seconds, hourly: shapes[0]!.hourly },
    },
    lengths: {
      input: { kind: 'lognormal', mean: 1500, cv: 1, minimum: 10, maximum: 30_000 },
      output: { kind: 'lognormal', mean: 250, cv: 1, maximum: 4000 },
    },
    requests,
  }
  const path = join(folder, `day-${requests}-${seconds}.json`)
  writeFileSync(path, JSON.stringify(workload))
  return path
}

const secondsPerDay = 86_400
/** Per replica and day: five million over 64 replicas, 0.9 a second. */
const requestsPerReplica = 78_125

const words = process.argv.slice(2).filter(word => !word.startsWith('--'))
const traceAt = words.indexOf('mooncake')
const trace = traceAt < 0 ? undefined : words[traceAt + 1]
const all = words.length === 0
const results: Measurement[] = []
const note = (result: Measurement) => {
  results.push(result)
  console.error(
    `${result.name.padEnd(34)} ${String(result.replicas).padStart(4)} replicas ${String(result.requests).padStart(9)} requests ${result.seconds.toFixed(2).padStart(8)} s ${result.microsecondsPerRequest.toFixed(1).padStart(6)} µs a request ${result.peakGigabytes.toFixed(2)} GB`,
  )
}
if (trace !== undefined) note(measure('Mooncake conversation', 8, ['--trace', trace], 5))
if (all || words.includes('growth')) {
  for (const factor of [1, 4, 16]) {
    const requests = 20_000 * factor
    const flags = ['--workload', day(requests, (requests / 16 / requestsPerReplica) * secondsPerDay)]
    note(measure(`requests × ${factor}`, 16, flags, factor === 16 ? 2 : 3))
  }
  for (const factor of [1, 4, 16]) {
    const requests = 20_000 * factor
    const flags = ['--workload', day(requests, (20_000 / 4 / requestsPerReplica) * secondsPerDay)]
    note(measure(`replicas and requests × ${factor}`, 4 * factor, flags, factor === 16 ? 2 : 3))
  }
}
if (all || words.includes('day')) {
  const requests = 64 * requestsPerReplica
  note(measure('a day of 64 replicas', 64, ['--workload', day(requests, secondsPerDay)], 1))
}
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 1))
