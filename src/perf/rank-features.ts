/**
 * What one device rank holds, reads and computes for a model in a layout and precision: bytes and FLOP only,
 * no efficiencies. Everything a step costs follows from these numbers and the coefficients (step-time.ts).
 * Formulas: docs/models/performance.md §1 (attention and MoE counts after Vaswani 2017, DeepSeek-V2 §2.1, Shazeer 2017).
 */
import type { Attention, LayerGroup, ModelArchitecture, NumberFormat } from '../model/architecture.ts'
import { bytesPerElement } from '../model/number-format.ts'
import type { Engine, Parallelism, Precision } from './deployment.ts'

/** amount(context) = Σ slope × min(context, capTokens): how windows and sparse selection bend the curves. */
export interface ContextTerm {
  readonly perToken: number
  readonly capTokens: number
}

/** Routed experts of one kind of MoE layer. */
export interface ExpertFeatures {
  readonly layers: number
  readonly experts: number
  readonly expertsPerToken: number
  /** Bytes of one expert on this rank (its tensor-parallel slice). */
  readonly expertBytes: number
  /** FLOP of one token in one expert on this rank's slice. */
  readonly expertFlops: number
}

export interface RankFeatures {
  readonly layers: number
  readonly attentionLayers: number
  readonly gqaLayers: number
  readonly mlaLayers: number
  readonly sparseLayers: number
  readonly linearLayers: number
  readonly denseLayers: number
  readonly moeLayers: number
  readonly sharedExpertLayers: number
  /** Weights read in every step, excluding routed experts. */
  readonly denseWeightBytes: number
  /** Share of denseWeightBytes read by layers that are not the head. */
  readonly headWeightBytes: number
  /** FLOP per token outside routed experts and head, and per sampled token in the head. */
  readonly denseFlopsPerToken: number
  readonly headFlopsPerToken: number
  /** Formats that decide which matrix hardware does the work. */
  readonly denseFormat: NumberFormat
  readonly headFormat: NumberFormat
  readonly expertFormat: NumberFormat
  readonly experts: readonly ExpertFeatures[]
  /** All weights resident on the rank, incl. every local expert and the embedding. */
  readonly residentWeightBytes: number
  /** Cache bytes a sequence holds, and those a decode step reads, as functions of its context. */
  readonly cacheResident: readonly ContextTerm[]
  readonly cacheRead: readonly ContextTerm[]
  /** Linear-attention state per sequence: read and written in every step. */
  readonly stateBytesPerSequence: number
  /** FLOP of one decode token against its context. */
  readonly decodeAttentionFlops: readonly ContextTerm[]
  /** FLOP of prefill attention: per (new token × attended token). */
  readonly prefillAttentionFlops: readonly ContextTerm[]
  /** Linear-attention state FLOP per token. */
  readonly stateFlopsPerToken: number
  /** Elements of one token's hidden state: what collectives carry. */
  readonly hiddenSize: number
  readonly parallelism: Parallelism
  /** Ranks that share the experts: tensor × attentionData. */
  readonly expertRanks: number
}

/** Engines differ in whether attention-data-parallel ranks split dense and shared weights among them (SGLang does). */
function densePartsSplitOverDataParallel(engine: Engine): boolean {
  return engine === 'sglang'
}

