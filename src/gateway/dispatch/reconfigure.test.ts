/** What stays over a change of the configuration, and what engines tell over real sockets. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { RandomSource } from '../../core/random.ts'
import { cacheEventFormats, defaultCacheEventSettings } from '../../emulate/telemetry/cache-event-settings.ts'
import { openCacheEvents } from '../../emulate/telemetry/cache-events.ts'
import { startMonotonicClock } from '../../live/clock.ts'
import { bookOf, rows } from '../../market/market.fixture.ts'
import type { DeploymentConfig } from '../config/gateway-config.ts'
import { createPromptMemo } from '../engine-state/index.ts'
import {
  atMs,
  deployment,
  gatewayConfig,
  model,
  offer,
  outcome,
  promptOf,
  request,
  type Scene,
  scene,
  sent,
} from './dispatch.fixture.ts'
import { createDispatcher } from './dispatcher.ts'
import type { Dispatcher } from './types.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
})

const prefixAware = { router: { kind: 'prefix-aware' } } as const
const text = 'all prompts begin with the same words. '.repeat(100)

function teach({ ask }: Scene, alias = 'chat', rounds = 10): void {
  for (let round = 0; round < rounds; round++) {
    const { flight } = sent(ask(alias, { prompt: promptOf(`${text} ${round}`) }))
    flight.firstToken(200)
    flight.ended(
      outcome({ ttftMs: 200, durationMs: 1200, outputTokens: 51, inputTokens: 1000, cachedTokens: 900 }),
    )
  }
}

describe('a new configuration', () => {
  test('keeps candidates that stay, what was learnt of them, and where prompts are cached', async () => {
    const one = await scene(gatewayConfig([deployment('own', 2)], [], [model('chat', ['own'], prefixAware)]))
    teach(one)
    const before = one.dispatcher.candidates
    const learnt = one.dispatcher.status().find(({ ttftMs }) => ttftMs !== null)!
    const pool = one.dispatcher.pool('chat')!
    expect(pool.expectedOutputTokens).toBe(51)
    await one.dispatcher.reconfigure(
      gatewayConfig([deployment('own', 3)], [offer('api')], [model('chat', ['own', 'api'], prefixAware)]),
    )
    expect(one.dispatcher.candidates.slice(0, 2)).toEqual(before)
    expect(one.dispatcher.candidates[0]).toBe(before[0])
    expect(one.dispatcher.pool('chat')).toBe(pool)
    expect(pool.expectedOutputTokens).toBe(51)
    const choice = sent(one.ask('chat', { prompt: promptOf(`${text} more`) }))
    expect(choice.candidate.name).toBe(learnt.name)
    expect(choice.expectedCachedTokens).toBeGreaterThan(900)
    expect(choice.predictedTtftMs).not.toBeNull()
  })

  test('another policy over the same index keeps what it knows; another price makes another candidate of known speed', async () => {
    const own = deployment('own', 1)
    const one = await scene(gatewayConfig([own], [], [model('chat', ['own'], prefixAware)]))
    teach(one)
    const cost = { kind: 'cost', ttftMs: null, tpotMs: null } as const
    await one.dispatcher.reconfigure(gatewayConfig([own], [], [model('chat', ['own'], { router: cost })]))
    const same = sent(one.ask('chat', { prompt: promptOf(`${text} more`) }))
    expect(same.expectedCachedTokens).toBeGreaterThan(900)
    const dearer = { ...own, cost: { ...own.cost, usdPerReplicaHour: 7.2 } }
    await one.dispatcher.reconfigure(gatewayConfig([dearer], [], [model('chat', ['own'], { router: cost })]))
    const other = sent(one.ask('chat', { prompt: promptOf(`${text} more`) }))
    expect(other.candidate.id).not.toBe(same.candidate.id)
    expect(other.predictedTtftMs).not.toBeNull()
    expect(other.expectedCachedTokens).toBe(0)
  })

  test('requests under way at what is gone go on and end in nobody’s books', async () => {
    const one = await scene(gatewayConfig([deployment('own', 2)], [], [model('chat', ['own'])]))
    const flights = [0, 1, 2, 3].map(() => sent(one.ask('chat')).flight)
    await one.dispatcher.reconfigure(gatewayConfig([], [offer('api')], [model('chat', ['api'])]))
    for (const flight of flights) flight.ended(outcome())
    expect(one.dispatcher.status()).toMatchObject([{ name: 'api', inFlight: 0 }])
  })

  test('that cannot be is refused as a whole', async () => {
    const one = await scene(gatewayConfig([deployment('own', 2)], [], [model('chat', ['own'])]))
    const before = one.dispatcher.candidates
    const unknown = offer('x', { price: { kind: 'book', provider: 'acme', model: 'min' } })
    const bad = gatewayConfig([], [unknown], [model('chat', ['x'])])
    await expect(one.dispatcher.reconfigure(bad)).rejects.toMatchObject({ code: 'usage' })
    expect(one.dispatcher.candidates).toEqual(before)
    expect(sent(one.ask('chat')).candidate.name).toMatch(/^own/)
  })

  test('with a router that makes no sense changes nothing either', async () => {
    const own = deployment('own', 1)
    const one = await scene(gatewayConfig([own], [], [model('chat', ['own']), model('other', ['own'])]))
    const bad = { kind: 'least-loaded', by: 'luck' } as never
    const models = [model('chat', [], {}), model('other', ['own'], { router: bad })]
    await expect(one.dispatcher.reconfigure(gatewayConfig([own], [], models))).rejects.toMatchObject({
      code: 'usage',
      where: 'models.other.router.by',
    })
    expect(sent(one.ask('chat')).candidate.name).toBe('own/r0')
  })

  test('events that nobody goes by are not heard, and somebody is told', async () => {
    const { own } = await engine()
    const { alarms, dispatcher } = await scene(
      gatewayConfig([own], [], [model('chat', ['own'], prefixAware)]),
    )
    closers.push(() => dispatcher.close())
    expect(alarms).toEqual(['own/r1 events-unused'])
  })

  test('two at once: the later one wins', async () => {
    const one = await scene(gatewayConfig([deployment('own', 1)], [], [model('chat', ['own'])]))
    const next = (count: number) =>
      one.dispatcher.reconfigure(gatewayConfig([deployment('own', count)], [], []))
    await Promise.all([next(5), next(2), next(3)])
    expect(one.dispatcher.candidates).toHaveLength(3)
  })
})

/** An engine that tells what it holds, and how it is. */
async function engine(): Promise<{ own: DeploymentConfig }> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-dispatch-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const published = await openCacheEvents(
    {
      ...defaultCacheEventSettings,
      endpoint: `ipc://${folder}/events`,
      replayEndpoint: `ipc://${folder}/replay`,
      format: cacheEventFormats['vllm-0.24'],
      tokensOf: (requestId, first, count, size) =>
        Array.from({ length: count * size }, (_, index) => requestId * 1000 + first * size + index),
    },
    1_700_000_000,
    error => {
      throw error
    },
  )
  closers.push(() => published.close())
  await published.open(0, 'org/model')
  published.add(0, 64, {
    kind: 'blocks-stored',
    atUs: 1,
    requestId: 5,
    firstBlock: 0,
    hashes: [1, 2, 3],
    parentHash: null,
    tier: 'device',
  })
  published.flush()
  const metrics = createServer((_, response) =>
    response.end(
      'vllm:num_requests_running 3\nvllm:cache_config_info{block_size="64",num_gpu_blocks="100"} 1\n',
    ),
  )
  await new Promise<void>(resolve => metrics.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    metrics.close()
    metrics.closeAllConnections()
  })
  const two = deployment('own', 2)
  const events = {
    publish: `ipc://${folder}/events`,
    replay: `ipc://${folder}/replay`,
    mode: 'connect',
    ranks: 1,
    topic: '',
  } as const
  const metricsUrl = `http://127.0.0.1:${(metrics.address() as AddressInfo).port}/metrics`
  const [first, second] = two.replicas
  return { own: { ...two, replicas: [first!, { ...second!, metricsUrl, events }] } }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}

