/**
 * What a model is, as far as the cost of serving it goes: layers with their attention, feed-forward and
 * parameter counts. Read from a Hugging Face config.json by parse-model-config.ts; everything in perf/ starts here.
 * Counts are of parameters and elements, never bytes: bytes depend on the number format.
 */

/**
 * Number formats of weights, activations and KV cache. fp8 is per tensor or per channel, fp8-block has 128×128
 * scales, nvfp4 has 16-element and mxfp4 32-element blocks (bits per element incl. scales: see number-format.ts).
 */
export type NumberFormat = 'fp32' | 'bf16' | 'fp8' | 'fp8-block' | 'int8' | 'nvfp4' | 'mxfp4' | 'int4'

/** Softmax attention with per-head keys and values: multi-head, grouped-query or multi-query. */
export interface GroupedQueryAttention {
  readonly kind: 'gqa'
  readonly queryHeads: number
  readonly keyValueHeads: number
  readonly keyHeadDimension: number
  readonly valueHeadDimension: number
  /** Sliding window (or local chunk) in tokens; null when every earlier token is attended. */
  readonly windowTokens: number | null
  /** Keys double as values (one stored tensor instead of two), as in Gemma 4's global layers. */
  readonly keysAreValues: boolean
  /** Block-sparse selection on top (MiniMax-M3 MSA): index heads and the tokens finally attended. */
  readonly sparse: SparseSelection | null
}

/** Multi-head latent attention (DeepSeek-V2 and later): one compressed latent per token, no heads in the cache. */
export interface LatentAttention {
  readonly kind: 'mla'
  readonly queryHeads: number
  /** 0 when queries are not compressed. */
  readonly queryRank: number
  readonly latentRank: number
  readonly ropeDimension: number
  readonly noPositionDimension: number
  readonly valueHeadDimension: number
  /** DeepSeek sparse attention and relatives; null for dense MLA. */
  readonly sparse: SparseSelection | null
  /** Cache entries are merged over this many tokens (DeepSeek-V4 CSA/HCA); 1 = one entry a token. */
  readonly compressionTokens: number
  /** Most recent tokens kept uncompressed beside the compressed entries; 0 when none. */
  readonly windowTokens: number
}

/** A light index picks which tokens (or blocks) full attention reads. */
export interface SparseSelection {
  readonly indexHeads: number
  readonly indexHeadDimension: number
  /** Tokens (cache entries) attended at most. */
  readonly topTokens: number
  /** Elements of index key stored per token and layer. */
  readonly indexKeyElementsPerToken: number
}

/** Linear attention or state-space layer: a fixed state per sequence, nothing per token. */
export interface LinearAttention {
  readonly kind: 'linear'
  readonly variant: 'gated-delta-net' | 'mamba2' | 'kimi-delta' | 'mamba1' | 'lightning' | 'short-convolution'
  /** Recurrent state elements per sequence and layer. */
  readonly stateElements: number
  /** Short-convolution state elements per sequence and layer. */
  readonly convolutionElements: number
  /** Multiply-add work per token outside the projections, in FLOP per token and layer. */
  readonly stateFlopsPerToken: number
}

export interface NoAttention {
  readonly kind: 'none'
}

export type Attention = GroupedQueryAttention | LatentAttention | LinearAttention | NoAttention

export interface DenseFeedForward {
  readonly kind: 'dense'
  readonly intermediateSize: number
  readonly gated: boolean
}

export interface MixtureOfExperts {
  readonly kind: 'moe'
  readonly experts: number
  readonly expertsPerToken: number
  readonly expertIntermediateSize: number
  readonly gated: boolean
  /** Width that routed experts work in: hiddenSize, or the latent size of a latent MoE. */
  readonly expertHiddenSize: number
  /** Always-on expert width in total (sum over shared experts); 0 when none. */
  readonly sharedIntermediateSize: number
}

export interface NoFeedForward {
  readonly kind: 'none'
}

export type FeedForward = DenseFeedForward | MixtureOfExperts | NoFeedForward

/** Parameters of one layer by how parallelism splits and formats them. */
export interface LayerParameters {
  /** Attention or linear-attention projections that tensor parallelism splits by heads. */
  readonly attentionSharded: number
  /** Attention parameters every rank holds whole (MLA down-projections, index projections). */
  readonly attentionReplicated: number
  /** Dense feed-forward matrices. */
  readonly denseFeedForward: number
  /** All routed experts of the layer together. */
  readonly routedExperts: number
  /** Shared experts of the layer together, incl. latent projections of a latent MoE. */
  readonly sharedExperts: number
  readonly router: number
  /** Norms, biases, gates: counted, not timed. */
  readonly other: number
}

/** A run of equal layers. Order between groups is not kept: nothing here depends on it. */
export interface LayerGroup {
  readonly count: number
  readonly attention: Attention
  readonly feedForward: FeedForward
  readonly parameters: LayerParameters
}

/** Weight format by part of the model: NVFP4 checkpoints often keep attention in BF16, MXFP4 ones only pack experts. */
export interface WeightFormats {
  readonly attention: NumberFormat
  readonly denseFeedForward: NumberFormat
  readonly routedExperts: NumberFormat
  readonly sharedExperts: NumberFormat
  readonly embedding: NumberFormat
  readonly head: NumberFormat
}

export interface ModelArchitecture {
  /** Name of the class in the config (architectures[0]), or model_type. */
  readonly className: string
  readonly family: string
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly maximumPositionTokens: number
  readonly layerGroups: readonly LayerGroup[]
  /** Sum of counts. */
  readonly layers: number
  /** Elements of the input embedding and of the output head (0 when tied: see tiedEmbeddings). */
  readonly embeddingParameters: number
  readonly headParameters: number
  readonly tiedEmbeddings: boolean
  /** Multi-token-prediction modules shipped with the checkpoint; parameters are not in the totals. */
  readonly multiTokenPrediction: { readonly layers: number; readonly parametersPerLayer: number } | null
  /** Parameters outside the language model when the config states enough to count them; not in the totals. */
  readonly visionParameters: number | null
  readonly parameters: { readonly total: number; readonly active: number }
  /** Formats of the checkpoint as shipped (quantization_config, dtype). */
  readonly checkpointFormats: WeightFormats
  /** KV-cache format the checkpoint asks for, when it does. */
  readonly checkpointKvFormat: NumberFormat | null
}