export function rankFeatures(
  architecture: ModelArchitecture,
  precision: Precision,
  parallelism: Parallelism,
  engine: Engine,
): RankFeatures {
  const { tensor, attentionData, expert, pipeline } = parallelism
  const expertRanks = tensor * attentionData
  const moeTensor = expertRanks / expert
  const denseSplit = densePartsSplitOverDataParallel(engine) ? expertRanks : tensor
  const attentionBytes = bytesPerElement[precision.attention]
  const cacheBytes = bytesPerElement[precision.keyValueCache]

  let denseWeightBytes = 0
  let denseFlopsPerToken = 0
  let residentExpertBytes = 0
  let stateBytesPerSequence = 0
  let stateFlopsPerToken = 0
  const count = { attention: 0, gqa: 0, mla: 0, sparse: 0, linear: 0, dense: 0, moe: 0, shared: 0 }
  const experts: ExpertFeatures[] = []
  const terms = new AttentionTerms()

  for (const group of architecture.layerGroups) {
    const layers = group.count
    const p = group.parameters
    const attentionWeights = p.attentionSharded / tensor + p.attentionReplicated
    const densePart = p.denseFeedForward / denseSplit
    const sharedPart = p.sharedExperts / denseSplit
    denseWeightBytes +=
      layers *
      (attentionWeights * attentionBytes +
        densePart * bytesPerElement[precision.denseFeedForward] +
        sharedPart * bytesPerElement[precision.sharedExperts] +
        (p.router + p.other) * bytesPerElement.bf16)
    denseFlopsPerToken +=
      2 * layers * (attentionWeights + p.denseFeedForward / tensor + p.sharedExperts / tensor + p.router)
    countLayer(count, group)
    if (group.feedForward.kind === 'moe') {
      const parametersPerExpert = p.routedExperts / group.feedForward.experts
      experts.push({
        layers,
        experts: group.feedForward.experts,
        expertsPerToken: group.feedForward.expertsPerToken,
        expertBytes: (parametersPerExpert * bytesPerElement[precision.routedExperts]) / moeTensor,
        expertFlops: (2 * parametersPerExpert) / moeTensor,
      })
      residentExpertBytes +=
        (layers * p.routedExperts * bytesPerElement[precision.routedExperts]) / expertRanks
    }
    terms.add(group.attention, layers, tensor, cacheBytes)
    if (group.attention.kind === 'linear') {
      // Recurrent state is kept in fp32 by vLLM and SGLang for GDN/Mamba-2 (mamba_ssm_dtype), convolution in bf16.
      const state = group.attention.stateElements * 4 + group.attention.convolutionElements * 2
      stateBytesPerSequence += (layers * state) / tensor
      stateFlopsPerToken += (layers * group.attention.stateFlopsPerToken) / tensor
    }
  }

  const headParameters = architecture.tiedEmbeddings
    ? architecture.embeddingParameters
    : architecture.headParameters
  const headWeightBytes = (headParameters * bytesPerElement[precision.head]) / tensor
  const embeddingBytes = architecture.tiedEmbeddings
    ? 0
    : (architecture.embeddingParameters * bytesPerElement.bf16) / tensor
  const merged = terms.merged()
  return {
    layers: architecture.layers,
    attentionLayers: count.attention,
    gqaLayers: count.gqa,
    mlaLayers: count.mla,
    sparseLayers: count.sparse,
    linearLayers: count.linear,
    denseLayers: count.dense,
    moeLayers: count.moe,
    sharedExpertLayers: count.shared,
    denseWeightBytes: denseWeightBytes + headWeightBytes,
    headWeightBytes,
    denseFlopsPerToken,
    headFlopsPerToken: (2 * headParameters) / tensor,
    denseFormat: count.dense * 2 > architecture.layers ? precision.denseFeedForward : precision.attention,
    headFormat: precision.head,
    expertFormat: precision.routedExperts,
    experts,
    residentWeightBytes:
      (denseWeightBytes + residentExpertBytes) / pipeline + headWeightBytes + embeddingBytes,
    cacheResident: merged.resident,
    cacheRead: merged.read,
    stateBytesPerSequence,
    decodeAttentionFlops: merged.decodeFlops,
    prefillAttentionFlops: merged.prefillFlops,
    stateFlopsPerToken,
    hiddenSize: architecture.hiddenSize,
    parallelism,
    expertRanks,
  }
}

interface LayerCount {
  attention: number
  gqa: number
  mla: number
  sparse: number
  linear: number
  dense: number
  moe: number
  shared: number
}

function countLayer(count: LayerCount, group: LayerGroup): void {
  const { attention, feedForward } = group
  if (attention.kind !== 'none') count.attention += group.count
  if (attention.kind === 'gqa') count.gqa += group.count
  if (attention.kind === 'mla') count.mla += group.count
  if (attention.kind === 'linear') count.linear += group.count
  if ((attention.kind === 'gqa' || attention.kind === 'mla') && attention.sparse !== null)
    count.sparse += group.count
  if (feedForward.kind === 'dense') count.dense += group.count
  if (feedForward.kind === 'moe') {
    count.moe += group.count
    if (feedForward.sharedIntermediateSize > 0) count.shared += group.count
  }
}

/** Collects the context-dependent terms of all layers, merging those with the same cap. */
class AttentionTerms {
  readonly #resident = new Map<number, number>()
  readonly #read = new Map<number, number>()
  readonly #decodeFlops = new Map<number, number>()
  readonly #prefillFlops = new Map<number, number>()

