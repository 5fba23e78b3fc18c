/**
 * What planning needs to know of a trace: mean lengths and their spread, prefix reuse, rate and burstiness of arrivals.
 * One pass over the requests; keeps the arrival times (8 bytes a request) and the ids of seen blocks.
 */
import { TokenwrightError } from '../core/errors.ts'
import type { RequestShape } from '../perf/deployment.ts'
import type { TraceRequest } from './trace-formats.ts'

export interface TraceStatistics {
  readonly format: string
  readonly requests: number
  readonly shape: RequestShape
  /** Mean over the span from first to last arrival; null without arrival times. */
  readonly requestsPerSecond: number | null
  /** Coefficient of variation of the gaps between arrivals: 0 regular, 1 Poisson; null without arrival times. */
  readonly arrivalVariation: number | null
  readonly durationSeconds: number | null
  readonly inputTokensMaximum: number
  readonly outputTokensMaximum: number
  /** What had to be assumed or left out, ready to print. */
  readonly notes: readonly string[]
}

/** Mean and variance in one pass (Welford 1962). */
class RunningMoments {
  count = 0
  mean = 0
  maximum = 0
  #squares = 0

  add(value: number): void {
    this.count++
    const delta = value - this.mean
    this.mean += delta / this.count
    this.#squares += delta * (value - this.mean)
    if (value > this.maximum) this.maximum = value
  }

  /** Standard deviation ÷ mean; 0 for constant values. */
  get variation(): number {
    if (this.count < 2 || this.mean === 0) return 0
    return Math.sqrt(this.#squares / (this.count - 1)) / this.mean
  }
}

export class RequestStatistics {
  readonly #input = new RunningMoments()
  readonly #output = new RunningMoments()
  readonly #arrivals: number[] = []
  readonly #seenBlocks = new Set<number | string>()
  /** Leading blocks already seen, prompt length and whether the hit is whole, of requests with block ids. */
  readonly #hits: { readonly blocks: number; readonly inputTokens: number }[] = []
  #largestBlockEstimate = 0
  #statedCachedTokens = 0
  #statedCached = 0
  #withoutTokens = 0

  add(request: TraceRequest): void {
    if (request.inputTokens === 0 || request.outputTokens === 0) {
      this.#withoutTokens++
      return
    }
    this.#input.add(request.inputTokens)
    this.#output.add(request.outputTokens)
    if (request.arrivalSeconds !== null) this.#arrivals.push(request.arrivalSeconds)
    if (request.cachedTokens !== null) {
      this.#statedCached++
      this.#statedCachedTokens += request.cachedTokens
    }
    if (request.blockIds !== null && request.blockIds.length > 0)
      this.#addBlocks(request.blockIds, request.inputTokens)
  }

  /** Infinite prefix cache: the longest run of leading blocks that any earlier prompt had. */
  #addBlocks(ids: readonly (number | string)[], inputTokens: number): void {
    let blocks = 0
    while (blocks < ids.length && this.#seenBlocks.has(ids[blocks]!)) blocks++
    for (let index = blocks; index < ids.length; index++) this.#seenBlocks.add(ids[index]!)
    this.#hits.push({ blocks, inputTokens })
    this.#largestBlockEstimate = Math.max(this.#largestBlockEstimate, inputTokens / ids.length)
  }

  finish(format: string, parserNotes: Iterable<string>, source: string): TraceStatistics {
    const requests = this.#input.count
    if (requests === 0) {
      throw new TokenwrightError('trace', 'the trace has no requests', {
        where: source,
        fix: 'a CSV trace needs a header and at least one request with input and output tokens',
      })
    }
    const notes = [...parserNotes]
    if (this.#withoutTokens > 0) {
      notes.push(`${this.#withoutTokens} requests without input or output tokens (failed calls) are left out`)
    }
    const arrivals = this.#arrivals.length === requests ? arrivalStatistics(this.#arrivals, notes) : null
    return {
      format,
      requests,
      shape: {
        inputTokens: this.#input.mean,
        outputTokens: this.#output.mean,
        cachedTokens: this.#cachedTokens(notes),
        inputVariation: this.#input.variation,
        outputVariation: this.#output.variation,
      },
      requestsPerSecond: arrivals?.requestsPerSecond ?? null,
      arrivalVariation: arrivals?.variation ?? null,
      durationSeconds: arrivals?.durationSeconds ?? null,
      inputTokensMaximum: this.#input.maximum,
      outputTokensMaximum: this.#output.maximum,
      notes,
    }
  }

  #cachedTokens(notes: string[]): number {
    const requests = this.#input.count
    if (this.#statedCached > 0) return Math.min(this.#statedCachedTokens / requests, this.#input.mean)
    if (this.#hits.length === 0) return 0
    const blockTokens = 2 ** Math.ceil(Math.log2(this.#largestBlockEstimate))
    let cached = 0
    for (const hit of this.#hits) cached += Math.min(hit.blocks * blockTokens, hit.inputTokens)
    notes.push(
      `prefix hits assume one cache that never evicts (${blockTokens}-token blocks): an upper bound for the share cached`,
    )
    return cached / requests
  }
}

interface ArrivalStatistics {
  readonly requestsPerSecond: number | null
  readonly variation: number | null
  readonly durationSeconds: number
}

function arrivalStatistics(unordered: readonly number[], notes: string[]): ArrivalStatistics {
  const arrivals = Float64Array.from(unordered).sort()
  const first = arrivals[0]!
  const durationSeconds = arrivals[arrivals.length - 1]! - first
  if (durationSeconds <= 0) {
    notes.push('all requests arrive at the same instant: the request rate is unknown')
    return { requestsPerSecond: null, variation: null, durationSeconds: 0 }
  }
  const gaps = new RunningMoments()
  let zeroGaps = 0
  let smallestGap = Number.POSITIVE_INFINITY
  for (let index = 1; index < arrivals.length; index++) {
    const gap = arrivals[index]! - arrivals[index - 1]!
    gaps.add(gap)
    if (gap === 0) zeroGaps++
    else smallestGap = Math.min(smallestGap, gap)
  }
  const requestsPerSecond = (arrivals.length - 1) / durationSeconds
  if (zeroGaps > gaps.count / 2) {
    const window = Math.max(smallestGap, 1)
    notes.push(`arrival times are rounded: burstiness is taken from counts per ${window.toPrecision(2)} s`)
    return { requestsPerSecond, variation: variationFromCounts(arrivals, window), durationSeconds }
  }
  return { requestsPerSecond, variation: gaps.variation, durationSeconds }
}

/** For a renewal process variance ÷ mean of counts in long windows tends to the squared variation of gaps (Cox 1962 §4.5). */
function variationFromCounts(arrivals: Float64Array, quantumSeconds: number): number {
  const span = arrivals[arrivals.length - 1]! - arrivals[0]!
  const windowSeconds = Math.max(4 * quantumSeconds, span / 1000)
  const counts = new Float64Array(Math.max(1, Math.floor(span / windowSeconds)))
  for (const arrival of arrivals) {
    const index = Math.floor((arrival - arrivals[0]!) / windowSeconds)
    if (index < counts.length) counts[index]! += 1
  }
  const moments = new RunningMoments()
  for (const count of counts) moments.add(count)
  return moments.variation * Math.sqrt(moments.mean)
}
