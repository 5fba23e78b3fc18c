/**
 * What a gateway's decision costs: `node benchmarks/dispatch.ts [--requests N]`. Each request is chosen for, told its first token and ended, as the
 * proxy does; 16 are under way at each candidate. µs by hrtime, median and 99th percentile, all three calls; and the heap after a million requests.
 *
 * Bar: choose() of two candidates in 10 µs (issue 6 gives the whole gateway 1 ms).
 */
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RandomSource } from '../src/core/random.ts'
import type { ModelConfig } from '../src/gateway/config/gateway-config.ts'
import {
  deployment,
  gatewayConfig,
  model,
  noRequirements,
  offer,
  outcome,
  request,
  sent,
} from '../src/gateway/dispatch/dispatch.fixture.ts'
import { createDispatcher, type Flight } from '../src/gateway/dispatch/index.ts'
import { noUsage } from '../src/gateway/usage.ts'
import { startMonotonicClock } from '../src/live/clock.ts'
import { loadPriceBook } from '../src/market/index.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    memory: { type: 'string', default: '1000000' },
  },
})
const requests = Number(values.requests)
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const book = loadPriceBook()
const clock = startMonotonicClock()
const performance = { ttftMs: 100, msPerPromptToken: 0.1, tpotMs: 20 }

function dispatcherOf(replicas: number, more: Partial<ModelConfig>) {
  const own = deployment('own', replicas, { performance })
  const api = offer('api', { performance })
  return createDispatcher({
    config: gatewayConfig([own], [api], [model('chat', ['own', 'api'], more)]),
    clock,
    random: new RandomSource('dispatch'),
    book,
    nowMs: Date.now,
    onAlarm: () => {},
  })
}

const quantile = (sorted: Float64Array, share: number) => sorted[Math.floor(share * (sorted.length - 1))]!

async function time(
  name: string,
  replicas: number,
  more: Partial<ModelConfig>,
  explained = false,
): Promise<void> {
  const dispatcher = await dispatcherOf(replicas, more)
  const pool = dispatcher.pool('chat')!
  const flying: Flight[] = []
  const chooseUs = new Float64Array(requests)
  const allUs = new Float64Array(requests)
  const end = outcome({ ttftMs: 120, durationMs: 2000, outputTokens: 90, inputTokens: 95, cachedTokens: 0 })
  const most = 16 * (replicas + 1)
  for (let number = 0; number < 2 * requests; number++) {
    const asked = request(number, { explained })
    const startNs = process.hrtime.bigint()
    const { flight } = sent(pool.choose(clock.nowUs(), asked))
    const chosenNs = process.hrtime.bigint()
    flying.push(flight)
    if (flying.length > most) {
      const over = flying.shift()!
      over.firstToken(120)
      over.ended(end)
    }
    const endNs = process.hrtime.bigint()
    if (number < requests) continue
    chooseUs[number - requests] = Number(chosenNs - startNs) / 1000
    allUs[number - requests] = Number(endNs - startNs) / 1000
  }
  for (const flight of flying) flight.ended(end)
  dispatcher.close()
  const figures = [chooseUs.sort(), allUs.sort()].flatMap(us => [quantile(us, 0.5), quantile(us, 0.99)])
  console.log(
    `${name.padEnd(34)} ${String(replicas + 1).padStart(4)} ${figures.map(us => us.toFixed(1).padStart(8)).join('')}`,
  )
}

console.log(
  `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()
    .map(load => load.toFixed(1))
    .join(' ')}; ${requests} requests each`,
)
console.log(`${' '.repeat(28)} candidates  choose     p99     all     p99   µs`)
const cost = { kind: 'cost', ttftMs: 2000, tpotMs: 50 } as const
const required = { ...noRequirements, maximumOutputUsdPerMillionTokens: 1000 }
for (const replicas of [1, 99]) {
  await time('least-loaded', replicas, {})
  await time('cost, estimated index', replicas, { router: cost })
  await time('cost, a maximum price', replicas, { router: cost, require: required })
  await time('cost behind an empty line', replicas, { router: { ...cost, admission: {} } })
}
await time('cost, explained', 1, { router: cost }, true)

const dispatcher = await dispatcherOf(1, { router: { kind: 'least-loaded' } })
const usage = { ...noUsage, uncachedInput: 1000, cachedInput: 500, output: 100 }
const [, api] = dispatcher.candidates
const rounds = 200_000
for (const [name, work] of [
  ['price of an offer, exact', () => api!.pricing.price(usage, Date.now())],
  ['price of a replica, expected', () => dispatcher.candidates[0]!.pricing.price(usage, Date.now())],
  ['dearest of two', () => dispatcher.pool('chat')!.dearest(usage, Date.now())],
] as const) {
  for (let round = 0; round < rounds; round++) work()
  const startNs = process.hrtime.bigint()
  for (let round = 0; round < rounds; round++) work()
  console.log(
    `${name.padEnd(34)} ${(Number(process.hrtime.bigint() - startNs) / 1000 / rounds).toFixed(2)} µs`,
  )
}

function heldBytes(): number {
  for (let round = 0; round < 3; round++) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
const pool = dispatcher.pool('chat')!
const end = outcome({ ttftMs: 120, durationMs: 2000, outputTokens: 90, inputTokens: 95, cachedTokens: 0 })
const many = Number(values.memory)
let before = 0
for (let number = 0; number < many; number++) {
  if (number === 10_000) before = heldBytes()
  const { flight } = sent(pool.choose(clock.nowUs(), request(number)))
  flight.firstToken(120)
  flight.ended(end)
}
console.log(`after ${many} requests: ${((heldBytes() - before) / 1000).toFixed(0)} kB more than after 10000`)
