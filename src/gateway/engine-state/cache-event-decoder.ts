/**
 * KV events as engines send them, after msgpack: one form out of many. Pure; what it cannot read it says, and never returns
 * less than it was given without saying so.
 *
 * | form | whose |
 * |---|---|
 * | batch `[ts, events, rank?]`, events `[tag, …]`, trailing defaults left out | vLLM to 0.23, SGLang (python/sglang/srt/disaggregation/kv_events.py at 006d053f) |
 * | batch `[ts, events, rank?]`, events maps with `type` | vLLM since pull request 42892, captured from 0.26.0 in volcano-sh/kthena#1535 |
 * | batch map `{ts, events, data_parallel_rank}` | vLLM (vllm/distributed/kv_events.py at 0181ea31: EventBatch without array_like) |
 *
 * Fields by position, after the tag (the same file and its history, docs/reference/emulator-telemetry.md):
 * BlockStored: block_hashes, parent_block_hash, token_ids, block_size, lora_id, medium, lora_name, extra_keys, group_idx,
 * kv_cache_spec_kind, kv_cache_spec_sliding_window. BlockRemoved: block_hashes, medium, group_idx. AllBlocksCleared: none.
 * Hashes: 64-bit integers of either sign, or bytes of which the last 8 count, big-endian.
 */
import type { CacheTier } from '../../engine/types.ts'

/** Hashes as pairs of 32-bit halves, low first: 2 · n numbers. Opaque: never compared with hashes of our own. */
export type EngineHashes = Int32Array

export type DecodedCacheEvent =
  | {
      readonly kind: 'stored'
      readonly hashes: EngineHashes
      /** Two halves, or null at the start of a prompt. */
      readonly parent: EngineHashes | null
      /** Empty where an engine tells of a copy on another tier without saying of what. */
      readonly tokens: readonly number[]
      readonly blockTokens: number
      readonly tier: CacheTier
      readonly loraName: string | null
      /** By block, the adapter's name left out; null: none. */
      readonly extraKeys: readonly (string | null)[] | null
      readonly group: number | null
      readonly groupKind: string | null
    }
  | {
      readonly kind: 'removed'
      readonly hashes: EngineHashes
      readonly tier: CacheTier
      readonly group: number | null
    }
  | { readonly kind: 'cleared' }

export type DecodedBatch =
  | {
      readonly kind: 'batch'
      /** The engine's clock, seconds since 1970. */
      readonly seconds: number
      readonly rank: number | null
      readonly events: readonly DecodedCacheEvent[]
      /** Events with a tag nobody knows here; they were passed over. */
      readonly unknownEvents: number
      /** Media nobody knows here; they count as disk, which earns least. */
      readonly unknownMedia: number
    }
  | { readonly kind: 'undecodable'; readonly reason: string }

/**
 * vLLM: MEDIUM_GPU in kv_events.py, CPU and STORAGE of its offloading connectors. SGLang: StorageMedium (GPU, CPU_PINNED, DISK
 * as the emulator's cache-event-wire.ts quotes them). Others by the plain meaning of the word: assumed.
 */
const tierOfMedium: Readonly<Record<string, CacheTier>> = {
  GPU: 'device',
  CPU: 'host',
  CPU_PINNED: 'host',
  STORAGE: 'disk',
  DISK: 'disk',
}

const storedFields = [
  'block_hashes',
  'parent_block_hash',
  'token_ids',
  'block_size',
  'lora_id',
  'medium',
  'lora_name',
  'extra_keys',
  'group_idx',
  'kv_cache_spec_kind',
] as const
const removedFields = ['block_hashes', 'medium', 'group_idx'] as const

type Fields = Readonly<Record<string, unknown>>
interface Tally {
  unknownEvents: number
  unknownMedia: number
}

/** Reads a batch; a batch with one bad event is undecodable as a whole, since the index would go wrong without it. */
export function decodeCacheEvents(value: unknown): DecodedBatch {
  try {
    return decodeBatch(value)
  } catch (error) {
    if (error instanceof Undecodable) return { kind: 'undecodable', reason: error.message }
    throw error
  }
}

/** Its time stamp; NaN where it could not be read. */
export function secondsOf(batch: DecodedBatch): number {
  return batch.kind === 'batch' ? batch.seconds : Number.NaN
}

/** Carries the reason out of the depth; never leaves this file. */
class Undecodable extends Error {}

function refuse(reason: string): never {
  throw new Undecodable(reason)
}

function decodeBatch(value: unknown): DecodedBatch {
  let [ts, events, rank]: unknown[] = []
  if (Array.isArray(value)) [ts, events, rank] = value
  else if (isFields(value)) {
    ts = value.ts
    events = value.events
    rank = value.data_parallel_rank ?? value.attn_dp_rank
  } else refuse(`a batch is ${nameOf(value)}, neither array nor map`)
  if (typeof ts !== 'number' || !Number.isFinite(ts)) refuse(`the batch's time is ${nameOf(ts)}`)
  if (!Array.isArray(events)) refuse(`the batch's events are ${nameOf(events)}`)
  const tally: Tally = { unknownEvents: 0, unknownMedia: 0 }
  const decoded: DecodedCacheEvent[] = []
  for (const event of events as unknown[]) {
    const one = decodeEvent(event, tally)
    if (one !== null) decoded.push(one)
  }
  if (decoded.length === 0 && tally.unknownEvents > 0)
    refuse(`none of ${tally.unknownEvents} events has a known tag`)
  return {
    kind: 'batch',
    seconds: ts as number,
    rank: Number.isSafeInteger(rank) ? (rank as number) : null,
    events: decoded,
    ...tally,
  }
}

