/**
 * What the ledger costs: `node benchmarks/ledger.ts [throughput] [ids] [memory] [attribution] [--json]`; without names all parts.
 *
 * throughput: requests (an event when opened, one when settled) appended by 256 clients to a SQLite file, each client waiting for
 * each acknowledgement; with the database in its own thread and in the caller's, waiting for the disk (full) or not (normal). Also
 * how long an acknowledgement takes, and how long the caller's event loop was held up.
 * ids: the same events with requests' ids at random and in the order of time, in turns; what a file costs as it grows.
 * memory: resident memory and live heap while a million events are appended, and their slopes over the second half.
 * attribution: how far the engine time charged to requests is from the truth of a twin, by load.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { attributionError } from '../src/gateway/ledger/engine-time/attribution-error.fixture.ts'
import { estimatePrefillSecondsPerToken } from '../src/gateway/ledger/engine-time/engine-fact.ts'
import { chatLoad, twinTruth } from '../src/gateway/ledger/engine-time/twin-truth.fixture.ts'
import { opened, owner, settled, startMs } from '../src/gateway/ledger/ledger.fixture.ts'
import type { LedgerStore } from '../src/gateway/ledger/store.ts'
import { openSqliteLedger, type SqliteLedgerSettings } from '../src/gateway/ledger/stores/sqlite-store.ts'
import { newRequestId } from '../src/gateway/proxy/request-id.ts'
import { predictingPool } from '../src/sim/replica-estimate.fixture.ts'

const clients = 256
const folder = mkdtempSync(join(tmpdir(), 'tokenwright-ledger-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Appends so many requests, two events each, by clients that wait for each answer. */
async function appendRequests(
  store: LedgerStore,
  requests: number,
  watch: (events: number, waitMs: number) => void,
  newId: () => string = () => newRequestId(Date.now()),
): Promise<void> {
  let next = 0
  let done = 0
  const client = async (): Promise<void> => {
    while (next < requests) {
      const number = next++
      const ids = owner({
        requestId: newId(),
        tenant: `tenant-${number % 100}`,
        keyId: `key-${number % 300}`,
      })
      for (const event of [
        opened({ ...ids, atMs: startMs + number }),
        settled({ ...ids, atMs: startMs + number + 800 }),
      ]) {
        const sent = performance.now()
        await store.append([event])
        watch(++done, performance.now() - sent)
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

async function throughput(thread: 'own' | 'caller', durability: 'full' | 'normal', requests: number) {
  const settings: SqliteLedgerSettings = {
    path: join(folder, `${thread}-${durability}.db`),
    thread,
    durability,
  }
  const store = await openSqliteLedger(settings)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const cpu = process.cpuUsage()
  const own = process.threadCpuUsage()
  const started = performance.now()
  const waits: number[] = []
  await appendRequests(store, requests, (_, waitMs) => waits.push(waitMs))
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  waits.sort((a, b) => a - b)
  const ownEnd = process.threadCpuUsage(own)
  delay.disable()
  await store.close()
  return {
    thread,
    durability,
    eventsPerSecond: Math.round((2 * requests) / seconds),
    acknowledgedMsP50: round(quantile(waits, 0.5)),
    acknowledgedMsP99: round(quantile(waits, 0.99)),
    eventLoopDelayMsP99: round(delay.percentile(99) / 1e6),
    cpuMicrosecondsPerEvent: round((user + system) / (2 * requests)),
    callerCpuMicrosecondsPerEvent: round((ownEnd.user + ownEnd.system) / (2 * requests)),
    bytesPerEvent: Math.round(statSync(settings.path).size / (2 * requests)),
  }
}

/** In parts, so that what an event costs is seen to grow or not. */
async function ids(requests: number, parts: number) {
  const kinds = { random: () => `req-${randomUUID()}`, byTime: () => newRequestId(Date.now()) }
  const stores = await Promise.all(
    Object.entries(kinds).map(async ([kind, newId]) => {
      const path = join(folder, `ids-${kind}.db`)
      return { kind, newId, path, store: await openSqliteLedger({ path }), microseconds: [] as number[] }
    }),
  )
  const each = requests / parts
  for (let part = 0; part < parts; part++) {
    for (const { store, newId, microseconds } of stores) {
      const cpu = process.cpuUsage()
      await appendRequests(store, each, () => undefined, newId)
      const { user, system } = process.cpuUsage(cpu)
      microseconds.push(round((user + system) / (2 * each)))
    }
  }
  return Promise.all(
    stores.map(async ({ kind, store, path, microseconds }) => {
      await store.close()
      return {
        ids: kind,
        cpuMicrosecondsPerEventByPart: microseconds,
        bytesPerEvent: Math.round(statSync(path).size / (2 * requests)),
      }
    }),
  )
}

async function memory(events: number) {
  const collectGarbage = exposedCollector()
  const store = await openSqliteLedger({ path: join(folder, 'memory.db'), durability: 'normal' })
  const samples: MemorySample[] = []
  const started = performance.now()
  await appendRequests(store, events / 2, done => {
    if (done % (events / 20) !== 0) return
    collectGarbage()
    const { rss, heapUsed, heapTotal } = process.memoryUsage()
    samples.push({
      events: done,
      residentMegabytes: rss / 1e6,
      heapMegabytes: heapUsed / 1e6,
      otherMegabytes: (rss - heapTotal) / 1e6,
    })
  })
  const seconds = (performance.now() - started) / 1000
  await store.close()
  const later = samples.slice(samples.length / 2)
  return {
    events,
    eventsPerSecond: Math.round(events / seconds),
    residentMegabytesAtHalf: Math.round(later[0]!.residentMegabytes),
    residentMegabytesAtEnd: Math.round(later.at(-1)!.residentMegabytes),
    otherMegabytesAtEnd: Math.round(later.at(-1)!.otherMegabytes),
    otherMegabytesPerMillionEvents: round(slope(later, 'otherMegabytes') * 1e6),
    heapMegabytesAtEnd: Math.round(later.at(-1)!.heapMegabytes),
    heapMegabytesPerMillionEvents: round(slope(later, 'heapMegabytes') * 1e6),
  }
}

interface MemorySample {
  readonly events: number
  readonly residentMegabytes: number
  /** Resident without the heap of the caller: code, stacks, SQLite, and the ledger's thread with its garbage. */
  readonly otherMegabytes: number
  /** Of the caller's thread, after a collection. */
  readonly heapMegabytes: number
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** By least squares, per event. */
function slope(samples: readonly MemorySample[], name: 'otherMegabytes' | 'heapMegabytes'): number {
  const mean = (of: (sample: MemorySample) => number) =>
    samples.reduce((sum, each) => sum + of(each), 0) / samples.length
  const events = mean(each => each.events)
  const level = mean(each => each[name])
  return (
    mean(each => (each.events - events) * (each[name] - level)) / mean(each => (each.events - events) ** 2)
  )
}

function attribution() {
  const pool = predictingPool({ replicas: 2 })
  const quiet = twinTruth(pool, chatLoad(0.2, 100), 'quiet')
  const rates = {
    prefillSecondsPerToken: estimatePrefillSecondsPerToken(quiet.facts)!,
    prefillSecondsPerTokenPair: 0,
    decodeWeightPerContextToken: 0,
    // Of two H200 under load, assumed: near the limit in prompts, two thirds of it in decoding.
    prefillWatts: 1400,
    decodeWatts: 900,
    idleWatts: pool.timer().idleWatts,
  }
  return [0.5, 2, 6, 12, 20].map(requestsPerSecond => {
    const truth = twinTruth(pool, chatLoad(requestsPerSecond, 400), 'load')
    const error = attributionError(truth, rates)
    return {
      requestsPerSecond,
      busyShare: round(truth.busyMs / truth.heldMs),
      misplacedPercent: percent(error.misplacedShare),
      medianErrorPercent: percent(error.medianError),
      p90ErrorPercent: percent(error.p90Error),
      misplacedJoulesPercent: percent(error.misplacedJoules),
      misplacedByWallTimePercent: percent(error.misplacedByWallTime),
    }
  })
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}

function percent(share: number): number {
  return Number((100 * share).toFixed(1))
}

const names = process.argv.slice(2).filter(name => !name.startsWith('--'))
const wanted = (name: string): boolean => names.length === 0 || names.includes(name)
const results: Record<string, unknown> = { cpus: cpus().length, load: loadavg()[0], node: process.version }
if (wanted('throughput')) {
  // One first that does not count: code is compiled in it.
  await throughput('caller', 'normal', 2000)
  rmSync(join(folder, 'caller-normal.db'))
  const runs = []
  for (const durability of ['full', 'normal'] as const) {
    for (const thread of ['own', 'caller'] as const) runs.push(await throughput(thread, durability, 30_000))
  }
  results.throughput = runs
}
if (wanted('ids')) results.ids = await ids(400_000, 4)
if (wanted('memory')) results.memory = await memory(1_000_000)
if (wanted('attribution')) results.attribution = attribution()
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2))
else {
  for (const [name, value] of Object.entries(results)) {
    if (typeof value !== 'object') console.log(`${name}: ${value}`)
    else {
      console.log(`\n${name}`)
      console.table(value)
    }
  }
}
