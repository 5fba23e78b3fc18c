/**
 * Hybrid serving: attention and KV cache on GPUs, feed-forward layers and experts on low-latency processors that hold
 * their weights in SRAM (attention–FFN disaggregation: MegaScale-Infer, arXiv 2504.02263; NVIDIA "Inside Groq 3 LPX", 2026-03).
 * Nobody has published a measurement: every answer that uses this file is "assumed".
 *
 *   attention a(T)     a step of the model without its feed-forward layers (step-time.ts), fitted for the GPU
 *   feed-forward f(T)  Σ layers sm( touched bytes / (n · SRAM bandwidth · share), FLOP / (n · peak · share) ) + exchange
 *   hop h(T)           latency + T · hidden · 2 bytes / network of the GPU; two per feed-forward layer
 *   one batch          a(T) + f(T) + 2·layers·h(T): the parts wait for each other, serially within each layer
 *   two micro-batches  max( 2·a(T/2), 2·f(T/2), a(T/2) + f(T/2) + 2·layers·h(T/2) ): ping-pong; one computes attention
 *                      while the other is in the feed-forward layers, and no device works on both at once
 *
 * The shorter of the two is taken, as an engine would: small batches gain nothing from being halved, because both
 * halves read the same weights.
 */
import type { Accelerator } from '../catalog/types.ts'
import type { Provenance } from '../core/provenance.ts'
import type { ModelArchitecture, NumberFormat } from '../model/architecture.ts'
import { bytesPerElement } from '../model/number-format.ts'
import type { LocalCoefficients } from './coefficients.ts'
import type { Precision } from './deployment.ts'
import type { RankFeatures } from './rank-features.ts'
import { newStepSeconds, peakFlops, StepModel, type StepSeconds, type StepWork } from './step-time.ts'

/** What no source states. Latency and shares are on the cautious side of what vendors say. */
export const hybridAssumptions = {
  /** One way between a GPU and the processors, seconds. */
  hopSeconds: 5e-6,
  /** Kernel start and exchange between the processors of a layer, seconds per feed-forward layer. */
  layerSeconds: 2e-6,
  /** Share of SRAM bandwidth and of peak FLOP/s reached: compiled schedules stall less than GPU kernels. */
  bandwidthShare: 0.8,
  computeShare: 0.6,
  provenance: {
    source:
      'assumed: small RDMA messages over Ethernet take 3 to 6 µs one way between hosts; no source states the GPU–LPX link or efficiencies',
    asOf: '2026-11-20',
    confidence: 'estimate',
  } satisfies Provenance,
} as const

/** The model as the GPUs see it: attention, router and embeddings stay. */
export function withoutFeedForward(architecture: ModelArchitecture): ModelArchitecture {
  return {
    ...architecture,
    layerGroups: architecture.layerGroups.map(group => ({
      ...group,
      feedForward: { kind: 'none' },
      parameters: { ...group.parameters, denseFeedForward: 0, routedExperts: 0, sharedExperts: 0 },
    })),
  }
}

/** Weights in a format the device has no product for are held in the next wider one it has; null: it has none. */
export function heldFormat(format: NumberFormat, device: Accelerator): NumberFormat | null {
  const { bf16, fp8, fp4 } = device.peakFlopsPerSecond
  const four = format === 'nvfp4' || format === 'mxfp4' || format === 'int4'
  if (four && fp4 !== null) return format
  const eight = four || format === 'fp8' || format === 'fp8-block' || format === 'int8'
  if (eight && fp8 !== null) return format === 'fp8-block' ? format : 'fp8'
  return bf16 === null ? null : 'bf16'
}

/** Feed-forward layers of one kind: what a step reads and computes, over all processors together. */
interface OffloadedLayers {
  readonly layers: number
  /** Read whatever the batch. */
  readonly fixedBytes: number
  readonly fixedFlopsPerToken: number
  readonly experts: number
  readonly expertsPerToken: number
  readonly expertBytes: number
  readonly expertFlops: number
  readonly format: NumberFormat
}

export interface OffloadedFeedForward {
  readonly groups: readonly OffloadedLayers[]
  readonly layers: number
  /** All feed-forward weights. */
  readonly bytes: number
}

