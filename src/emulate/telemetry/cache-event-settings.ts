/**
 * How KV events go out. Keys and defaults of vLLM's --kv-events-config (vllm/distributed/kv_events.py at 0181ea31,
 * ZmqEventPublisher); SGLang takes the same keys (python/sglang/srt/disaggregation/kv_events.py at 006d053f).
 */

export interface CacheEventSettings {
  /**
   * PUB socket. Listens where it holds * or :: or is ipc:// or inproc://, otherwise connects, as the engines do. Replica r
   * has a socket of its own at port + r, as data-parallel rank r has.
   */
  readonly endpoint: string
  /** ROUTER socket for replays, by the same rule of ports; null: none. */
  readonly replayEndpoint: string | null
  /** {replica}, {model} and {pod} are filled in: kv@{pod}@{model} is what llm-d's router subscribes to. */
  readonly topic: string
  /** For {pod}. */
  readonly pod: string
  /** Batches kept for replays, per replica. */
  readonly bufferSteps: number
  /** Batches a slow subscriber may lie behind before some are dropped for it. */
  readonly highWaterMark: number
  /** Batches that may wait to be sent; later ones are dropped and can only be replayed. */
  readonly maximumQueue: number
  readonly format: CacheEventFormat
  /** PYTHONHASHSEED: equal seeds, equal hashes. */
  readonly hashSeed: number
  /** Tokens of blocks, which the twin does not know: count × blockTokens ids from block firstBlock of the request on. */
  readonly tokensOf: (requestId: number, firstBlock: number, count: number, blockTokens: number) => number[]
}

export const defaultCacheEventSettings = {
  endpoint: 'tcp://*:5557',
  replayEndpoint: null,
  topic: '',
  pod: 'localhost',
  bufferSteps: 10_000,
  highWaterMark: 100_000,
  maximumQueue: 100_000,
  hashSeed: 0,
} as const

export interface CacheEventFormat {
  /** Names of media, sign of hashes, and whose optional fields. */
  readonly engine: 'vllm' | 'sglang'
  /** arrays: fields by position. maps: batch by position, events as maps with `type`. all-maps: the batch too. */
  readonly encoding: 'arrays' | 'maps' | 'all-maps'
  /** base: up to lora_id. medium: and medium. full: and lora_name, extra_keys, group_idx, kv_cache_spec_kind. */
  readonly fields: 'base' | 'medium' | 'full'
  /** 64-bit integers (VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=1, the default) or the 32 bytes they are the end of. */
  readonly hashes: 'integers' | 'bytes'
}

/**
 * By the version that writes it. vLLM 0.9: commit b4e69e0a. 0.10: medium came with pull request 19737, in 0.10.2. 0.23:
 * lora_name, extra_keys, group_idx and kv_cache_spec_kind (27577, 33304, 37688, 40984), still by position
 * (ai-dynamo/dynamo#10660). 0.24: maps since 42892; as captured from 0.26.0 in volcano-sh/kthena#1535. all-maps: commit
 * 0181ea31, where the batch is no array either. SGLang: arrays at 006d053f with the medium of later versions, maps since
 * 37482 (fields as in 37271).
 */
export const cacheEventFormats = {
  'vllm-0.9': { engine: 'vllm', encoding: 'arrays', fields: 'base', hashes: 'integers' },
  'vllm-0.10': { engine: 'vllm', encoding: 'arrays', fields: 'medium', hashes: 'integers' },
  'vllm-0.23': { engine: 'vllm', encoding: 'arrays', fields: 'full', hashes: 'integers' },
  'vllm-0.24': { engine: 'vllm', encoding: 'maps', fields: 'full', hashes: 'integers' },
  'vllm-all-maps': { engine: 'vllm', encoding: 'all-maps', fields: 'full', hashes: 'integers' },
  'sglang-arrays': { engine: 'sglang', encoding: 'arrays', fields: 'medium', hashes: 'integers' },
  'sglang-maps': { engine: 'sglang', encoding: 'maps', fields: 'medium', hashes: 'integers' },
} as const satisfies Record<string, CacheEventFormat>

export type CacheEventFormatName = keyof typeof cacheEventFormats
