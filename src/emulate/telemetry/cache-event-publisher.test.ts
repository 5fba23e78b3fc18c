/** Real sockets: a subscriber that decodes, finds a gap and asks for a replay, as a router's does. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from '@msgpack/msgpack'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as zeroMq from 'zeromq'
import { TokenwrightError } from '../../core/errors.ts'
import type { CacheEvent } from '../../engine/types.ts'
import { blockHash } from './block-hash.ts'
import { createCacheEventPublisher, offsetEndpoint } from './cache-event-publisher.ts'
import {
  type CacheEventFormatName,
  type CacheEventSettings,
  cacheEventFormats,
  defaultCacheEventSettings,
} from './cache-event-settings.ts'
import { type CacheEvents, openCacheEvents } from './cache-events.ts'

let folder: string
const closers: (() => void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwright-kv-'))
})
// Every socket is closed: an open one aborts the process when its worker thread ends (zeromq 6.8).
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
  rmSync(folder, { recursive: true, force: true })
})

function settings(change: Partial<CacheEventSettings> = {}): CacheEventSettings {
  return {
    ...defaultCacheEventSettings,
    endpoint: `ipc://${folder}/events`,
    replayEndpoint: `ipc://${folder}/replay`,
    format: cacheEventFormats['vllm-0.24'],
    tokensOf: (requestId, firstBlock, count, blockTokens) =>
      Array.from(
        { length: count * blockTokens },
        (_, index) => requestId * 100 + firstBlock * blockTokens + index,
      ),
    ...change,
  }
}

function fail(error: unknown): never {
  throw error
}

async function open(change: Partial<CacheEventSettings> = {}, replica = 0): Promise<CacheEvents> {
  const events = await openCacheEvents(settings(change), 1_700_000_000, fail)
  closers.push(() => events.close())
  await events.open(replica, 'org/model')
  return events
}

function stored(atUs: number, block: number): CacheEvent {
  return {
    kind: 'blocks-stored',
    atUs,
    requestId: 7,
    hashes: [block],
    parentHash: block === 0 ? null : block - 1,
    firstBlock: block,
    tier: 'device',
  }
}

type Batch = readonly [seconds: number, events: unknown[], rank: number]
interface Message {
  readonly topic: string
  readonly sequence: bigint
  readonly payload: Batch
}

function decoded(payload: Uint8Array): Batch {
  return decode(payload, { useBigInt64: true }) as Batch
}

/** Connects to what is published; sends something until it arrives, since a PUB socket drops what nobody hears yet. */
async function subscribe(events: CacheEvents, replica = 0, topic = ''): Promise<() => Promise<Message>> {
  const subscriber = new zeroMq.Subscriber({ receiveTimeout: 1000, linger: 0 })
  closers.push(() => subscriber.close())
  subscriber.connect(events.endpoints(replica)!.publish)
  subscriber.subscribe(topic)
  subscriber.receiveTimeout = 5
  for (let heard = false; !heard; ) {
    events.add(replica, 2, { kind: 'blocks-cleared', atUs: -1 })
    events.flush()
    heard = await subscriber.receive().then(
      () => true,
      () => false,
    )
  }
  // What is still on its way.
  for (let more = true; more; )
    more = await subscriber.receive().then(
      () => true,
      () => false,
    )
  subscriber.receiveTimeout = 1000
  return async () => {
    const frames = await subscriber.receive()
    expect(frames.length).toBe(3)
    const [topicFrame, sequence, payload] = frames as [Buffer, Buffer, Buffer]
    expect(sequence.length).toBe(8)
    return {
      topic: topicFrame.toString(),
      sequence: sequence.readBigUInt64BE(),
      payload: decoded(payload),
    }
  }
}

/** Asks for everything from `start` on; a DEALER writes the empty frame itself. */
async function askReplay(endpoint: string, start: bigint): Promise<{ sequence: bigint; payload: Buffer }[]> {
  const dealer = new zeroMq.Dealer({ receiveTimeout: 1000, linger: 0 })
  closers.push(() => dealer.close())
  dealer.connect(endpoint)
  const frame = Buffer.alloc(8)
  frame.writeBigUInt64BE(start)
  await dealer.send([Buffer.alloc(0), frame])
  const got: { sequence: bigint; payload: Buffer }[] = []
  for (;;) {
    const [empty, sequence, payload] = (await dealer.receive()) as [Buffer, Buffer, Buffer]
    expect(empty.length).toBe(0)
    if (sequence.readBigInt64BE() === -1n) {
      expect(payload.length).toBe(0)
      return got
    }
    got.push({ sequence: sequence.readBigUInt64BE(), payload })
  }
}

