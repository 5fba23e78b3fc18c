/**
 * How long one engine step takes on the fullest rank: roofline by operator with a smooth maximum of memory and compute
 * time, plus collectives, plus launch floors per layer, plus host work per step and sequence.
 * Equations: docs/models/performance.md §2.
 */
import type { Accelerator } from '../catalog/types.ts'
import type { NumberFormat } from '../model/architecture.ts'
import { computeClass } from '../model/number-format.ts'
import type { LocalCoefficients } from './coefficients.ts'
import type { StepBreakdown, StepPart } from './deployment.ts'
import { atContext, prefillAttentionWork, type RankFeatures } from './rank-features.ts'

/** What one step works on, per attention-data-parallel group unless stated. */
export interface StepWork {
  /** Decoding sequences on the fullest rank. */
  readonly sequences: number
  /** Decoding sequences over all attention-data-parallel groups. */
  readonly sequencesAllGroups: number
  /** Mean context of a decoding sequence, tokens. */
  readonly contextTokens: number
  /** Tokens verified per sequence and step: 1 + drafts. */
  readonly tokensPerSequence: number
  /** New prompt tokens on the fullest rank, over all groups, and already cached tokens before them. */
  readonly prefillTokens: number
  readonly prefillTokensAllGroups: number
  readonly prefillPastTokens: number
  /**
   * Attention work of the prompt tokens (prefillAttentionWork) where they belong to several prompts or chunks;
   * null: one chunk of prefillTokens after prefillPastTokens.
   */
  readonly prefillAttentionFlops: number | null
  /** Prompts that end in this step on the rank: each is sampled once. */
  readonly promptsCompleted: number
}

export const idleWork: StepWork = {
  sequences: 0,
  sequencesAllGroups: 0,
  contextTokens: 0,
  tokensPerSequence: 1,
  prefillTokens: 0,
  prefillTokensAllGroups: 0,
  prefillPastTokens: 0,
  prefillAttentionFlops: null,
  promptsCompleted: 0,
}

/** Seconds by part; scratch is reused, so copy what must last. */
export interface StepSeconds {
  total: number
  denseWeights: number
  expertWeights: number
  cacheRead: number
  matrixCompute: number
  attentionCompute: number
  communication: number
  layerOverhead: number
  stepOverhead: number
  sequenceOverhead: number
  /** Wall time in which memory, compute, or neither is the busy resource: for watts. */
  memoryBusy: number
  computeBusy: number
}

export function newStepSeconds(): StepSeconds {
  return {
    total: 0,
    denseWeights: 0,
    expertWeights: 0,
    cacheRead: 0,
    matrixCompute: 0,
    attentionCompute: 0,
    communication: 0,
    layerOverhead: 0,
    stepOverhead: 0,
    sequenceOverhead: 0,
    memoryBusy: 0,
    computeBusy: 0,
  }
}

/**
 * (a⁴ + b⁴)^¼: a roofline without its corner, because kernels near the ridge reach neither roof. The fixed sharpness of
 * kernels/smooth-maximum.ts written with square roots: this runs a million times per search.
 */
export function smoothMaximum(a: number, b: number): number {
  if (a <= 0) return b
  if (b <= 0) return a
  const large = a > b ? a : b
  const ratio = a > b ? b / a : a / b
  const squared = ratio * ratio
  return large * Math.sqrt(Math.sqrt(1 + squared * squared))
}

/** Peak FLOP/s for weights in a format; formats without hardware path run at the next wider one. */
export function peakFlops(accelerator: Accelerator, format: NumberFormat): number {
  const peaks = accelerator.peakFlopsPerSecond
  const wanted = computeClass(format, peaks.fp4 !== null)
  const bf16 = peaks.bf16 ?? 0
  if (wanted === 'bf16') return bf16
  if (wanted === 'fp8') return peaks.fp8 ?? bf16
  return peaks.fp4 ?? peaks.fp8 ?? bf16
}

/**
 * Sequences at which a further one costs a quarter of the first: host work per sequence is vectorised, spread over
 * processes and hidden behind the device's step as batches grow. The fit sees batches up to about 500 and cannot tell this from a
 * constant cost; 500 was set while looking at TensorRT-LLM's tables of 2,048 sequences an engine, whose whole steps take 16 ms
 * (Llama 4 Maverick, 8 × B200) where a constant cost alone would take 40.
 */
const sequenceSaturation = 500