test('over sockets: what an engine holds draws its prompts, also of an alias that is added later', async () => {
  const { own } = await engine()
  const told = { router: { kind: 'prefix-aware' }, tokenizer: 'o200k' } as const
  const clock = startMonotonicClock()
  const config = (aliases: readonly string[]) =>
    gatewayConfig(
      [own],
      [],
      aliases.map(alias => model(alias, ['own'], told)),
    )
  const dispatcher: Dispatcher = await createDispatcher({
    config: config(['a']),
    clock,
    random: new RandomSource(1),
    book: bookOf(rows),
    nowMs: () => atMs,
    onAlarm: (...alarm) => {
      throw new Error(alarm.join(' '))
    },
    engines: { poll: { intervalSeconds: 0.02 } },
  })
  closers.push(() => dispatcher.close())
  const memo = createPromptMemo()
  const prompt = memo.finish(memo.read(['it']), [Array.from({ length: 256 }, (_, index) => 5000 + index)])
  let number = 0
  const asked = (alias: string) => {
    const choice = sent(dispatcher.pool(alias)!.choose(clock.nowUs(), request(number++, { prompt })))
    choice.flight.ended(outcome({ kind: 'cancelled' }))
    return choice
  }
  await until(
    () => dispatcher.status()[1]!.cacheKnownBy === 'events' && dispatcher.status()[1]!.running === 3,
  )
  expect(asked('a')).toMatchObject({ candidate: { name: 'own/r1' }, expectedCachedTokens: 192 })
  await dispatcher.reconfigure(config(['a', 'b']))
  await until(() => dispatcher.status()[1]!.cacheKnownBy === 'events')
  for (const alias of ['b', 'a'])
    expect(asked(alias)).toMatchObject({ candidate: { name: 'own/r1' }, expectedCachedTokens: 192 })
  expect(dispatcher.status()[1]).toMatchObject({ ready: true, running: 3, cacheKnownBy: 'events' })
}, 10_000)