/** Null when the device cannot hold one of the formats. */
export function offloadedFeedForward(
  architecture: ModelArchitecture,
  precision: Precision,
  device: Accelerator,
): OffloadedFeedForward | null {
  const dense = heldFormat(precision.denseFeedForward, device)
  const routed = heldFormat(precision.routedExperts, device)
  const shared = heldFormat(precision.sharedExperts, device)
  if (dense === null || routed === null || shared === null) return null
  const groups: OffloadedLayers[] = []
  let bytes = 0
  for (const { count, feedForward, parameters: p } of architecture.layerGroups) {
    if (feedForward.kind === 'none') continue
    const experts = feedForward.kind === 'moe' ? feedForward.experts : 0
    const perExpert = experts === 0 ? 0 : p.routedExperts / experts
    const fixedBytes = p.denseFeedForward * bytesPerElement[dense] + p.sharedExperts * bytesPerElement[shared]
    const expertBytes = perExpert * bytesPerElement[routed]
    bytes += count * (fixedBytes + experts * expertBytes)
    groups.push({
      layers: count,
      fixedBytes,
      fixedFlopsPerToken: 2 * (p.denseFeedForward + p.sharedExperts),
      experts,
      expertsPerToken: feedForward.kind === 'moe' ? feedForward.expertsPerToken : 0,
      expertBytes,
      expertFlops: 2 * perExpert,
      format: feedForward.kind === 'moe' ? routed : dense,
    })
  }
  return { groups, layers: groups.reduce((sum, group) => sum + group.layers, 0), bytes }
}

/** Processors that hold the weights: ⌈bytes ÷ SRAM⌉, and whole domains once one is not enough. */
export function fewestOffloadDevices(bytes: number, device: Accelerator): number {
  const fewest = Math.max(1, Math.ceil(bytes / device.memoryBytes))
  const { domainDevices } = device.scaleUp
  return fewest <= domainDevices ? fewest : Math.ceil(fewest / domainDevices) * domainDevices
}

export interface HybridDevices {
  readonly accelerator: Accelerator
  readonly devices: number
  readonly feedForward: OffloadedFeedForward
}

interface FeedForwardSeconds {
  memory: number
  compute: number
  exchange: number
}

/** Steps of a replica whose feed-forward layers run beside it. `features` are those of the model without them. */
export class HybridStepModel extends StepModel {
  readonly offload: HybridDevices
  readonly #half: StepSeconds = newStepSeconds()
  /** Processors that work on one layer together: all of a domain; further domains hold other layers. */
  readonly #together: number

  constructor(
    features: RankFeatures,
    accelerator: Accelerator,
    coefficients: LocalCoefficients,
    offload: HybridDevices,
  ) {
    super(features, accelerator, coefficients)
    this.offload = offload
    this.#together = Math.min(offload.devices, offload.accelerator.scaleUp.domainDevices)
  }

