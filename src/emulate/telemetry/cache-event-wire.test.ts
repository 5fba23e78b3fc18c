import { decode, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CacheEvent } from '../../engine/types.ts'
import { blockHash, blockHashBytes } from './block-hash.ts'
import { cacheEventFormats } from './cache-event-settings.ts'
import { wireBatch, wireEvent } from './cache-event-wire.ts'

const stored: CacheEvent = {
  kind: 'blocks-stored',
  atUs: 5,
  requestId: 7,
  hashes: [10, 11],
  parentHash: 9,
  firstBlock: 3,
  tier: 'device',
}
const removed: CacheEvent = { kind: 'blocks-removed', atUs: 5, hashes: [10], tier: 'host' }
const cleared: CacheEvent = { kind: 'blocks-cleared', atUs: 5 }

function settings(name: keyof typeof cacheEventFormats) {
  return {
    format: cacheEventFormats[name],
    hashSeed: 0,
    tokensOf: (requestId: number, firstBlock: number, count: number, blockTokens: number) =>
      Array.from(
        { length: count * blockTokens },
        (_, index) => requestId * 1000 + firstBlock * blockTokens + index,
      ),
  }
}
const [h9, h10, h11] = [9, 10, 11].map(block => blockHash(block, 0))
const tokens = [7006, 7007, 7008, 7009]

describe('events by position', () => {
  test('as vLLM 0.9', () => {
    const of = settings('vllm-0.9')
    expect(wireEvent(stored, 2, of)).toEqual(['BlockStored', [h10, h11], h9, tokens, 2, null])
    expect(wireEvent(removed, 2, of)).toEqual(['BlockRemoved', [h10]])
    expect(wireEvent(cleared, 2, of)).toEqual(['AllBlocksCleared'])
    expect(wireBatch(1.5, [], 3, of.format)).toEqual([1.5, []])
  })

  test('as vLLM 0.10.2, with the medium and the rank', () => {
    const of = settings('vllm-0.10')
    expect(wireEvent(stored, 2, of)).toEqual(['BlockStored', [h10, h11], h9, tokens, 2, null, 'GPU'])
    expect(wireEvent(removed, 2, of)).toEqual(['BlockRemoved', [h10], 'CPU'])
    expect(wireBatch(1.5, [], 3, of.format)).toEqual([1.5, [], 3])
  })

  test('as vLLM 0.23', () => {
    expect(wireEvent(stored, 2, settings('vllm-0.23'))).toEqual([
      'BlockStored',
      [h10, h11],
      h9,
      tokens,
      2,
      null,
      'GPU',
      null,
      [null, null],
      0,
      'full_attention',
    ])
  })
})

describe('events by name', () => {
  test('with the fields captured from vLLM 0.26.0 (volcano-sh/kthena#1535)', () => {
    const of = settings('vllm-0.24')
    const event = wireEvent({ ...stored, hashes: [10], parentHash: null }, 2, of)
    expect(Object.entries(event as object)).toEqual([
      ['type', 'BlockStored'],
      ['block_hashes', [h10]],
      ['parent_block_hash', null],
      ['token_ids', [7006, 7007]],
      ['block_size', 2],
      ['lora_id', null],
      ['medium', 'GPU'],
      ['lora_name', null],
      ['extra_keys', [null]],
      ['group_idx', 0],
      ['kv_cache_spec_kind', 'full_attention'],
    ])
    expect(wireEvent(cleared, 2, of)).toEqual({ type: 'AllBlocksCleared' })
    expect(wireBatch(1.5, [event], 0, of.format)).toEqual([1.5, [event], 0])
  })

  test('the batch too, where vLLM did that', () => {
    expect(wireBatch(1.5, [], 2, cacheEventFormats['vllm-all-maps'])).toEqual({
      ts: 1.5,
      events: [],
      data_parallel_rank: 2,
    })
  })

  test('as SGLang: signed hashes, its own media', () => {
    const event = wireEvent({ ...removed, hashes: [1, 2, 3, 4, 5, 6, 7, 8] }, 2, settings('sglang-maps')) as {
      block_hashes: bigint[]
      medium: string
    }
    expect(event.medium).toBe('CPU_PINNED')
    expect(event.block_hashes.some(hash => hash < 0n)).toBe(true)
    expect(event.block_hashes.map(hash => BigInt.asUintN(64, hash))).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map(block => blockHash(block, 0)),
    )
  })
})

describe('hashes', () => {
  test('are SplitMix64 of the block', () => {
    // First output of SplitMix64 seeded with 0.
    expect(blockHash(0, 1)).toBe(0xe220a8397b1dcdafn)
  })

  test('differ where blocks differ, and survive msgpack in both signs', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { minLength: 2 }),
        fc.nat(),
        (blocks, seed) => {
          const hashes = blocks.map(block => blockHash(block, seed))
          expect(new Set(hashes).size).toBe(blocks.length)
          const signed = hashes.map(hash => BigInt.asIntN(64, hash))
          const options = { useBigInt64: true }
          expect(decode(encode(hashes, options), options)).toEqual(hashes)
          expect(decode(encode(signed, options), options)).toEqual(signed)
        },
      ),
    )
  })

  test('as bytes end in the integer', () => {
    const bytes = blockHashBytes(10, 0)
    expect(bytes.length).toBe(32)
    expect(new DataView(bytes.buffer).getBigUint64(24)).toBe(h10)
    const of = {
      ...settings('vllm-0.24'),
      format: { ...cacheEventFormats['vllm-0.24'], hashes: 'bytes' as const },
    }
    expect(wireEvent(removed, 2, of)).toMatchObject({ block_hashes: [bytes] })
  })

  test('of half blocks are refused', () => {
    expect(() => blockHash(0.5, 0)).toThrow('whole')
  })
})

test('tokens that do not fill the blocks are refused', () => {
  expect(() => wireEvent(stored, 2, { ...settings('vllm-0.24'), tokensOf: () => [1] })).toThrow('tokensOf')
})
