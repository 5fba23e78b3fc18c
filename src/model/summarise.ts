/** A model on one screen: parameters, layers by kind, and what its cache costs at several context lengths. */
import type { Attention, ModelArchitecture, NumberFormat } from './architecture.ts'
import {
  hasDeepSeekFp8Layout,
  keyValueBytesPerToken,
  keyValueBytesPerTokenByPart,
  keyValueCacheBytes,
  perSequenceStateBytes,
} from './kv-cache.ts'

/** Context lengths, in tokens, at which the curve is given. */
export const summaryContexts = ['1024', '32768', '131072'] as const
export type BytesPerTokenByContext = Readonly<Record<(typeof summaryContexts)[number], number>>

export interface CacheSummary {
  readonly format: NumberFormat
  /** Cache bytes at that context ÷ its tokens. */
  readonly kvBytesPerToken: BytesPerTokenByContext
  /** Bytes one more token adds at long context. */
  readonly marginalBytesPerToken: number
  /** Of which keys of a sparse-attention index. */
  readonly indexBytesPerToken: number
}

export interface ModelSummary {
  readonly className: string
  readonly family: string
  /** total includes the vision tower where the config states it, as published totals do; MTP modules are apart. */
  readonly parameters: {
    readonly total: number
    readonly active: number
    readonly languageModel: number
    readonly vision: number | null
    readonly multiTokenPrediction: number
  }
  /** Cache bytes per token in the checkpoint's KV format, bf16 when it asks for none. */
  readonly kvFormat: NumberFormat
  readonly kvBytesPerToken: BytesPerTokenByContext
  /** The same for each format worth comparing: always bf16 and fp8. */
  readonly caches: readonly CacheSummary[]
  /** True when fp8 means DeepSeek's mixed layout (fp8 latent, scales, bf16 RoPE). */
  readonly fp8UsesDeepSeekLayout: boolean
  /** Bytes a sequence holds whatever its length: recurrent state in fp32, convolutions in bf16. */
  readonly perSequenceStateBytes: number
  readonly layers: { readonly total: number } & Readonly<Record<LayerKind, number>>
  readonly feedForward: { readonly dense: number; readonly experts: number; readonly none: number }
  readonly experts: { readonly count: number; readonly perToken: number; readonly shared: boolean } | null
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly maximumPositionTokens: number
  readonly tiedEmbeddings: boolean
  readonly checkpointFormats: ModelArchitecture['checkpointFormats']
}

const layerKinds = [
  'fullAttention',
  'windowedAttention',
  'latentAttention',
  'compressedAttention',
  'sparseAttention',
  'linearAttention',
  'withoutAttention',
] as const
export type LayerKind = (typeof layerKinds)[number]

export function summariseModel(architecture: ModelArchitecture): ModelSummary {
  const kvFormat = architecture.checkpointKvFormat ?? 'bf16'
  const layers = { total: architecture.layers, ...zeroKinds() }
  const feedForward = { dense: 0, experts: 0, none: 0 }
  let experts: ModelSummary['experts'] = null
  for (const group of architecture.layerGroups) {
    layers[layerKind(group.attention)] += group.count
    if (group.feedForward.kind === 'moe') {
      feedForward.experts += group.count
      experts = {
        count: group.feedForward.experts,
        perToken: group.feedForward.expertsPerToken,
        shared: group.feedForward.sharedIntermediateSize > 0,
      }
    } else {
      feedForward[group.feedForward.kind] += group.count
    }
  }
  const predictor = architecture.multiTokenPrediction
  return {
    className: architecture.className,
    family: architecture.family,
    parameters: {
      total: architecture.parameters.total + (architecture.visionParameters ?? 0),
      active: architecture.parameters.active,
      languageModel: architecture.parameters.total,
      vision: architecture.visionParameters,
      multiTokenPrediction: predictor === null ? 0 : predictor.layers * predictor.parametersPerLayer,
    },
    kvFormat,
    kvBytesPerToken: curve(architecture, kvFormat),
    caches: [...new Set<NumberFormat>(['bf16', 'fp8', kvFormat])].map(format => ({
      format,
      kvBytesPerToken: curve(architecture, format),
      marginalBytesPerToken: keyValueBytesPerToken(architecture, format),
      indexBytesPerToken: keyValueBytesPerTokenByPart(architecture, format).index,
    })),
    fp8UsesDeepSeekLayout: hasDeepSeekFp8Layout(architecture),
    perSequenceStateBytes: perSequenceStateBytes(architecture, 'bf16'),
    layers,
    feedForward,
    experts,
    hiddenSize: architecture.hiddenSize,
    vocabularySize: architecture.vocabularySize,
    maximumPositionTokens: architecture.maximumPositionTokens,
    tiedEmbeddings: architecture.tiedEmbeddings,
    checkpointFormats: architecture.checkpointFormats,
  }
}

function curve(architecture: ModelArchitecture, format: NumberFormat): BytesPerTokenByContext {
  const at = (tokens: number) => keyValueCacheBytes(architecture, tokens, format) / tokens
  return { '1024': at(1024), '32768': at(32_768), '131072': at(131_072) }
}

function zeroKinds(): Record<LayerKind, number> {
  return Object.fromEntries(layerKinds.map(kind => [kind, 0])) as Record<LayerKind, number>
}

function layerKind(attention: Attention): LayerKind {
  switch (attention.kind) {
    case 'none':
      return 'withoutAttention'
    case 'linear':
      return 'linearAttention'
    case 'mla':
      if (attention.compressionTokens > 1) return 'compressedAttention'
      return attention.sparse === null ? 'latentAttention' : 'sparseAttention'
    case 'gqa':
      if (attention.sparse !== null) return 'sparseAttention'
      return attention.windowTokens === null ? 'fullAttention' : 'windowedAttention'
  }
}
