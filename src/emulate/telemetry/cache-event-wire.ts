/**
 * CacheEvents of the twin as the values that engines put into msgpack. Names and order of fields: vLLM
 * vllm/distributed/kv_events.py at b4e69e0a (arrays) and 0181ea31 (maps), SGLang
 * python/sglang/srt/disaggregation/kv_events.py at 006d053f and 612d5790. msgspec leaves out fields that hold their
 * default; those without a default are written even when they are nil.
 */
import { assert } from '../../core/assert.ts'
import type { CacheEvent, CacheTier } from '../../engine/types.ts'
import { blockHash, blockHashBytes } from './block-hash.ts'
import type { CacheEventFormat, CacheEventSettings } from './cache-event-settings.ts'

type WireHash = bigint | Uint8Array
type WireValue =
  | string
  | number
  | null
  | WireHash
  | readonly WireValue[]
  | { readonly [name: string]: WireValue }
type Fields = readonly (readonly [name: string, value: WireValue])[]

/** vLLM: MEDIUM_GPU, MEDIUM_CPU, MEDIUM_STORAGE. SGLang: StorageMedium. */
const media: Readonly<Record<CacheEventFormat['engine'], Readonly<Record<CacheTier, string>>>> = {
  vllm: { device: 'GPU', host: 'CPU', disk: 'STORAGE' },
  sglang: { device: 'GPU', host: 'CPU_PINNED', disk: 'DISK' },
}

export type WireSettings = Pick<CacheEventSettings, 'format' | 'hashSeed' | 'tokensOf'>

/** One event, tag first: an array, or a map with the tag under `type`. blockTokens: where the event does not say. */
export function wireEvent(event: CacheEvent, blockTokens: number, settings: WireSettings): WireValue {
  const { format } = settings
  const hash = (block: number): WireHash => wireHash(block, settings)
  const medium = (tier: CacheTier): Fields =>
    format.fields === 'base' ? [] : [['medium', media[format.engine][tier]]]
  const full = (fields: Fields): Fields => (format.fields === 'full' ? fields : [])
  switch (event.kind) {
    case 'blocks-stored': {
      const { hashes, parentHash } = event
      const size = event.blockTokens ?? blockTokens
      const tokens = settings.tokensOf(event.requestId, event.firstBlock, hashes.length, size)
      assert(tokens.length === hashes.length * size, 'tokensOf gives the tokens of whole blocks')
      return tagged(format, 'BlockStored', [
        ['block_hashes', hashes.map(hash)],
        ['parent_block_hash', parentHash === null ? null : hash(parentHash)],
        ['token_ids', tokens],
        ['block_size', size],
        ['lora_id', null],
        ...medium(event.tier),
        ...full([
          ['lora_name', null],
          ['extra_keys', hashes.map(() => null)],
          ['group_idx', 0],
          ['kv_cache_spec_kind', 'full_attention'],
        ]),
      ])
    }
    case 'blocks-removed':
      return tagged(format, 'BlockRemoved', [
        ['block_hashes', event.hashes.map(hash)],
        ...medium(event.tier),
        ...full([['group_idx', 0]]),
      ])
    case 'blocks-cleared':
      return tagged(format, 'AllBlocksCleared', [])
  }
}

/** A batch: the events of one step. seconds: time stamp, since 1970. rank: data_parallel_rank (attn_dp_rank). */
export function wireBatch(
  seconds: number,
  events: readonly WireValue[],
  rank: number,
  format: CacheEventFormat,
): WireValue {
  if (format.encoding === 'all-maps') return { ts: seconds, events, data_parallel_rank: rank }
  // vLLM 0.9 has no ranks in it.
  return format.engine === 'vllm' && format.fields === 'base' ? [seconds, events] : [seconds, events, rank]
}

function tagged(format: CacheEventFormat, tag: string, fields: Fields): WireValue {
  return format.encoding === 'arrays'
    ? [tag, ...fields.map(([, value]) => value)]
    : Object.fromEntries([['type', tag], ...fields])
}

/** SGLang's are signed (hash_str_to_int64 in mem_cache/hicache_storage.py). */
function wireHash(block: number, { format, hashSeed }: WireSettings): WireHash {
  if (format.hashes === 'bytes') return blockHashBytes(block, hashSeed)
  const hash = blockHash(block, hashSeed)
  return format.engine === 'sglang' ? BigInt.asIntN(64, hash) : hash
}