/** Evaluates steps for one rank; constants are folded once, evaluations allocate nothing. */
export class StepModel {
  readonly features: RankFeatures
  readonly accelerator: Accelerator
  readonly coefficients: LocalCoefficients
  readonly #denseRate: number
  readonly #headRate: number
  readonly #expertRate: number
  readonly #attentionRate: number
  readonly #layerFloor: number

  constructor(features: RankFeatures, accelerator: Accelerator, coefficients: LocalCoefficients) {
    this.features = features
    this.accelerator = accelerator
    this.coefficients = coefficients
    const c = coefficients
    this.#denseRate = peakFlops(accelerator, features.denseFormat) * c.mfuDense
    this.#headRate = peakFlops(accelerator, features.headFormat) * c.mfuDense
    this.#expertRate = peakFlops(accelerator, features.expertFormat) * c.mfuExperts
    this.#attentionRate = peakFlops(accelerator, 'bf16') * c.mfuAttention
    this.#layerFloor =
      1e-6 *
      (features.attentionLayers * c.attentionLayerMicroseconds +
        (features.denseLayers + features.moeLayers) * c.feedForwardLayerMicroseconds)
  }

  /** Seconds of a step, written into `out`. */
  seconds(work: StepWork, out: StepSeconds): number {
    const f = this.features
    const c = this.coefficients
    const bandwidth = this.accelerator.memoryBandwidthBytesPerSecond
    const decodeTokens = work.sequences * work.tokensPerSequence
    const tokens = decodeTokens + work.prefillTokens
    const sampled = decodeTokens + work.promptsCompleted
    const padding = c.paddingTokens

    const weightMemory = f.denseWeightBytes / (bandwidth * c.mbuWeights)
    const weightCompute =
      (f.denseFlopsPerToken * (tokens + padding)) / this.#denseRate +
      (f.headFlopsPerToken * sampled) / this.#headRate
    const dense = smoothMaximum(weightMemory, weightCompute)

    let expertMemory = 0
    let expertCompute = 0
    const allTokens = work.sequencesAllGroups * work.tokensPerSequence + work.prefillTokensAllGroups
    const expertParallel = f.parallelism.expert
    if (f.experts.length > 0) {
      const exponentTokens = Math.max(allTokens, 1e-9) ** c.routingExponent
      for (const e of f.experts) {
        const touched =
          (e.experts / expertParallel) * (1 - (1 - e.expertsPerToken / e.experts) ** exponentTokens)
        expertMemory += (e.layers * touched * e.expertBytes) / (bandwidth * c.mbuExperts)
        // Where every expert takes every token, none has more than another.
        const surplus = e.expertsPerToken < e.experts ? 1 + c.expertImbalance * (1 - 1 / expertParallel) : 1
        expertCompute +=
          (e.layers * e.expertFlops * e.expertsPerToken * (allTokens + padding) * surplus) /
          (expertParallel * this.#expertRate)
      }
    }
    const expert = smoothMaximum(expertMemory, expertCompute)

    const cacheMemory =
      (work.sequences * (atContext(f.cacheRead, work.contextTokens) + 2 * f.stateBytesPerSequence)) /
      (bandwidth * c.mbuCache)
    const decodeAttention =
      (decodeTokens * atContext(f.decodeAttentionFlops, work.contextTokens)) / this.#attentionRate
    const decode = smoothMaximum(cacheMemory, decodeAttention)
    let prefillAttention = (f.stateFlopsPerToken * tokens) / this.#attentionRate
    if (work.prefillTokens > 0) {
      prefillAttention +=
        (work.prefillAttentionFlops ??
          prefillAttentionWork(f.prefillAttentionFlops, work.prefillPastTokens, work.prefillTokens)) /
        this.#attentionRate
    }

    const communication = this.#collectiveSeconds(tokens, allTokens)
    const body = dense + expert + decode + prefillAttention + communication
    let sum = body + this.#layerFloor
    if (work.prefillTokens > 0) sum = smoothMaximum(sum, 1e-6 * c.eagerLayerMicroseconds * f.layers)
    const factor = c.stepFactor
    const stepOverhead = 1e-6 * c.stepMicroseconds * factor
    const sequences = work.sequences / (1 + work.sequences / sequenceSaturation)
    const sequenceOverhead = 1e-6 * c.sequenceMicroseconds * sequences * factor

    const denseSplit = share(weightMemory, weightCompute)
    const expertSplit = share(expertMemory, expertCompute)
    const cacheSplit = share(cacheMemory, decodeAttention)
    out.denseWeights = dense * denseSplit * factor
    out.expertWeights = expert * expertSplit * factor
    out.cacheRead = decode * cacheSplit * factor
    out.matrixCompute = (dense * (1 - denseSplit) + expert * (1 - expertSplit)) * factor
    out.attentionCompute = (decode * (1 - cacheSplit) + prefillAttention) * factor
    out.communication = communication * factor
    out.layerOverhead = (sum - body) * factor
    out.stepOverhead = stepOverhead
    out.sequenceOverhead = sequenceOverhead
    out.memoryBusy = out.denseWeights + out.expertWeights + out.cacheRead
    out.computeBusy = out.matrixCompute + out.attentionCompute
    out.total = sum * factor + stepOverhead + sequenceOverhead
    return out.total
  }

  /** Floor of all layers, seconds. */
  get layerFloorSeconds(): number {
    return this.#layerFloor
  }

  /**
   * Collectives of one step. Tensor parallelism: two all-reduces per layer of tokens × hidden bf16, ring volume
   * 2(n−1)/n (Thakur 2005; Patarasuk 2009). Attention-data parallelism: dispatch (fp8) and combine (bf16) per MoE
   * layer, volume min(1, k/n) of the gathered tokens. Latency grows with log₂ of the ranks, 8 ranks = 1.
   */
  #collectiveSeconds(tokens: number, allTokens: number): number {
    const f = this.features
    const { tensor, attentionData, pipeline } = f.parallelism
    let seconds = 0
    if (tensor > 1) {
      const bytes = tokens * f.hiddenSize * 2
      const once = this.#latency(tensor) + (2 * ((tensor - 1) / tensor) * bytes) / this.#bandwidth(tensor)
      const reductions =
        attentionData > 1
          ? f.attentionLayers + f.denseLayers
          : f.attentionLayers + f.denseLayers + f.moeLayers
      seconds += reductions * once
    }
    if (attentionData > 1 && f.moeLayers > 0) {
      const ranks = f.expertRanks
      const perToken = f.experts[0]?.expertsPerToken ?? 1
      const volume = Math.min(1, perToken / ranks) * allTokens * f.hiddenSize
      const once = 2 * this.#latency(ranks) + (volume * (1 + 2)) / this.#bandwidth(ranks)
      seconds += f.moeLayers * once
    }
    if (pipeline > 1) {
      const bytes = tokens * f.hiddenSize * 2
      seconds +=
        (pipeline - 1) * (this.#latency(2) + bytes / this.#bandwidth(tensor * attentionData * pipeline))
    }
    return seconds
  }

  #latency(ranks: number): number {
    const c = this.coefficients
    const crossNode = ranks > this.accelerator.scaleUp.domainDevices ? c.scaleOutLatencyFactor : 1
    return 1e-6 * c.collectiveMicroseconds * (0.4 + 0.2 * Math.log2(ranks)) * crossNode
  }

