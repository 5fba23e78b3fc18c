/** From an engine's sockets to a router's decision, over real HTTP and ZeroMQ. */
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
import { createRouter } from '../../routing/create-router.ts'
import { candidate, request, stored } from '../../routing/routing.fixture.ts'
import { createEngineState, type EngineStateListener } from './engine-state.ts'
import { createPromptMemo, identifyPrompt } from './prompt-memo.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
})

async function metricsServer(): Promise<string> {
  const text = 'vllm:num_requests_running 3\nvllm:cache_config_info{block_size="64",num_gpu_blocks="100"} 1\n'
  const server = createServer((_, response) => response.end(text))
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
}

/** Tokens of every conversation: its number, and their place in it. */
const tokensOf = (requestId: number, firstBlock: number, count: number, size: number) =>
  Array.from({ length: count * size }, (_, index) => requestId * 1000 + firstBlock * size + index)

async function engine(folder: string) {
  const events = await openCacheEvents(
    {
      ...defaultCacheEventSettings,
      endpoint: `ipc://${folder}/events`,
      replayEndpoint: `ipc://${folder}/replay`,
      format: cacheEventFormats['vllm-0.24'],
      tokensOf,
    },
    1_700_000_000,
    error => {
      throw error
    },
  )
  closers.push(() => events.close())
  await events.open(0, 'org/model')
  return events
}

function watch(listener: Partial<EngineStateListener>) {
  const nothing = () => {}
  const state = createEngineState(
    { clock: startMonotonicClock(), random: new RandomSource(1), poll: { intervalSeconds: 0.01 } },
    {
      cacheChanged: nothing,
      toldChanged: nothing,
      readyChanged: nothing,
      counted: nothing,
      alarm: nothing,
      ...listener,
    },
  )
  closers.push(() => state.close())
  const alive = setInterval(nothing, 1000)
  closers.push(() => clearInterval(alive))
  return state
}

describe('replicas watched together', () => {
  test('a prompt goes where its blocks are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenwright-kv-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    const published = await engine(folder)
    published.add(0, 64, stored([1, 2, 3], { atUs: 1, requestId: 5 }))
    published.flush()
    const router = createRouter(
      { kind: 'prefix-aware', index: { kind: 'events', blockTokens: 64 } },
      new RandomSource(1),
    )
    const told: string[] = []
    await new Promise<void>((resolve, reject) => {
      let missing = 3
      const arrived = () => --missing === 0 && resolve()
      const state = watch({
        cacheChanged(id, event) {
          router.cacheChanged(id, event)
          if (event.kind === 'blocks-stored') arrived()
        },
        toldChanged(_, isTold, now) {
          told.push(now)
          if (isTold) arrived()
        },
        readyChanged: (id, ready) => id === 7 && ready && arrived(),
        alarm: (_, name, detail) => reject(new Error(`${name} ${detail}`)),
      })
      const endpoints = {
        publish: `ipc://${folder}/events`,
        replay: `ipc://${folder}/replay`,
        mode: 'connect',
        ranks: 1,
        topic: '',
      } as const
      const added = metricsServer().then(metricsUrl =>
        Promise.all([
          state.add({ id: 7, metricsUrl, model: null, events: endpoints }),
          state.add({ id: 8, metricsUrl, model: null, events: null }),
        ]),
      )
      added.then(() => {
        expect(state.events(7)).not.toBeNull()
        expect(state.events(8)).toBeNull()
      }, reject)
    })
    expect(told).toEqual(['catching-up', 'live'])
    const memo = createPromptMemo()
    const identity = identifyPrompt(memo, { encode: () => tokensOf(5, 0, 4, 64) }, ['the prompt'])
    const decision = router.route(0, request(identity), [candidate(7), candidate(8)])
    expect(decision).toEqual({ kind: 'send', candidateId: 7, expectedCachedTokens: 192 })
  })

  test('a listener that throws closes the sockets, and the replica is estimated from then on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenwright-kv-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    const published = await engine(folder)
    published.add(0, 64, stored([1], { atUs: 1, requestId: 5 }))
    const publish = setInterval(() => {
      published.add(0, 64, { kind: 'blocks-cleared', atUs: performance.now() * 1000 })
      published.flush()
    }, 5)
    closers.push(() => clearInterval(publish))
    const alarms: string[] = []
    const state = await new Promise<ReturnType<typeof watch>>(resolve => {
      const made = watch({
        cacheChanged(_, event) {
          if (alarms.length === 0 && made.events(7)?.state === 'live')
            throw new Error(`no room for ${event.kind}`)
        },
        alarm: (id, name, detail) => alarms.push(`${id} ${name} ${detail}`),
        toldChanged: (_, __, ___, reason) => reason === 'socket-failed' && resolve(made),
      })
      const endpoints = {
        publish: `ipc://${folder}/events`,
        replay: null,
        mode: 'connect',
        ranks: 1,
        topic: '',
      } as const
      void metricsServer().then(metricsUrl => made.add({ id: 7, metricsUrl, model: null, events: endpoints }))
    })
    expect(alarms).toEqual(['7 event-socket-failed rank 0: no room for blocks-cleared'])
    expect(state.events(7)).toBeNull()
  })

  test('one that is removed takes back what it told of; a bad address is refused and leaves nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenwright-kv-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    const events: string[] = []
    const state = watch({ cacheChanged: (id, { kind }) => events.push(`${id} ${kind}`) })
    const metricsUrl = await metricsServer()
    const endpoints = {
      publish: `ipc://${folder}/x`,
      replay: null,
      mode: 'listen',
      ranks: 1,
      topic: '',
    } as const
    await state.add({ id: 1, metricsUrl, model: null, events: endpoints })
    expect(state.state(1)).not.toBeNull()
    state.remove(1)
    expect(events).toEqual(['1 blocks-cleared'])
    expect(state.state(1)).toBeNull()
    state.remove(1)
    const bad = { id: 2, metricsUrl, model: null, events: { ...endpoints, publish: 'nowhere' } }
    await expect(state.add(bad)).rejects.toMatchObject({ code: 'usage' })
    expect(state.events(2)).toBeNull()
    expect(state.state(2)).toBeNull()
  })
})