describe('a subscriber', () => {
  test.each<CacheEventFormatName>(['vllm-0.23', 'vllm-0.24'])('hears %s', async name => {
    const events = await open({
      format: cacheEventFormats[name],
      topic: 'kv@{pod}:{replica}@{model}',
      pod: '10.0.0.1',
    })
    const next = await subscribe(events, 0, 'kv@')
    events.add(0, 2, stored(250_000, 3))
    events.add(0, 2, { kind: 'blocks-removed', atUs: 250_000, hashes: [1], tier: 'device' })
    events.flush()
    const { topic, payload } = await next()
    expect(topic).toBe('kv@10.0.0.1:0@org/model')
    const [seconds, [first, second], rank] = payload
    expect(seconds).toBeCloseTo(1_700_000_000.25, 6)
    expect(rank).toBe(0)
    if (name === 'vllm-0.23') {
      expect((first as unknown[]).slice(0, 7)).toEqual([
        'BlockStored',
        [blockHash(3, 0)],
        blockHash(2, 0),
        [706, 707],
        2,
        null,
        'GPU',
      ])
      expect(second).toEqual(['BlockRemoved', [blockHash(1, 0)], 'GPU', 0])
    } else {
      expect(first).toMatchObject({
        type: 'BlockStored',
        token_ids: [706, 707],
        block_size: 2,
        medium: 'GPU',
      })
      expect(first).toMatchObject({ block_hashes: [blockHash(3, 0)], parent_block_hash: blockHash(2, 0) })
      expect(second).toMatchObject({ type: 'BlockRemoved', block_hashes: [blockHash(1, 0)] })
    }
  })

  test('gets one batch a moment, numbered without gaps', async () => {
    const events = await open()
    const next = await subscribe(events)
    for (const [atUs, block] of [
      [1, 0],
      [1, 1],
      [2, 2],
      [5, 3],
    ] as const)
      events.add(0, 2, stored(atUs, block))
    events.flush()
    events.flush()
    const messages = [await next(), await next(), await next()]
    expect(messages.map(({ payload }) => payload[1].length)).toEqual([2, 1, 1])
    expect(messages.map(({ sequence }) => sequence - messages[0]!.sequence)).toEqual([0n, 1n, 2n])
  })

  test('finds a gap and has it replayed', async () => {
    const events = await open()
    const next = await subscribe(events)
    const blocks = new Set<bigint>()
    const apply = (payload: Batch) => {
      for (const event of payload[1] as { type: string; block_hashes: bigint[] }[])
        if (event.type === 'BlockStored') for (const hash of event.block_hashes) blocks.add(hash)
    }
    let last = -1n
    let replayed = 0
    for (let block = 0; block < 12; block++) events.add(0, 2, stored(block, block))
    events.flush()
    for (let received = 0; received < 12; received++) {
      const { sequence, payload } = await next()
      // Lost on the way.
      if (received >= 4 && received < 9) continue
      if (last >= 0n && sequence !== last + 1n) {
        for (const missed of await askReplay(events.endpoints(0)!.replay!, last + 1n)) {
          if (missed.sequence >= sequence) break
          expect(missed.sequence).toBe(last + 1n)
          apply(decoded(missed.payload))
          last = missed.sequence
          replayed++
        }
      }
      apply(payload)
      last = sequence
    }
    expect(replayed).toBe(5)
    expect([...blocks]).toEqual(Array.from({ length: 12 }, (_, block) => blockHash(block, 0)))
  })
})

describe('a replay', () => {
  test('reaches back as far as the buffer does, and begins anew after a crash', async () => {
    const events = await open({ bufferSteps: 3 })
    for (let block = 0; block < 10; block++) events.add(0, 2, stored(block, block))
    events.flush()
    const { replay } = events.endpoints(0)!
    expect((await askReplay(replay!, 0n)).map(({ sequence }) => sequence)).toEqual([7n, 8n, 9n])
    expect(await askReplay(replay!, 10n)).toEqual([])
    events.add(0, 2, stored(11, 0))
    events.restart(0)
    events.add(0, 2, stored(20, 0))
    events.flush()
    expect((await askReplay(replay!, 0n)).map(({ sequence }) => sequence)).toEqual([0n])
  })

  test('of thousands of batches is complete', async () => {
    const events = await open()
    for (let block = 0; block < 5000; block++) events.add(0, 2, stored(block, block))
    events.flush()
    const got = await askReplay(events.endpoints(0)!.replay!, 100n)
    expect(got.length).toBe(4900)
    expect(got.at(-1)!.sequence).toBe(4999n)
  })

  test('is not given for what is no request', async () => {
    const events = await open()
    const dealer = new zeroMq.Dealer({ receiveTimeout: 30, linger: 0 })
    closers.push(() => dealer.close())
    dealer.connect(events.endpoints(0)!.replay!)
    await dealer.send(['nonsense'])
    await dealer.send(['a', 'b', 'c', 'd'])
    await expect(dealer.receive()).rejects.toThrow()
    // And it still answers.
    expect(await askReplay(events.endpoints(0)!.replay!, 0n)).toEqual([])
  })
})

describe('endpoints', () => {
  test('are the rank higher', () => {
    expect(offsetEndpoint('tcp://*:5557', 0)).toBe('tcp://*:5557')
    expect(offsetEndpoint('tcp://*:5557', 3)).toBe('tcp://*:5560')
    expect(offsetEndpoint('tcp://[::1]:5557', 1)).toBe('tcp://[::1]:5558')
    expect(offsetEndpoint('tcp://*:0', 3)).toBe('tcp://*:0')
    expect(offsetEndpoint('inproc://cache', 2)).toBe('inproc://cache_dp2')
  })

  test('of each replica are its own', async () => {
    const events = await open({ endpoint: 'tcp://*:0', replayEndpoint: null })
    await events.open(1, 'org/model')
    const [first, second] = [events.endpoints(0)!, events.endpoints(1)!]
    expect(first.publish).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/)
    expect(second.publish).not.toBe(first.publish)
    expect(first.replay).toBeNull()
    expect(events.endpoints(2)).toBeNull()
  })

  test('that are taken, or make no sense, are refused with what to do', async () => {
    const taken = new zeroMq.Publisher({ linger: 0 })
    closers.push(() => taken.close())
    await taken.bind('tcp://*:0')
    const opened = (endpoint: string) =>
      createCacheEventPublisher(zeroMq, settings({ endpoint, replayEndpoint: null }), 0, '', fail).ready
    await expect(opened(taken.lastEndpoint!.replace('0.0.0.0', '*'))).rejects.toThrow(TokenwrightError)
    await expect(opened('nonsense://*')).rejects.toMatchObject({
      code: 'usage',
      fix: expect.stringContaining('port'),
    })
    await expect(opened('nonsense')).rejects.toThrow(TokenwrightError)
  })
})
