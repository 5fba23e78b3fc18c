/**
 * What one replica has counted, in no engine's words: each dialect (vllm-metrics.ts and its neighbours) reads its own
 * names out of it. When a thing is counted follows vLLM (vllm/v1/metrics/stats.py at 28ed1fb8; sources of prompt tokens
 * from a later copy of the same file): prompts with their first token, gaps with each step, requests at their end.
 */
import type { StepsEvent } from '../../engine/types.ts'
import type { RequestRecord } from '../../metrics/record.ts'
import type { BucketBounds, HistogramName } from './buckets.ts'
import { createHistogram, type Histogram, observe } from './histogram.ts'
import type { RequestParameters } from './settings.ts'

/** vLLM's FinishReason (vllm/v1/engine/__init__.py at f22d6e02), in its order. */
export const finishReasons = ['stop', 'length', 'abort', 'error', 'repetition'] as const
export type FinishReason = (typeof finishReasons)[number]

/** Steps that ended and whose first tokens may still be told. */
interface OpenStep {
  readonly startUs: number
  readonly atUs: number
  readonly steps: number
  readonly decodeSequences: number
  readonly outputTokens: number
  firstTokens: number
  /** Of them, those of requests that want more. */
  joining: number
  promptTokens: number
}

/** Sequences whose latest token came at atUs, before any step that decodes them; NaN: they have none. */
interface Newcomers {
  readonly atUs: number
  readonly sequences: number
}

export interface ReplicaMetrics {
  readonly histograms: Readonly<Record<HistogramName, Histogram>>
  /** Whole prompts, cached tokens included, and where their tokens came from. */
  promptTokens: number
  computedTokens: number
  localCacheTokens: number
  /** From host memory, disk or another replica. */
  externalCacheTokens: number
  generationTokens: number
  cacheQueryTokens: number
  cacheHitTokens: number
  externalQueryTokens: number
  externalHitTokens: number
  preemptions: number
  readonly finished: Record<FinishReason, number>
  /** Of requests that ended: SGLang counts tokens only then. */
  endedPromptTokens: number
  endedGenerationTokens: number
  endedLocalCacheTokens: number
  endedExternalCacheTokens: number
  /** End of the latest step in which sequences decoded. */
  decodedUs: number
  /** Since then. */
  readonly newcomers: Newcomers[]
  open: OpenStep | null
  /** First tokens told before the steps event they belong to. */
  nextFirstTokens: number
  nextJoining: number
  nextPromptTokens: number
  /** Preempted after a token of theirs, and when it was: those that wait, and those taken up again, in that order. */
  readonly preempted: Map<number, number>
  readonly resumed: Map<number, number>
}

export function createReplicaMetrics(bounds: BucketBounds): ReplicaMetrics {
  const histograms = Object.fromEntries(
    Object.entries(bounds).map(([name, values]) => [name, createHistogram(values)]),
  ) as Record<HistogramName, Histogram>
  return {
    histograms,
    promptTokens: 0,
    computedTokens: 0,
    localCacheTokens: 0,
    externalCacheTokens: 0,
    generationTokens: 0,
    cacheQueryTokens: 0,
    cacheHitTokens: 0,
    externalQueryTokens: 0,
    externalHitTokens: 0,
    preemptions: 0,
    finished: { stop: 0, length: 0, abort: 0, error: 0, repetition: 0 },
    endedPromptTokens: 0,
    endedGenerationTokens: 0,
    endedLocalCacheTokens: 0,
    endedExternalCacheTokens: 0,
    decodedUs: Number.NaN,
    newcomers: [],
    open: null,
    nextFirstTokens: 0,
    nextJoining: 0,
    nextPromptTokens: 0,
    preempted: new Map(),
    resumed: new Map(),
  }
}

/** A prompt was looked up in the cache for the first time. `external` of `cached` came from a slower tier. */
export function countLookup(
  metrics: ReplicaMetrics,
  inputTokens: number,
  cached: number,
  external: number,
  hasExternal: boolean,
): void {
  const local = cached - external
  metrics.cacheQueryTokens += inputTokens
  metrics.cacheHitTokens += local
  if (!hasExternal) return
  // A connector is asked for what the device does not have.
  metrics.externalQueryTokens += inputTokens - local
  metrics.externalHitTokens += external
}

/** A prompt is done: its tokens by source, cached in all and from elsewhere. */
export function countPrompt(
  metrics: ReplicaMetrics,
  inputTokens: number,
  cached: number,
  external: number,
): void {
  metrics.promptTokens += inputTokens
  metrics.computedTokens += inputTokens - cached
  metrics.localCacheTokens += cached - external
  metrics.externalCacheTokens += external
}

/** A first token was sampled in the step that ends at atUs, whose event may come before or after. more: others follow. */
export function countFirstToken(
  metrics: ReplicaMetrics,
  atUs: number,
  inputTokens: number,
  more: boolean,
): void {
  const { open } = metrics
  const joining = more ? 1 : 0
  if (open !== null && atUs <= open.atUs) {
    open.firstTokens++
    open.joining += joining
    open.promptTokens += inputTokens
  } else {
    metrics.nextFirstTokens++
    metrics.nextJoining += joining
    metrics.nextPromptTokens += inputTokens
  }
}

/**
 * A sequence begins to decode whose prompt was computed elsewhere. firstTokenUs: when the client got its first token; NaN
 * when it is the first step here that makes it, which then ends no gap.
 */
export function countArrival(metrics: ReplicaMetrics, firstTokenUs: number): void {
  closeStep(metrics)
  metrics.newcomers.push({ atUs: firstTokenUs, sequences: 1 })
}

