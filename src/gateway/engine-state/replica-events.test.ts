/** Real sockets, both ends: the emulator publishes as engines do, and what the router's index is told is compared with what they hold. */
import { encode } from '@msgpack/msgpack'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as zeroMq from 'zeromq'
import { type CacheEventFormat, cacheEventFormats } from '../../emulate/telemetry/cache-event-settings.ts'
import type { CacheEvents } from '../../emulate/telemetry/cache-events.ts'
import {
  blockTokens,
  closeAll,
  closers,
  engine,
  holds,
  inFolder,
  keysOf,
  listen,
  openFolder,
  stored,
} from './replica-events.fixture.ts'

beforeEach(openFolder)
afterEach(closeAll)

const formats: readonly (readonly [string, CacheEventFormat])[] = Object.entries(cacheEventFormats).flatMap(
  ([name, format]) => [
    [name, format] as const,
    [`${name} with bytes`, { ...format, hashes: 'bytes' as const }] as const,
  ],
)

describe('what engines publish', () => {
  test.each(formats)('%s', async (_, format) => {
    const events = await engine(format)
    events.add(0, blockTokens, stored(1, 3, 0, 4))
    events.flush()
    // Late: the first batch can only come by replay.
    const heard = await listen()
    await heard.until(() => heard.replica.state === 'live')
    events.add(0, blockTokens, stored(2, 3, 4, 2))
    events.add(0, blockTokens, stored(2, 8, 0, 1))
    events.add(0, blockTokens, { kind: 'blocks-removed', atUs: 3, hashes: [3006, 3005], tier: 'device' })
    events.add(0, blockTokens, stored(3, 5, 0, 2))
    events.flush()
    const expected = [...keysOf(3, 4), ...keysOf(8, 1), ...keysOf(5, 2)]
    await heard.until(() => holds(heard, expected))
    const { counts } = heard.replica.ranks[0]!.source
    expect(counts).toMatchObject({ undecodable: 0, unknownEvents: 0, unknownMedia: 0 })
    if (format.fields === 'base') return
    events.add(0, blockTokens, stored(4, 8, 0, 1, { tier: 'host' }))
    events.add(0, blockTokens, { kind: 'blocks-removed', atUs: 5, hashes: [8001], tier: 'device' })
    events.flush()
    await heard.until(() => [...(heard.keys.get(keysOf(8, 1)[0]!) ?? [])].join() === 'host')
  })

  test('after a crash the old is forgotten', async () => {
    const events = await engine(cacheEventFormats['vllm-0.24'])
    events.add(0, blockTokens, stored(1, 1, 0, 3))
    events.flush()
    const heard = await listen()
    await heard.until(() => holds(heard, keysOf(1, 3)))
    events.restart(0)
    events.add(0, blockTokens, stored(2_000_000, 2, 0, 1))
    events.flush()
    await heard.until(() => holds(heard, keysOf(2, 1)) && heard.replica.state === 'live')
    expect(heard.replica.ranks[0]!.source.counts.restarts).toBe(1)
  })

  test('pages of one token are taken together', async () => {
    const events = await engine(cacheEventFormats['sglang-maps'])
    const heard = await listen()
    await heard.until(() => heard.replica.state === 'live')
    events.add(0, 1, stored(1, 4, 0, 160))
    events.flush()
    await heard.until(() => holds(heard, keysOf(4, 2)))
    expect(heard.replica.ranks[0]!.translator.blocks).toBe(160)
    events.add(0, 1, { kind: 'blocks-removed', atUs: 2, hashes: [4160, 4128, 4127], tier: 'device' })
    events.flush()
    await heard.until(() => holds(heard, keysOf(4, 1)))
  })

  test('each rank has a port and a stream of its own', async () => {
    const events = await engine(cacheEventFormats['vllm-0.24'], {}, 2)
    events.add(0, blockTokens, stored(1, 1, 0, 1))
    events.add(1, blockTokens, stored(1, 2, 0, 2))
    events.flush()
    const heard = await listen({}, {}, 2)
    await heard.until(
      () => heard.replica.state === 'live' && holds(heard, [...keysOf(1, 1), ...keysOf(2, 2)]),
    )
    events.restart(1)
    events.add(1, blockTokens, stored(9_000_000, 2, 0, 1))
    events.flush()
    await heard.until(
      () => heard.replica.state === 'live' && holds(heard, [...keysOf(1, 1), ...keysOf(2, 1)]),
    )
  })
})

