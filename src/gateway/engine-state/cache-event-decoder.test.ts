import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blockHashBytes } from '../../emulate/telemetry/block-hash.ts'
import { cacheEventFormats } from '../../emulate/telemetry/cache-event-settings.ts'
import { wireBatch, wireEvent } from '../../emulate/telemetry/cache-event-wire.ts'
import { type DecodedBatch, type DecodedCacheEvent, decodeCacheEvents } from './cache-event-decoder.ts'

function events(batch: DecodedBatch): readonly DecodedCacheEvent[] {
  if (batch.kind === 'undecodable') throw new Error(batch.reason)
  return batch.events
}

function one(event: unknown): DecodedCacheEvent {
  const [only, ...others] = events(decodeCacheEvents([1, [event]]))
  expect(others).toEqual([])
  return only!
}

function reasonOf(value: unknown): string {
  const batch = decodeCacheEvents(value)
  return batch.kind === 'undecodable' ? batch.reason : 'decoded'
}

const halves = (low: number, high: number) => Int32Array.of(low, high)

describe('all forms say the same', () => {
  const settings = { hashSeed: 0, tokensOf: () => [1, 2, 3, 4] }
  const told = [
    {
      kind: 'blocks-stored',
      atUs: 0,
      requestId: 1,
      hashes: [4, 5],
      parentHash: 3,
      firstBlock: 3,
      tier: 'device',
    },
    { kind: 'blocks-removed', atUs: 0, hashes: [4], tier: 'device' },
    { kind: 'blocks-cleared', atUs: 0 },
  ] as const
  const known = (name: keyof typeof cacheEventFormats, hashes: 'integers' | 'bytes') => {
    const format = { ...cacheEventFormats[name], hashes }
    const wire = told.map(event => wireEvent(event, 2, { ...settings, format }))
    return decodeCacheEvents(wireBatch(1.5, wire, 3, format))
  }
  const names = Object.keys(cacheEventFormats) as (keyof typeof cacheEventFormats)[]

  test.each(names)('%s, integers and bytes', name => {
    const batch = known(name, 'integers')
    expect(batch).toMatchObject({ seconds: 1.5, rank: name === 'vllm-0.9' ? null : 3, unknownEvents: 0 })
    // Every form but for optional fields, and signs.
    expect(events(batch).map(({ kind }) => kind)).toEqual(['stored', 'removed', 'cleared'])
    const [stored] = events(batch)
    const [reference] = events(known('vllm-0.24', 'bytes'))
    expect({ ...stored, group: 0, groupKind: 'full_attention' }).toEqual(reference)
    expect(events(known(name, 'bytes')).map(event => (event.kind === 'cleared' ? [] : event.hashes))).toEqual(
      events(batch).map(event => (event.kind === 'cleared' ? [] : event.hashes)),
    )
  })
})