  add(attention: Attention, layers: number, tensor: number, cacheBytes: number): void {
    if (attention.kind === 'gqa') {
      const a = attention
      const headsOnRank = a.queryHeads / tensor
      const keyValueHeadsOnRank = Math.max(a.keyValueHeads / tensor, 1)
      const perHead = a.keysAreValues ? a.keyHeadDimension : a.keyHeadDimension + a.valueHeadDimension
      const perToken = layers * keyValueHeadsOnRank * perHead * cacheBytes
      const window = a.windowTokens ?? Number.POSITIVE_INFINITY
      const attended = a.sparse === null ? window : Math.min(window, a.sparse.topTokens)
      const flops = 2 * layers * headsOnRank * (a.keyHeadDimension + a.valueHeadDimension)
      accumulate(this.#resident, window, perToken)
      accumulate(this.#read, attended, perToken)
      accumulate(this.#decodeFlops, attended, flops)
      accumulate(this.#prefillFlops, attended, flops)
      this.#addIndex(a.sparse, layers, cacheBytes, window, 1)
    } else if (attention.kind === 'mla') {
      const a = attention
      const headsOnRank = a.queryHeads / tensor
      const compression = a.compressionTokens
      const perToken = (layers * (a.latentRank + a.ropeDimension) * cacheBytes) / compression
      const attended = a.sparse === null ? Number.POSITIVE_INFINITY : a.sparse.topTokens * compression
      accumulate(this.#resident, Number.POSITIVE_INFINITY, perToken)
      accumulate(this.#read, attended, perToken)
      if (a.windowTokens > 0) {
        accumulate(this.#resident, a.windowTokens, perToken * compression)
        accumulate(this.#read, a.windowTokens, perToken * compression)
      }
      // Absorbed decode: scores against latent + rope, values against latent (DeepSeek-V2 §2.1.2).
      const decode = (2 * layers * headsOnRank * (2 * a.latentRank + a.ropeDimension)) / compression
      // Unabsorbed prefill: per-head keys (no-position + rope) and values.
      const prefill =
        (2 * layers * headsOnRank * (a.noPositionDimension + a.ropeDimension + a.valueHeadDimension)) /
        compression
      accumulate(this.#decodeFlops, attended, decode)
      accumulate(this.#prefillFlops, attended, a.sparse === null ? prefill : decode)
      this.#addIndex(a.sparse, layers, cacheBytes, Number.POSITIVE_INFINITY, compression)
    }
  }

  /** Index keys of sparse attention: read for every earlier token, multiplied by every index head. */
  #addIndex(
    sparse: { indexHeads: number; indexHeadDimension: number; indexKeyElementsPerToken: number } | null,
    layers: number,
    cacheBytes: number,
    cap: number,
    compression: number,
  ): void {
    if (sparse === null) return
    const perToken = (layers * sparse.indexKeyElementsPerToken * cacheBytes) / compression
    const flops = (2 * layers * sparse.indexHeads * sparse.indexHeadDimension) / compression
    accumulate(this.#resident, cap, perToken)
    accumulate(this.#read, cap, perToken)
    accumulate(this.#decodeFlops, cap, flops)
    accumulate(this.#prefillFlops, cap, flops)
  }

  merged() {
    return {
      resident: toTerms(this.#resident),
      read: toTerms(this.#read),
      decodeFlops: toTerms(this.#decodeFlops),
      prefillFlops: toTerms(this.#prefillFlops),
    }
  }
}

function accumulate(map: Map<number, number>, cap: number, value: number): void {
  map.set(cap, (map.get(cap) ?? 0) + value)
}

function toTerms(map: Map<number, number>): ContextTerm[] {
  return [...map].map(([capTokens, perToken]) => ({ perToken, capTokens }))
}

/** Σ perToken × min(context, cap). */
export function atContext(terms: readonly ContextTerm[], contextTokens: number): number {
  let sum = 0
  for (const term of terms) sum += term.perToken * Math.min(contextTokens, term.capTokens)
  return sum
}

/**
 * Work of prefilling `tokens` new tokens after `past` ones: Σ over new tokens of min(position, cap) × perToken.
 * Causal triangle up to the cap, then a constant band.
 */
export function prefillAttentionWork(terms: readonly ContextTerm[], past: number, tokens: number): number {
  let sum = 0
  for (const term of terms)
    sum +=
      term.perToken * (cappedTriangle(past + tokens, term.capTokens) - cappedTriangle(past, term.capTokens))
  return sum
}

/** ∫0..n min(x, cap) dx */
function cappedTriangle(tokens: number, cap: number): number {
  return tokens <= cap ? (tokens * tokens) / 2 : (cap * cap) / 2 + cap * (tokens - cap)
}
