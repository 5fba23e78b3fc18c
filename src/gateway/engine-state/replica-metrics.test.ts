/** Readings, when to take them, and a poller in front of real servers. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { RandomSource } from '../../core/random.ts'
import { openStage } from '../../emulate/telemetry/telemetry.fixture.ts'
import { engineSettings, fleetSettings, pool, request } from '../../fleet/fleet.fixture.ts'
import { startMonotonicClock } from '../../live/clock.ts'
import { createMetricsGet } from './metrics-get.ts'
import { createMetricsPoller, type MetricsPoller, type PollerSettings } from './metrics-poller.ts'
import { createReplicaPoll, type PollSettings } from './replica-poll.ts'
import { type ReplicaReading, readReplica } from './replica-reading.ts'

describe('readings', () => {
  test('of the emulator, as vLLM, SGLang and TensorRT-LLM print them', async () => {
    const rules = [
      { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 },
      { engine: 'sglang', policy: 'fcfs', conservativeness: 1, mixedChunk: false },
      { engine: 'trtllm', policy: 'guaranteed-no-evict', chunkedContext: true },
    ] as const
    for (const scheduler of rules) {
      const engine = engineSettings({ rules: scheduler })
      const { telemetry, give, until } = await openStage(fleetSettings({ pools: [pool({ engine })] }))
      for (let id = 0; id < 3; id++)
        give(id, { kind: 'submit', request: request({ id, inputTokens: 100, outputTokens: 50 }) })
      until(100_000)
      const reading = readReplica(telemetry.metricsText(100_000))
      expect(reading).toMatchObject({ running: 3, waiting: 0, ranks: 1 })
      // 1,000 blocks of 16: fleet.fixture.ts.
      expect(reading!.cacheTokens).toBe(16_000)
      expect(reading!.cacheUse).toBeGreaterThan(0)
    }
  })

  test('of ranks and models; what does not tell is null, what is no engine too', () => {
    const text = `
vllm:num_requests_running{engine="0",model_name="m"} 5.0
vllm:num_requests_running{engine="1",model_name="m"} 6.0
vllm:num_requests_running{engine="0",model_name="n"} 9.0
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="1000"} 1.0
vllm:cache_config_info{block_size="16",engine="1",num_gpu_blocks="1000"} 1.0
`
    expect(readReplica(text, 'm')).toMatchObject({
      running: 11,
      waiting: 2,
      ranks: 2,
      cacheTokens: 32_000,
      cacheUse: 0,
    })
    expect(readReplica(text.replaceAll('"1000"', '"None"'), 'm')).toMatchObject({ cacheTokens: null })
    expect(readReplica('llamacpp:requests_processing 2\nllamacpp:requests_deferred 1')).toMatchObject({
      running: 2,
      waiting: 1,
      cacheTokens: null,
    })
    expect(readReplica('vllm:prompt_tokens_total 5')).toBeNull()
    expect(readReplica('<html>not found</html>')).toBeNull()
  })
})

const reading = { waiting: 0, running: 1, cacheUse: 0, cacheTokens: null, ranks: 1 } as ReplicaReading

describe('when to ask', () => {
  const poll = (change: Partial<PollSettings> = {}) =>
    createReplicaPoll(1e6, new RandomSource(1).stream('poll'), { jitter: 0, ...change })

  test('first within an interval, then every interval; not while an answer is awaited', () => {
    const one = poll()
    expect(one.nextUs()).toBeGreaterThanOrEqual(1e6)
    expect(one.nextUs()).toBeLessThanOrEqual(2e6)
    one.asked()
    expect(one.nextUs()).toBe(Infinity)
    expect(one.answered(5e6, reading)).toBe(true)
    expect(one.nextUs()).toBe(6e6)
    expect(one.answered(6e6, reading)).toBe(false)
  })

  test('ready after one answer, not after three failures; then ever more seldom', () => {
    const one = poll()
    expect(one.ready).toBe(false)
    one.answered(0, reading)
    const waits: number[] = []
    const changes: boolean[] = []
    for (let failure = 0; failure < 8; failure++) {
      changes.push(one.answered(0, null))
      waits.push(one.nextUs() / 1e6)
    }
    expect(changes).toEqual([false, false, true, false, false, false, false, false])
    expect(waits).toEqual([1, 1, 2, 4, 8, 15, 15, 15])
    expect(one.failuresInARow).toBe(8)
    expect(one.answered(0, reading)).toBe(true)
    expect(one.nextUs()).toBe(1e6)
  })

  test('an old reading says nothing', () => {
    const one = poll({ staleSeconds: 5 })
    expect(one.reading(0)).toBeNull()
    one.answered(0, reading)
    expect(one.reading(5e6)).toBe(reading)
    expect(one.reading(5e6 + 1)).toBeNull()
    expect(one.ready).toBe(true)
  })

  test('moments differ by the jitter and no more', () => {
    const one = poll({ jitter: 0.1 })
    const waits = Array.from({ length: 50 }, () => {
      one.answered(0, reading)
      return one.nextUs()
    })
    expect(new Set(waits).size).toBeGreaterThan(40)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0.9e6)
    expect(Math.max(...waits)).toBeLessThanOrEqual(1.1e6)
  })
})

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
})

/** A server that answers what it is told to. */
async function serve(answer: { text: string; status: number; silent?: boolean }): Promise<string> {
  const server: Server = createServer((_, response) => {
    if (answer.silent !== true) response.writeHead(answer.status).end(answer.text)
  })
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
}