/** Steps ended. */
export function countSteps(metrics: ReplicaMetrics, event: StepsEvent): void {
  closeStep(metrics)
  metrics.generationTokens += event.outputTokens
  const { startUs, atUs, steps, decodeSequences, outputTokens } = event
  metrics.open = {
    startUs,
    atUs,
    steps,
    decodeSequences,
    outputTokens,
    firstTokens: metrics.nextFirstTokens,
    joining: metrics.nextJoining,
    promptTokens: metrics.nextPromptTokens,
  }
  metrics.nextFirstTokens = 0
  metrics.nextJoining = 0
  metrics.nextPromptTokens = 0
}

/** Everything up to now has been told: the steps that waited for first tokens are counted. */
export function closeStep(metrics: ReplicaMetrics): void {
  const { open, histograms } = metrics
  if (open === null) return
  metrics.open = null
  // Prompts end in the last of equal steps.
  const { steps, outputTokens } = open
  observe(histograms.iterationTokens, outputTokens / steps, steps - 1)
  observe(histograms.iterationTokens, outputTokens / steps + open.promptTokens, 1)
  if (open.decodeSequences > 0) observeGaps(metrics, open)
  if (open.joining > 0) metrics.newcomers.push({ atUs: open.atUs, sequences: open.joining })
  // Tokens that are neither first ones nor decoded: of preempted sequences that were recomputed, the earliest first.
  let recomputed = outputTokens - open.firstTokens - open.decodeSequences * steps
  for (const [requestId, sinceUs] of metrics.resumed) {
    if (recomputed-- <= 0) break
    observe(histograms.interTokenSeconds, (open.atUs - sinceUs) / 1e6)
    metrics.newcomers.push({ atUs: open.atUs, sequences: 1 })
    metrics.resumed.delete(requestId)
  }
}

/**
 * The gaps before the tokens of steps that decode: of most sequences since the latest step that decoded (an engine may
 * have put whole prompts in between), of newcomers since their first token.
 */
function observeGaps(metrics: ReplicaMetrics, open: OpenStep): void {
  const { interTokenSeconds } = metrics.histograms
  const { startUs, atUs, steps, decodeSequences } = open
  const stepUs = (atUs - startUs) / steps
  const firstEndUs = startUs + stepUs
  let others = decodeSequences
  // Some of them may have been cancelled since; then the latest are counted.
  for (let index = metrics.newcomers.length - 1; index >= 0 && others > 0; index--) {
    const { atUs: sinceUs, sequences } = metrics.newcomers[index]!
    const here = Math.min(sequences, others)
    observe(interTokenSeconds, (firstEndUs - sinceUs) / 1e6, here)
    others -= here
  }
  metrics.newcomers.length = 0
  const sinceUs = Number.isNaN(metrics.decodedUs) ? startUs : metrics.decodedUs
  observe(interTokenSeconds, (firstEndUs - sinceUs) / 1e6, others)
  observe(interTokenSeconds, stepUs / 1e6, decodeSequences * (steps - 1))
  metrics.decodedUs = atUs
}

/**
 * A sequence that has tokens lost its place at atUs. Not to be called under speculation, where sequences gain more than a
 * token a step and recomputed ones cannot be told apart: then the gap is left out.
 */
export function countInterruption(metrics: ReplicaMetrics, requestId: number, atUs: number): void {
  metrics.preempted.set(requestId, metrics.resumed.get(requestId) ?? atUs)
  metrics.resumed.delete(requestId)
}

/** It was taken up again. */
export function countResumption(metrics: ReplicaMetrics, requestId: number): void {
  const sinceUs = metrics.preempted.get(requestId)
  if (sinceUs === undefined) return
  metrics.preempted.delete(requestId)
  metrics.resumed.set(requestId, sinceUs)
}

/** It is gone from the replica. */
export function forgetInterruption(metrics: ReplicaMetrics, requestId: number): void {
  metrics.preempted.delete(requestId)
  metrics.resumed.delete(requestId)
}

/** What of a request its record does not say: when it was sent to the replica, and what the client asked for. */
export interface EndedRequest {
  readonly arrivedUs: number
  readonly externalTokens: number
  readonly parameters: RequestParameters
}

/** A request is over. */
export function countEnd(
  metrics: ReplicaMetrics,
  record: RequestRecord,
  { arrivedUs, externalTokens, parameters }: EndedRequest,
  reason: FinishReason,
): void {
  const { histograms } = metrics
  const seconds = (fromUs: number, toUs: number) => (toUs - fromUs) / 1e6
  metrics.finished[reason]++
  metrics.endedPromptTokens += record.inputTokens
  metrics.endedGenerationTokens += record.outputTokens
  metrics.endedLocalCacheTokens += record.cachedTokens - externalTokens
  metrics.endedExternalCacheTokens += externalTokens
  const decodeSeconds = seconds(record.firstTokenUs, record.lastTokenUs)
  observe(histograms.endToEndSeconds, seconds(arrivedUs, record.endedUs))
  observe(histograms.queueSeconds, seconds(arrivedUs, record.startedUs))
  observe(histograms.prefillSeconds, seconds(record.startedUs, record.firstTokenUs))
  observe(histograms.decodeSeconds, decodeSeconds)
  observe(histograms.inferenceSeconds, seconds(record.startedUs, record.lastTokenUs))
  if (record.outputTokens > 1)
    observe(histograms.timePerOutputTokenSeconds, decodeSeconds / (record.outputTokens - 1))
  observe(histograms.promptTokens, record.inputTokens)
  observe(histograms.computedPromptTokens, record.inputTokens - record.cachedTokens)
  observe(histograms.generationTokens, record.outputTokens)
  observe(histograms.maximumTokens, parameters.maximumTokens ?? Number.NaN)
  observe(histograms.choices, parameters.choices)
}