  #bandwidth(ranks: number): number {
    const { scaleUp, scaleOutBytesPerSecond } = this.accelerator
    const link =
      ranks > scaleUp.domainDevices
        ? (scaleOutBytesPerSecond ?? scaleUp.bandwidthBytesPerSecond / 9)
        : scaleUp.bandwidthBytesPerSecond
    return Math.max(link, 1) * this.coefficients.busEfficiency
  }
}

/** Share of a smooth maximum that is the first argument's. */
function share(a: number, b: number): number {
  if (a <= 0) return 0
  const ratio = b / a
  const squared = ratio * ratio
  return 1 / (1 + squared * squared)
}

/** The parts of a step as the report shows them. */
export function stepBreakdown(
  step: StepSeconds,
  extra: { name: StepPart; seconds: number }[],
): StepBreakdown {
  const parts: { name: StepPart; seconds: number }[] = [
    { name: 'dense-weights', seconds: step.denseWeights },
    { name: 'expert-weights', seconds: step.expertWeights },
    { name: 'kv-read', seconds: step.cacheRead },
    { name: 'matrix-compute', seconds: step.matrixCompute },
    { name: 'attention-compute', seconds: step.attentionCompute },
    { name: 'communication', seconds: step.communication },
    { name: 'layer-overhead', seconds: step.layerOverhead },
    { name: 'step-overhead', seconds: step.stepOverhead },
    { name: 'sequence-overhead', seconds: step.sequenceOverhead },
    ...extra,
  ]
  return {
    stepSeconds: parts.reduce((sum, part) => sum + part.seconds, 0),
    parts: parts.filter(part => part.seconds > 0),
  }
}
