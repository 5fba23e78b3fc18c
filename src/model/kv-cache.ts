/**
 * Memory of a sequence on the device: the key-value cache, which grows with context, and the fixed state of linear
 * layers, which does not. Elements per layer for perf/, which splits them over ranks; bytes for a whole model here.
 */
import type {
  Attention,
  LatentAttention,
  LayerGroup,
  ModelArchitecture,
  NumberFormat,
} from './architecture.ts'
import { bytesPerElement } from './number-format.ts'

export interface LayerCacheElements {
  /** Elements that tensor parallelism splits by key-value heads. */
  readonly shardable: number
  /** Elements every rank holds whole: latents and index keys, which have no heads. */
  readonly replicated: number
  /** Heads to split over; null when nothing is shardable. */
  readonly keyValueHeads: number | null
}

/**
 * Elements (not bytes) of one sequence's cache in one layer at a context of `contextTokens`.
 * Grouped-query: g·(e_k + e_v) a token, at most a window of them. Latent (arXiv:2405.04434 §2.1): c + rope a token.
 * Index keys of sparse attention count as replicated elements.
 */
export function layerCacheElements(attention: Attention, contextTokens: number): LayerCacheElements {
  switch (attention.kind) {
    case 'none':
    case 'linear':
      return { shardable: 0, replicated: 0, keyValueHeads: null }
    case 'mla':
      return {
        shardable: 0,
        replicated: latentElements(attention, contextTokens) + indexElements(attention, contextTokens),
        keyValueHeads: null,
      }
    case 'gqa': {
      const perToken =
        attention.keyValueHeads *
        (attention.keyHeadDimension + (attention.keysAreValues ? 0 : attention.valueHeadDimension))
      return {
        shardable: perToken * cappedTokens(attention.windowTokens, contextTokens),
        replicated: indexElements(attention, contextTokens),
        keyValueHeads: attention.keyValueHeads,
      }
    }
  }
}

/** Bytes of one sequence's cache over all layers at `contextTokens` tokens, in KV format `format`. */
export function keyValueCacheBytes(
  architecture: ModelArchitecture,
  contextTokens: number,
  format: NumberFormat,
): number {
  let bytes = 0
  for (const group of architecture.layerGroups)
    bytes += group.count * layerCacheBytes(group.attention, contextTokens, format)
  return bytes
}

/** Bytes of one layer's cache for one sequence; index keys and the fp8 latent layout included. */
export function layerCacheBytes(attention: Attention, contextTokens: number, format: NumberFormat): number {
  const index = indexBytes(attention, contextTokens, format)
  switch (attention.kind) {
    case 'none':
    case 'linear':
      return 0
    case 'mla':
      return latentEntries(attention, contextTokens) * latentEntryBytes(attention, format) + index
    case 'gqa':
      return layerCacheElements(attention, contextTokens).shardable * bytesPerElement[format] + index
  }
}

/**
 * Bytes one more token adds once every window is full: what capacity planning for long contexts divides by.
 * Windowed layers add nothing; compressed layers add their share of an entry.
 */
export function keyValueBytesPerToken(architecture: ModelArchitecture, format: NumberFormat): number {
  const parts = keyValueBytesPerTokenByPart(architecture, format)
  return parts.main + parts.index
}

/** The same, with the keys of sparse attention's index apart. */
export function keyValueBytesPerTokenByPart(
  architecture: ModelArchitecture,
  format: NumberFormat,
): { readonly main: number; readonly index: number } {
  let main = 0
  let index = 0
  for (const { count, attention } of architecture.layerGroups) {
    if (attention.kind === 'gqa' && attention.windowTokens === null) {
      main += count * layerCacheElements(attention, 1).shardable * bytesPerElement[format]
    } else if (attention.kind === 'mla') {
      main += (count * latentEntryBytes(attention, format)) / attention.compressionTokens
    }
    index += count * indexBytesPerToken(attention, format)
  }
  return { main, index }
}

/**
 * Bytes of state a sequence holds whatever its length: recurrent states and short convolutions of linear layers, and
 * the partial sums of DeepSeek V4's compressors (buffers kv_state and score_state of its model.py).
 * Recurrent states and partial sums are fp32 (mamba_ssm_dtype of Qwen3.5, mamba_ssm_cache_dtype of Nemotron 3, default
 * of SGLang); `format` is that of the convolution state.
 */