  override seconds(work: StepWork, out: StepSeconds): number {
    const host = (step: StepSeconds) => step.stepOverhead + step.sequenceOverhead
    super.seconds(work, out)
    const fixed = host(out)
    const whole = this.#feedForward(allTokensOf(work))
    const hops = this.#hops(tokensOf(work))
    const serial = out.total + sum(whole) + hops
    if (tokensOf(work) >= 2) {
      const half = halfOf(work)
      super.seconds(half, this.#half)
      const attention = this.#half.total - host(this.#half)
      const feedForward = this.#feedForward(allTokensOf(half))
      const away = sum(feedForward)
      const halfHops = this.#hops(tokensOf(half))
      const pingPong = fixed + Math.max(2 * attention, 2 * away, attention + away + halfHops)
      if (pingPong < serial) {
        return writeStep(out, this.#half, 2, feedForward, halfHops, fixed, pingPong)
      }
    }
    return writeStep(out, out, 1, whole, hops, fixed, serial)
  }

  /** All feed-forward layers for the tokens of all groups, seconds. */
  feedForwardSeconds(tokens: number): number {
    return sum(this.#feedForward(tokens))
  }

  #feedForward(tokens: number): FeedForwardSeconds {
    const { accelerator, feedForward } = this.offload
    const { bandwidthShare, computeShare, layerSeconds } = hybridAssumptions
    const bandwidth = this.#together * accelerator.memoryBandwidthBytesPerSecond * bandwidthShare
    const routed = Math.max(tokens, 1e-9) ** this.coefficients.routingExponent
    const out: FeedForwardSeconds = { memory: 0, compute: 0, exchange: 0 }
    for (const group of feedForward.groups) {
      const touched =
        group.experts === 0 ? 0 : group.experts * (1 - (1 - group.expertsPerToken / group.experts) ** routed)
      const memory = (group.fixedBytes + touched * group.expertBytes) / bandwidth
      const flops = tokens * (group.fixedFlopsPerToken + group.expertsPerToken * group.expertFlops)
      const compute = flops / (this.#together * peakFlops(accelerator, group.format) * computeShare)
      // Roofline without its corner, as in step-time.ts.
      const layer = (memory ** 4 + compute ** 4) ** 0.25
      const share = memory ** 4 / (memory ** 4 + compute ** 4)
      out.memory += group.layers * layer * share
      out.compute += group.layers * layer * (1 - share)
      // Every processor gets all tokens and returns its part of the sum.
      const bytes = 2 * tokens * this.features.hiddenSize * 2
      out.exchange += group.layers * (layerSeconds + bytes / accelerator.scaleUp.bandwidthBytesPerSecond)
    }
    return out
  }

  /** To the processors and back, for every feed-forward layer; tensor ranks send a part of the tokens each. */
  #hops(tokensOfGroup: number): number {
    const bytes = (tokensOfGroup / this.features.parallelism.tensor) * this.features.hiddenSize * 2
    const network = this.accelerator.scaleOutBytesPerSecond ?? Number.NaN
    return 2 * this.offload.feedForward.layers * (hybridAssumptions.hopSeconds + bytes / network)
  }
}

function sum(seconds: FeedForwardSeconds): number {
  return seconds.memory + seconds.compute + seconds.exchange
}

function tokensOf(work: StepWork): number {
  return work.sequences * work.tokensPerSequence + work.prefillTokens
}

function allTokensOf(work: StepWork): number {
  return work.sequencesAllGroups * work.tokensPerSequence + work.prefillTokensAllGroups
}

/** Half of the work. The second half of a prompt follows the first: on average a quarter of it lies before each half. */
function halfOf(work: StepWork): StepWork {
  return {
    ...work,
    sequences: work.sequences / 2,
    sequencesAllGroups: work.sequencesAllGroups / 2,
    prefillTokens: work.prefillTokens / 2,
    prefillTokensAllGroups: work.prefillTokensAllGroups / 2,
    prefillPastTokens: work.prefillPastTokens + work.prefillTokens / 4,
    prefillAttentionFlops: work.prefillAttentionFlops === null ? null : work.prefillAttentionFlops / 2,
    promptsCompleted: work.promptsCompleted / 2,
  }
}

/**
 * The step as its parts. Where parts overlap, each is shown with its share of the time in flight, so that they add up;
 * memoryBusy and computeBusy stay those of the GPU, whose watts follow from them.
 */
function writeStep(
  out: StepSeconds,
  attention: StepSeconds,
  times: number,
  feedForward: FeedForwardSeconds,
  hops: number,
  hostSeconds: number,
  total: number,
): number {
  const onGpu = attention.total - attention.stepOverhead - attention.sequenceOverhead
  const inFlight = times * (onGpu + sum(feedForward) + hops)
  const shown = (times * (total - hostSeconds)) / inFlight
  const hostShare =
    attention.stepOverhead + attention.sequenceOverhead === 0
      ? 0
      : hostSeconds / (attention.stepOverhead + attention.sequenceOverhead)
  const memoryBusy = times * attention.memoryBusy
  const computeBusy = times * attention.computeBusy
  out.denseWeights = shown * (attention.denseWeights + attention.expertWeights)
  out.cacheRead = shown * attention.cacheRead
  out.expertWeights = shown * feedForward.memory
  out.matrixCompute = shown * (attention.matrixCompute + feedForward.compute)
  out.attentionCompute = shown * attention.attentionCompute
  out.communication = shown * (attention.communication + hops + feedForward.exchange)
  out.layerOverhead = shown * attention.layerOverhead
  out.stepOverhead = hostShare * attention.stepOverhead
  out.sequenceOverhead = hostShare * attention.sequenceOverhead
  out.memoryBusy = memoryBusy
  out.computeBusy = computeBusy
  out.total = total
  return total
}
