/**
 * What telling of a request costs: metrics, live cost, log line, all together; beside it the same number of updates through prom-client's own
 * children. And what asking costs: a scrape and a snapshot with all names taken. CPU time of the process, medians over rounds.
 *
 *   node benchmarks/observe-cost.ts
 */
import { Counter, Histogram, Registry } from 'prom-client'
import {
  createGatewayMetrics,
  createLiveCost,
  createLogWriter,
  createObserver,
  createRecentRequests,
  createRequestLog,
  createRequestTracing,
} from '../src/gateway/observe/index.ts'
import { latencyBounds } from '../src/gateway/observe/metric-definitions.ts'
import { attemptOf, candidateStatus, summaryOf } from '../src/gateway/observe/summary.fixture.ts'

const rounds = 15
const perRound = 5000

/** Microseconds of CPU a call. */
function median(run: (index: number) => void, count = perRound): number {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage()
    for (let index = 0; index < count; index++) run(index)
    const { user, system } = process.cpuUsage(start)
    times.push((user + system) / count)
  }
  return times.toSorted((a, b) => a - b)[rounds >> 1]!
}

/** Five models, 40 tenants, four deployments. */
const summaries = Array.from({ length: 200 }, (_, index) =>
  summaryOf({
    requestId: `req-${index}`,
    tenant: `tenant-${index % 40}`,
    modelAlias: `model-${index % 5}`,
    ttftMs: 50 + index * 7,
    tpotMs: 5 + (index % 60),
    attempts: [
      attemptOf({ target: { kind: 'deployment', deployment: `deployment-${index % 4}`, replica: 'a' } }),
    ],
  }),
)
const at = (index: number) => summaries[index % summaries.length]!

const metrics = await createGatewayMetrics({
  version: '0',
  candidates: () => Array.from({ length: 100 }, (_, index) => candidateStatus({ name: `h200/${index}` })),
})
const live = createLiveCost({ nowMs: Date.now })
const recent = createRecentRequests()
const nowhere = {
  write(_: string, done: () => void) {
    setImmediate(done)
    return true
  },
}
const log = createRequestLog(createLogWriter(nowhere, { mostBytes: 64 * 1024 * 1024 }), {
  level: 'info',
  format: 'json',
  sampledRequests: 1,
  random: Math.random,
  nowMs: Date.now,
})
const tracing = await createRequestTracing({ version: '0' })
const all = createObserver({ metrics, live, recent, log, tracing })
const withoutLog = createObserver({ metrics, live, recent, tracing })

const registry = new Registry()
const counter = new Counter({
  name: 'c',
  help: 'c',
  labelNames: ['model', 'tenant', 'outcome'],
  registers: [registry],
})
const histogram = new Histogram({
  name: 'h',
  help: 'h',
  labelNames: ['model'],
  buckets: latencyBounds,
  registers: [registry],
})
const countOne = counter.labels('model-1', 'tenant-1', 'served')
const observeOne = histogram.labels('model-1')

const lines: [string, number][] = [
  ['metrics', median(index => metrics.requestEnded(at(index)))],
  ['live cost', median(index => live.add(at(index)))],
  ['log line, JSON', median(index => log.requestEnded(at(index)))],
  ['all but the log', median(index => withoutLog.requestEnded(at(index)))],
  ['all', median(index => all.requestEnded(at(index)))],
  [
    'prom-client: 10 counters, 6 histograms, children kept',
    median(() => {
      for (let count = 0; count < 10; count++) countOne.inc(1)
      for (let count = 0; count < 6; count++) observeOne.observe(0.3)
    }),
  ],
]
console.log('a request                                              CPU µs')
for (const [name, us] of lines) console.log(`${name.padEnd(54)} ${us.toFixed(2).padStart(6)}`)
console.log(`tracing without an SDK: ${tracing === null ? 'nothing is called' : 'called'}`)

const heapBefore = memory()
for (let index = 0; index < 2000; index++)
  withoutLog.requestEnded(summaryOf({ tenant: `t${index}`, modelAlias: `m${index % 50}` }))
const heapAfter = memory()
const scrape: number[] = []
for (let round = 0; round < rounds; round++) {
  const start = process.cpuUsage()
  await metrics.text()
  const { user, system } = process.cpuUsage(start)
  scrape.push((user + system) / 1000)
}
const snapshotMs = median(() => live.snapshot(), 10) / 1000
const bytes = (await metrics.text()).length
console.log(`\nwith 200 tenants and 50 models in memory (+${((heapAfter - heapBefore) / 1e6).toFixed(0)} MB)`)
console.log(
  `scrape    ${scrape.toSorted((a, b) => a - b)[rounds >> 1]!.toFixed(1)} ms, ${(bytes / 1e3).toFixed(0)} kB`,
)
console.log(
  `snapshot  ${snapshotMs.toFixed(1)} ms, ${(JSON.stringify(live.snapshot()).length / 1e3).toFixed(0)} kB`,
)
metrics.close()

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
