/** Takes in what a load's requests became, one at a time; memory does not grow with their number. */
import { createEvidenceCollector, type EvidenceCollector } from '../measure/evidence-collector.ts'
import type { RequestObservation } from '../measure/observation.ts'
import type { LengthSums } from '../measure/prediction-check.ts'
import { recordOfObservation } from '../measure/record-of-observation.ts'
import { createTokenTally, type TokenTally } from '../measure/token-account.ts'
import { Distribution } from '../metrics/distribution.ts'
import type { LatencyClock, Objective } from '../metrics/objective.ts'
import { RunMetrics } from '../metrics/run-metrics.ts'
import type { EndedRequest } from './load-agent.ts'

/** What is heard of a request's end beside the observation; threads tell each other no more. */
export type HeardEnd = Pick<EndedRequest, 'texts' | 'held'>

export interface LoadRecorderSettings {
  readonly objectives: readonly Objective[]
  readonly clock: LatencyClock
  /** Users of a closed loop; null in open loops. */
  readonly users: number | null
  readonly tokenizer: string | null
  readonly isWarmUp: (requestId: number) => boolean
  /** Hears every observation, warm-up included: the file of requests, an export; null: nobody. */
  readonly listener: ((observation: RequestObservation, ended: HeardEnd) => void) | null
}

export interface LoadRecorder {
  readonly metrics: RunMetrics
  readonly evidence: EvidenceCollector
  readonly tally: TokenTally
  /** dispatched − scheduled, ms, of measured requests of open loops that no cap held back. */
  readonly latenessMs: Distribution
  readonly chunks: { readonly count: number; readonly coalesced: number }
  /** Of measured requests: how many were sent, and when the first and the last. */
  readonly sends: { readonly count: number; readonly firstUs: number; readonly lastUs: number }
  /** Lengths of measured requests that were served. */
  readonly lengths: LengthSums
  add(observation: RequestObservation, ended: HeardEnd): void
}

/** Values of lateness kept before percentiles are approximate. */
const latenessLimit = 20_000

export function createLoadRecorder(settings: LoadRecorderSettings): LoadRecorder {
  const { objectives, clock, users, tokenizer, isWarmUp, listener } = settings
  // What fills a closed loop belongs into no statistic, unless the server failed it: errors are never left out.
  let lost = false
  const isFilling = (requestId: number) => isWarmUp(requestId) && !lost
  const metrics = new RunMetrics({ objectives, clock, isWarmUp: isFilling })
  const evidence = createEvidenceCollector({ users })
  const tally = createTokenTally(tokenizer)
  const latenessMs = new Distribution(latenessLimit)
  const chunks = { count: 0, coalesced: 0 }
  const sends = { count: 0, firstUs: Number.POSITIVE_INFINITY, lastUs: Number.NEGATIVE_INFINITY }

  const lengths: { -readonly [Key in keyof LengthSums]: number } = {
    requests: 0,
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    squaredInputTokens: 0,
    squaredOutputTokens: 0,
  }

  function addMeasured(observation: RequestObservation, { held }: HeardEnd): void {
    const { times, chunks: log } = observation
    const record = recordOfObservation(observation)
    metrics.addRecord(record)
    // In a closed loop nothing has a date: a request is due when the answer before it ended, and latencies count from sending.
    if (!held && users === null) latenessMs.add(Math.max(0, times.dispatchedUs - times.scheduledUs) / 1000)
    if (times.sentUs >= 0) {
      sends.count++
      sends.firstUs = Math.min(sends.firstUs, times.sentUs)
      sends.lastUs = Math.max(sends.lastUs, times.sentUs)
    }
    chunks.count += log.us.length
    for (let index = 0; index < log.us.length; index++) chunks.coalesced += log.coalesced[index]!
    if (isFilling(observation.id)) return
    metrics.addChunks(log.us, log.tokens)
    if (record.outcome !== 'served') return
    lengths.requests++
    lengths.inputTokens += record.inputTokens
    lengths.cachedTokens += record.cachedTokens
    lengths.outputTokens += record.outputTokens
    lengths.squaredInputTokens += record.inputTokens ** 2
    lengths.squaredOutputTokens += record.outputTokens ** 2
  }

  return {
    metrics,
    evidence,
    tally,
    latenessMs,
    chunks,
    sends,
    lengths,
    add(observation, ended) {
      tally.add(observation)
      // What the run itself broke off at its end cost the server something and tells nothing of it.
      if (observation.failure?.kind === 'unfinished') {
        listener?.(observation, ended)
        return
      }
      lost = observation.outcome === 'failed' || observation.outcome === 'rejected'
      const filling = observation.phase === 'measured' && isFilling(observation.id)
      if (observation.phase === 'measured') addMeasured(observation, ended)
      const counted = filling ? { ...observation, phase: 'warm-up' as const } : observation
      evidence.add(counted)
      listener?.(counted, ended)
    },
  }
}