function watch(change: Partial<PollerSettings> = {}) {
  let changed = () => {}
  const poller: MetricsPoller = createMetricsPoller(
    { clock: startMonotonicClock(), random: new RandomSource(1), intervalSeconds: 0.01, ...change },
    { read: () => changed(), readyChanged: () => changed() },
  )
  closers.push(() => poller.close())
  // The poller's timers keep no process alive; the test's do.
  const alive = setInterval(() => {}, 1000)
  closers.push(() => clearInterval(alive))
  const until = (condition: () => boolean) =>
    new Promise<void>(resolve => {
      changed = () => condition() && resolve()
      changed()
    })
  return { poller, until }
}

describe('a poller', () => {
  test('sees replicas come, change, fail and come back', async () => {
    const answer = { text: 'vllm:num_requests_running 4\nvllm:num_requests_waiting 1\n', status: 200 }
    const { poller, until } = watch({ failures: 2, staleSeconds: 60 })
    poller.add({ id: 7, url: await serve(answer), model: null })
    expect(poller.state(7)).toEqual({ ready: false, waiting: 0, running: 0, cacheUse: 0 })
    await until(() => poller.state(7)?.ready === true)
    expect(poller.state(7)).toEqual({ ready: true, waiting: 1, running: 4, cacheUse: 0 })
    answer.text = 'vllm:num_requests_running 9\nvllm:cache_config_info{block_size="16",num_gpu_blocks="10"} 1'
    await until(() => poller.state(7)?.cacheTokens === 160)
    answer.status = 503
    await until(() => poller.state(7)?.ready === false)
    expect(poller.failures).toBeGreaterThanOrEqual(2)
    answer.status = 200
    await until(() => poller.state(7)?.ready === true)
    poller.remove(7)
    expect(poller.state(7)).toBeNull()
  })

  test('a server that says nothing fails by its timeout, and holds up nobody', async () => {
    const { poller, until } = watch({ timeoutSeconds: 0.05, failures: 1 })
    poller.add({ id: 1, url: await serve({ text: '', status: 200, silent: true }), model: null })
    poller.add({ id: 2, url: await serve({ text: 'sglang:num_running_reqs 1', status: 200 }), model: null })
    await until(() => poller.state(2)?.ready === true && poller.failures >= 2)
    expect(poller.state(1)?.ready).toBe(false)
  })
})

test('addresses that refuse, other protocols and endless bodies are errors', async () => {
  const get = createMetricsGet(5_000)
  closers.push(() => get.close())
  await expect(get.get('http://127.0.0.1:1/metrics')).rejects.toThrow()
  await expect(get.get(await serve({ text: 'x'.repeat(9 * 1024 * 1024), status: 200 }))).rejects.toThrow(
    'more than',
  )
  await expect(get.get(await serve({ text: 'gone', status: 404 }))).rejects.toThrow('404')
  await expect(get.get('nonsense')).rejects.toThrow()
  expect(await get.get(await serve({ text: 'model="é"', status: 200 }))).toBe('model="é"')
})