describe('fields', () => {
  const stored = {
    type: 'BlockStored',
    block_hashes: [1],
    parent_block_hash: null,
    token_ids: [7, 8],
    block_size: 2,
  }

  test('adapter, salts and images; the adapter is not among the extra keys', () => {
    const event = one({
      ...stored,
      block_hashes: [1, 2],
      token_ids: [7, 8, 9, 10],
      lora_name: 'sql',
      extra_keys: [
        ['sql', 'salt'],
        ['sql', ['image', -3], Uint8Array.of(1, 255)],
      ],
    })
    expect(event).toMatchObject({ loraName: 'sql', extraKeys: ['salt', '(image,-3)\u001f01ff'] })
    expect(one({ ...stored, lora_name: 'sql', extra_keys: [['sql']] })).toMatchObject({ extraKeys: null })
    expect(one({ ...stored, lora_id: 3 })).toMatchObject({ loraName: 'lora_id 3' })
  })

  test('media are tiers; unknown ones count as the slowest, and are counted', () => {
    const tier = (medium: unknown) => one({ ...stored, medium })
    expect(tier('GPU')).toMatchObject({ tier: 'device' })
    expect(tier(null)).toMatchObject({ tier: 'device' })
    expect(tier('CPU_PINNED')).toMatchObject({ tier: 'host' })
    expect(tier('STORAGE')).toMatchObject({ tier: 'disk' })
    expect(decodeCacheEvents([1, [{ ...stored, medium: 'CXL' }]])).toMatchObject({ unknownMedia: 1 })
  })

  test('groups of hybrid models; copies without tokens', () => {
    expect(one(['BlockRemoved', [1], 'GPU', 2])).toMatchObject({ group: 2 })
    expect(one({ ...stored, group_idx: 1, kv_cache_spec_kind: 'mamba' })).toMatchObject({
      group: 1,
      groupKind: 'mamba',
    })
    expect(one({ ...stored, token_ids: [] })).toMatchObject({ tokens: [] })
  })

  test('hashes of any sign and width, and bytes by their end', () => {
    const hashes = (...values: unknown[]) => (one(['BlockRemoved', values]) as { hashes: Int32Array }).hashes
    expect(hashes(1, -1)).toEqual(Int32Array.of(1, 0, -1, -1))
    expect(hashes(2 ** 32 + 5)).toEqual(halves(5, 1))
    expect(hashes(0xffff_ffff_0000_0001n)).toEqual(halves(1, -1))
    expect(hashes(-(2n ** 63n))).toEqual(halves(0, 1 << 31))
    expect(hashes(blockHashBytes(7, 0))).toEqual(
      hashes(new DataView(blockHashBytes(7, 0).buffer).getBigUint64(24)),
    )
  })

  test('of events nobody knows are counted, unless they are all there is', () => {
    const batch = decodeCacheEvents([1, [['AllBlocksCleared'], ['BlockMoved', 1]]])
    expect(batch).toMatchObject({ kind: 'batch', unknownEvents: 1 })
    expect(reasonOf([1, [['BlockMoved', 1]]])).toContain('none of 1')
    expect(decodeCacheEvents([1, []])).toMatchObject({ kind: 'batch', events: [] })
  })
})

describe('what cannot be read is said, without the prompt', () => {
  const stored = (change: object) => [
    1,
    [
      {
        type: 'BlockStored',
        block_hashes: [1],
        parent_block_hash: null,
        token_ids: [7, 8],
        block_size: 2,
        ...change,
      },
    ],
  ]
  test.each([
    ['a string', 'KVEventBatch', 'a string'],
    ['nothing', null, 'missing'],
    ['no time', ['now', []], 'time'],
    ['no list of events', [1, 'none'], 'events are a string'],
    ['an event of no form', [1, ['BlockStored']], 'an event is a string'],
    ['an event without a tag', [1, [{ kind: 'BlockStored' }]], 'tag is missing'],
    ['tokens that are text', stored({ token_ids: ['secret'] }), 'token_ids'],
    ['too few tokens', stored({ token_ids: [7] }), '1 blocks of 2 tokens come with 1'],
    ['a block of no tokens', stored({ block_size: 0 }), 'block_size'],
    ['hashes rounded by a decoder without bigints', stored({ block_hashes: [2 ** 60] }), 'hash'],
    ['hashes as text', stored({ block_hashes: ['0a'] }), 'hash is a string'],
    ['short bytes', stored({ block_hashes: [Uint8Array.of(1)] }), '1 bytes'],
    ['keys of too few blocks', stored({ extra_keys: [] }), 'extra_keys'],
  ])('%s', (_, value, reason) => {
    expect(reasonOf(value)).toContain(reason)
    expect(reasonOf(value)).not.toContain('secret')
  })

  test('anything is decoded or refused, and nothing thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withTypedArray: true }), fc.anything(), (value, event) => {
        for (const tried of [value, [1, value], [1, [event]], { ts: 1, events: [event] }])
          expect(['batch', 'undecodable']).toContain(decodeCacheEvents(tried).kind)
      }),
    )
  })
})