export function perSequenceStateBytes(architecture: ModelArchitecture, format: NumberFormat): number {
  return sum(architecture.layerGroups, ({ attention }) => {
    if (attention.kind === 'linear') {
      return (
        attention.stateElements * bytesPerElement.fp32 +
        attention.convolutionElements * bytesPerElement[format]
      )
    }
    if (attention.kind !== 'mla' || attention.compressionTokens === 1) return 0
    const width = attention.latentRank + attention.ropeDimension + (attention.sparse?.indexHeadDimension ?? 0)
    const overlap = attention.compressionTokens === 4 ? 2 : 1
    return 2 * overlap * attention.compressionTokens * overlap * width * bytesPerElement.fp32
  })
}

/** True when engines store this attention's cache in DeepSeek's own fp8 layout rather than plain elements. */
export function hasDeepSeekFp8Layout(architecture: ModelArchitecture): boolean {
  return architecture.layerGroups.some(
    ({ attention }) => attention.kind === 'mla' && attention.sparse !== null,
  )
}

function sum(groups: readonly LayerGroup[], of: (group: LayerGroup) => number): number {
  return groups.reduce((total, group) => total + group.count * of(group), 0)
}

function cappedTokens(windowTokens: number | null, contextTokens: number): number {
  return windowTokens === null ? contextTokens : Math.min(contextTokens, windowTokens)
}

/** Latent entries held: one a token, or merged ones plus an uncompressed window. */
function latentEntries(attention: LatentAttention, contextTokens: number): number {
  if (attention.compressionTokens === 1) return contextTokens
  return (
    Math.floor(contextTokens / attention.compressionTokens) + Math.min(contextTokens, attention.windowTokens)
  )
}

function latentElements(attention: LatentAttention, contextTokens: number): number {
  return latentEntries(attention, contextTokens) * (attention.latentRank + attention.ropeDimension)
}

/**
 * Bytes of one latent entry. Plain formats store every element alike. With fp8 and sparse or compressed attention,
 * engines use DeepSeek's layout: the latent in fp8 with scales, RoPE kept in bf16. V3.2: 512 + 4 fp32 scales + 64×2 =
 * 656 (vLLM and FlashMLA "fp8_ds_mla"). V4: 448 + 8 e8m0 scales + 64×2 = 584 (vLLM DeepseekV4 cache).
 */
function latentEntryBytes(attention: LatentAttention, format: NumberFormat): number {
  const compressed = attention.compressionTokens > 1
  const isFp8 = format === 'fp8' || format === 'fp8-block'
  if (isFp8 && (attention.sparse !== null || compressed)) {
    const scales = compressed
      ? Math.ceil(attention.latentRank / 64 / 8) * 8
      : (attention.latentRank / 128) * 4
    return attention.latentRank + scales + 2 * attention.ropeDimension
  }
  return (attention.latentRank + attention.ropeDimension) * bytesPerElement[format]
}

function indexElements(attention: Attention, contextTokens: number): number {
  if (attention.kind !== 'mla' && attention.kind !== 'gqa') return 0
  const perToken = attention.sparse?.indexKeyElementsPerToken ?? 0
  const step = attention.kind === 'mla' ? attention.compressionTokens : 1
  return Math.floor(contextTokens / step) * step * perToken
}

/**
 * Index keys. DeepSeek V3.2 and GLM-5: always fp8 with one fp32 scale per 128 elements, 132 bytes for 128, whatever the
 * KV format (vLLM DeepseekV32IndexerCache, SGLang). DeepSeek V4: FP4 with 32-element blocks (its report and model.py
 * quantise index keys to FP4; with fp8 the published 10 % of V3.2 at 1 M tokens would be 11.5 %).
 * MiniMax M3's follow the KV format.
 */
function indexBytesPerToken(attention: Attention, format: NumberFormat): number {
  if (attention.kind !== 'mla' && attention.kind !== 'gqa') return 0
  const elements = attention.sparse?.indexKeyElementsPerToken ?? 0
  if (attention.kind === 'gqa') return elements * bytesPerElement[format]
  return elements * (attention.compressionTokens > 1 ? bytesPerElement.mxfp4 : 1 + 4 / 128)
}

function indexBytes(attention: Attention, contextTokens: number, format: NumberFormat): number {
  const perToken = indexBytesPerToken(attention, format)
  if (perToken === 0) return 0
  const step = attention.kind === 'mla' ? attention.compressionTokens : 1
  return Math.floor(contextTokens / step) * step * perToken
}