function decodeEvent(event: unknown, tally: Tally): DecodedCacheEvent | null {
  const isArray = Array.isArray(event)
  if (!isArray && !isFields(event)) refuse(`an event is ${nameOf(event)}, neither array nor map`)
  const tag = isArray ? (event as unknown[])[0] : (event as Fields).type
  if (typeof tag !== 'string') refuse(`an event's tag is ${nameOf(tag)}`)
  const fields = (names: readonly string[]): Fields =>
    isArray
      ? Object.fromEntries(names.map((name, index) => [name, (event as unknown[])[index + 1]]))
      : (event as Fields)
  switch (tag) {
    case 'BlockStored':
      return decodeStored(fields(storedFields), tally)
    case 'BlockRemoved': {
      const { block_hashes, medium, group_idx } = fields(removedFields)
      const tier = tierOf(medium, tally)
      return { kind: 'removed', hashes: hashesOf(block_hashes), tier, group: wholeOrNull(group_idx) }
    }
    case 'AllBlocksCleared':
      return { kind: 'cleared' }
    default:
      tally.unknownEvents++
      return null
  }
}

function decodeStored(fields: Fields, tally: Tally): DecodedCacheEvent {
  const { parent_block_hash: parent, token_ids: tokens, block_size: blockTokens, lora_id, lora_name } = fields
  if (!Array.isArray(tokens) || !tokens.every(token => Number.isSafeInteger(token) && token >= 0))
    refuse('token_ids are no list of whole numbers')
  if (!Number.isSafeInteger(blockTokens) || (blockTokens as number) < 1)
    refuse(`block_size is ${nameOf(blockTokens)}`)
  const hashes = hashesOf(fields.block_hashes)
  const blocks = hashes.length / 2
  if (tokens.length !== 0 && tokens.length !== blocks * (blockTokens as number))
    refuse(`${blocks} blocks of ${blockTokens} tokens come with ${tokens.length} tokens`)
  // Old engines number their adapters; a number matches no name, and blocks of several adapters stay apart.
  const loraName =
    typeof lora_name === 'string' ? lora_name : wholeOrNull(lora_id) === null ? null : `lora_id ${lora_id}`
  return {
    kind: 'stored',
    hashes,
    parent: parent === null || parent === undefined ? null : hashesOf([parent]),
    tokens,
    blockTokens: blockTokens as number,
    tier: tierOf(fields.medium, tally),
    loraName,
    extraKeys: extraKeysOf(fields.extra_keys, blocks, loraName),
    group: wholeOrNull(fields.group_idx),
    groupKind: typeof fields.kv_cache_spec_kind === 'string' ? fields.kv_cache_spec_kind : null,
  }
}

const wideHash = new BigInt64Array(1)
const hashHalves = new Int32Array(wideHash.buffer)
/** Whether this machine keeps the low half first. */
const lowHalf = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1

function hashesOf(value: unknown): EngineHashes {
  if (!Array.isArray(value)) refuse(`block_hashes are ${nameOf(value)}`)
  const hashes = new Int32Array(2 * value.length)
  for (let index = 0; index < value.length; index++) {
    const hash: unknown = value[index]
    if (typeof hash === 'bigint') {
      // The array takes it modulo 2^64, whatever its sign.
      wideHash[0] = hash
      hashes[2 * index] = hashHalves[lowHalf]!
      hashes[2 * index + 1] = hashHalves[1 - lowHalf]!
    } else if (Number.isSafeInteger(hash)) {
      hashes[2 * index] = (hash as number) | 0
      hashes[2 * index + 1] = Math.floor((hash as number) / 2 ** 32) | 0
    } else if (hash instanceof Uint8Array && hash.length >= 8) {
      const view = new DataView(hash.buffer, hash.byteOffset + hash.length - 8, 8)
      hashes[2 * index] = view.getInt32(4)
      hashes[2 * index + 1] = view.getInt32(0)
    } else refuse(`a block's hash is ${nameOf(hash)}`)
  }
  return hashes
}

function tierOf(medium: unknown, tally: Tally): CacheTier {
  if (medium === null || medium === undefined) return 'device'
  const tier = typeof medium === 'string' ? tierOfMedium[medium.toUpperCase()] : undefined
  if (tier !== undefined) return tier
  tally.unknownMedia++
  return 'disk'
}

function extraKeysOf(
  value: unknown,
  blocks: number,
  loraName: string | null,
): readonly (string | null)[] | null {
  if (value === null || value === undefined) return null
  if (!Array.isArray(value) || value.length !== blocks) refuse('extra_keys are no list of one entry a block')
  const texts = value.map((keys: unknown) => {
    if (keys === null) return null
    // vLLM puts the adapter's name into every block's keys as well (v1/core/kv_cache_utils.py, generate_block_hash_extra_keys).
    const others = (Array.isArray(keys) ? keys : [keys]).filter(key => key !== loraName)
    return others.length === 0 ? null : others.map(textOf).join('\u001f')
  })
  return texts.every(text => text === null) ? null : texts
}

/** A word that is the same whenever the key is. */
function textOf(key: unknown): string {
  if (typeof key === 'string') return key
  if (key instanceof Uint8Array) return Array.from(key, byte => byte.toString(16).padStart(2, '0')).join('')
  return Array.isArray(key) ? `(${key.map(textOf).join(',')})` : String(key)
}

function wholeOrNull(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null
}

function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  )
}

/** What a value is, without its content: prompts do not belong into messages. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'missing'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'number' ? `the number ${value}` : `a ${typeof value}`
}
