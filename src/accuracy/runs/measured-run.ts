/** A measured run of one engine: how it was set up, which requests it got, and when each of them went how far. */
import type { TokenContent } from '../../workload/request.ts'

export interface MeasuredRun {
  /** Name of its folder. */
  readonly name: string
  readonly settings: RunSettings
  /** In the order of arrival. */
  readonly requests: readonly MeasuredRequest[]
}

export interface RunSettings {
  readonly model: string
  /** As the folder or the driver names the device. */
  readonly accelerator: string
  readonly engineVersion: string
  readonly tensorParallel: number
  readonly pipelineParallel: number
  readonly dataParallel: number
  readonly expertParallel: boolean
  readonly maximumSequences: number
  readonly maximumBatchedTokens: number
  readonly maximumContextTokens: number | null
  readonly cacheFormat: string
  readonly weightFormat: string
  readonly prefixCaching: boolean
  readonly asyncScheduling: boolean
  /** num_gpu_blocks as the engine found it; null where the run does not say. */
  readonly gpuBlocks: number | null
  readonly blockTokens: number
}

/** Times in seconds from the first request's arrival. */
export interface MeasuredRequest {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly content: TokenContent | null
  /** Sent by the client. */
  readonly arrivalSeconds: number
  /** Taken in by the scheduler: between two steps. */
  readonly queuedSeconds: number
  readonly firstTokenSeconds: number
  readonly lastTokenSeconds: number
}

/** Latencies of one request, seconds; TPOT is NaN with a single token. */
export interface RequestLatency {
  readonly ttft: number
  readonly tpot: number
  readonly e2e: number
}

/** As vLLM's own statistics have them: from the moment the scheduler took the request in. */
export function measuredLatency(request: MeasuredRequest): RequestLatency {
  return latencyOf(
    request.queuedSeconds,
    request.firstTokenSeconds,
    request.lastTokenSeconds,
    request.outputTokens,
  )
}

export function latencyOf(queued: number, first: number, last: number, outputTokens: number): RequestLatency {
  return {
    ttft: first - queued,
    tpot: outputTokens > 1 ? (last - first) / (outputTokens - 1) : Number.NaN,
    e2e: last - queued,
  }
}