describe('an engine that connects to us', () => {
  test('is heard where we listen', async () => {
    const heard = await listen({ publish: 'tcp://127.0.0.1:0', mode: 'listen', replay: null })
    const [endpoint] = heard.subscriber.endpoints()
    const events = await engine(cacheEventFormats['vllm-0.24'], { endpoint: endpoint!, replayEndpoint: null })
    // Until its connection stands, what it publishes is lost: without replays that degrades.
    const timer = setInterval(() => {
      events.add(0, blockTokens, stored(performance.now() * 1000, 6, 0, 2))
      events.flush()
    }, 5)
    closers.push(() => clearInterval(timer))
    await heard.until(() => holds(heard, keysOf(6, 2)))
    expect(['live', 'degraded']).toContain(heard.replica.state)
  })
})

describe('what goes wrong', () => {
  async function publisher() {
    const socket = new zeroMq.Publisher({ linger: 0 })
    closers.push(() => socket.close())
    await socket.bind('tcp://127.0.0.1:0')
    return socket
  }

  test('payloads of an unknown form raise an alarm', async () => {
    const socket = await publisher()
    const heard = await listen({ publish: socket.lastEndpoint!, replay: null }, { alarmAfter: 3 })
    let sequence = 0n
    const timer = setInterval(() => {
      const number = Buffer.alloc(8)
      number.writeBigUInt64BE(sequence++)
      void socket.send(['', number, sequence % 2n === 0n ? Buffer.of(0xc1) : encode({ happened: [] })])
    }, 2)
    closers.push(() => clearInterval(timer))
    await heard.until(() => heard.said.some(line => line.startsWith('events-undecodable of 0: ')))
    expect(heard.replica.state).toBe('degraded')
  })

  test('messages of another kind are passed over', async () => {
    const socket = await publisher()
    const heard = await listen({ publish: socket.lastEndpoint!, replay: null })
    const number = Buffer.alloc(8)
    const timer = setInterval(async () => {
      await socket.send(['only one frame'])
      await socket.send(['', 'short', ''])
      await socket.send(['', number, encode([1, [['AllBlocksCleared']]])])
    }, 5)
    closers.push(() => clearInterval(timer))
    await heard.until(() => heard.replica.state === 'live')
    expect(heard.replica.ranks[0]!.source.counts).toMatchObject({ undecodable: 0, batches: 1 })
  })

  test('an address that makes no sense is refused with what to do', async () => {
    const open = (publish: string, mode: 'connect' | 'listen') => listen({ publish, mode, replay: null })
    await expect(open('nonsense', 'connect')).rejects.toMatchObject({
      code: 'usage',
      fix: expect.stringContaining('tcp://'),
    })
    await expect(open('tcp://256.1.1.1:1', 'listen')).rejects.toMatchObject({ code: 'usage' })
  })

  test('nobody at the replay endpoint: degraded, and the events that come count', async () => {
    const events: CacheEvents = await engine(cacheEventFormats['vllm-0.24'], { replayEndpoint: null })
    const heard = await listen({ replay: inFolder('nobody') }, { maximumAttempts: 1 })
    await heard.until(() => heard.replica.state === 'catching-up')
    heard.replica.wake(heard.replica.nextUs())
    expect(heard.said.at(-1)).toBe('degraded: replay-failed')
    events.add(0, blockTokens, stored(1, 1, 0, 1))
    events.flush()
    await heard.until(() => holds(heard, keysOf(1, 1)))
  })
})
