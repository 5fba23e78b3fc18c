/**
 * Gathers from observations, as they come, what the verdict needs and the metrics do not keep: lengths, the first wave, the
 * rhythm of sends, drift. Memory does not grow with the run.
 */
import { BinnedSeries } from '../metrics/binned-series.ts'
import { Distribution } from '../metrics/distribution.ts'
import { responseEndToEndMs } from '../metrics/end-to-end-latency.ts'
import { orNull } from '../metrics/latency-summary.ts'
import { tpotMs } from '../metrics/time-per-output-token.ts'
import { responseTtftMs, serviceTtftMs } from '../metrics/time-to-first-token.ts'
import type { RequestObservation } from './observation.ts'
import type { EffectiveShares } from './percentile-interval.ts'
import { recordOfObservation } from './record-of-observation.ts'
import { sendClumping } from './send-clumping.ts'
import { levelTrend, TimedValues } from './time-groups.ts'
import type { FirstWave, LengthEvidence, Trend, VerdictEvidence, WaveEvidence } from './verdict-evidence.ts'

export interface EvidenceSettings {
  /** Users of a closed loop, sessions; null in open loops. */
  readonly users: number | null
}

/** What the collector cannot know. */
export type OutsideEvidence = Omit<
  VerdictEvidence,
  'lengths' | 'ttftMedianMs' | 'firstWave' | 'waves' | 'trends'
>

export interface EvidenceCollector {
  /** Every observation, in any order; those of the warm-up are left out here. */
  add(observation: RequestObservation): void
  /** For latencyIntervals. */
  effectiveShares(): EffectiveShares
  /** May be asked at any time. */
  evidence(outside: OutsideEvidence): VerdictEvidence
}

/** First requests of an open loop that are held against the later ones: of ten it was seen (aws-samples/aws-do-eks, pull request 88). */
const firstOfOpenLoop = 10
/** A wave of more is told by as many. */
const mostFirst = 1_000
/** Later requests, for each first one, without which the two are not compared. Assumed. */
const laterPerFirst = 2
/** Values kept of a latency before its percentiles are approximate (0.4 %); see run-metrics.ts's groups. */
const exactLimit = 2_000
/** Sends remembered for their rhythm: 64 KB; of many users, cycles enough for send-clumping.ts. */
const sendsKept = 8_192
const cyclesKept = 8

export function createEvidenceCollector({ users }: EvidenceSettings): EvidenceCollector {
  const lengths: { -readonly [Key in keyof LengthEvidence]: number } = {
    outputRequests: 0,
    askedOutputTokens: 0,
    obtainedOutputTokens: 0,
    inputRequests: 0,
    askedInputTokens: 0,
    obtainedInputTokens: 0,
  }
  const first = new FirstRequests(Math.min(mostFirst, users ?? firstOfOpenLoop))
  const ttft = new Distribution(exactLimit)
  const timed = { ttft: new TimedValues(), tpot: new TimedValues(), endToEnd: new TimedValues() }
  const inFlight = new BinnedSeries(['inFlight'])
  const sends = new Float64Array(users === null ? 0 : Math.max(sendsKept, cyclesKept * users))
  let sent = 0
  let firstSentUs = Number.POSITIVE_INFINITY
  let lastSentUs = Number.NEGATIVE_INFINITY

  const add = (observation: RequestObservation) => {
    const { phase, outcome, times } = observation
    if (phase !== 'measured') return
    const { sentUs, endedUs } = times
    // What never left the client tells nothing of the server.
    if (!(sentUs >= 0)) return
    firstSentUs = Math.min(firstSentUs, sentUs)
    lastSentUs = Math.max(lastSentUs, sentUs)
    if (sends.length > 0) sends[sent % sends.length] = sentUs
    sent++
    if (endedUs >= sentUs) inFlight.add(0, sentUs, endedUs, endedUs - sentUs)
    if (outcome !== 'served') return
    addLengths(lengths, observation)
    const record = recordOfObservation(observation)
    const serviceMs = serviceTtftMs(record)
    ttft.add(serviceMs)
    first.add(observation.id, serviceMs)
    timed.ttft.add(sentUs, responseTtftMs(record))
    timed.tpot.add(sentUs, tpotMs(record))
    timed.endToEnd.add(sentUs, responseEndToEndMs(record))
  }

  const trends = (): Trend[] => {
    const found = {
      TTFT: timed.ttft.trend(firstSentUs, lastSentUs),
      TPOT: timed.tpot.trend(firstSentUs, lastSentUs),
      'requests in flight': levelTrend(inFlight, 0, sent, firstSentUs, lastSentUs),
    }
    return Object.entries(found).flatMap(([name, trend]) =>
      trend === null || !Number.isFinite(trend.change) ? [] : [{ name: name as Trend['name'], ...trend }],
    )
  }

  const waves = (): WaveEvidence | null => {
    if (users === null) return null
    const kept = sends.slice(0, Math.min(sent, sends.length)).sort()
    // Users who all start at once are together at first, whatever comes later.
    return sendClumping(kept.subarray(Math.max(0, kept.length - Math.ceil(sent / 2))), users)
  }

  return {
    add,
    effectiveShares: () => ({
      ttft: timed.ttft.effectiveShare(firstSentUs, lastSentUs),
      tpot: timed.tpot.effectiveShare(firstSentUs, lastSentUs),
      endToEnd: timed.endToEnd.effectiveShare(firstSentUs, lastSentUs),
    }),
    evidence: outside => ({
      ...outside,
      lengths: { ...lengths },
      ttftMedianMs: orNull(ttft.quantile(0.5)),
      firstWave: first.compared(),
      waves: waves(),
      trends: trends(),
    }),
  }
}

/** Counted chunks are no tokens: only usage and a tokenizer tell lengths. */
function addLengths(
  lengths: { -readonly [Key in keyof LengthEvidence]: number },
  { reported, counted, requestedInputTokens, requestedOutputTokens }: RequestObservation,
): void {
  const outputTokens = reported?.outputTokens ?? counted.tokens
  if (outputTokens !== null) {
    lengths.outputRequests++
    lengths.askedOutputTokens += requestedOutputTokens
    lengths.obtainedOutputTokens += outputTokens
  }
  if (reported !== null) {
    lengths.inputRequests++
    lengths.askedInputTokens += requestedInputTokens
    lengths.obtainedInputTokens += reported.inputTokens
  }
}

/** TTFT of the requests with the smallest numbers, kept apart from all others. */
class FirstRequests {
  readonly #size: number
  readonly #first: { readonly id: number; readonly ttftMs: number }[] = []
  readonly #later = new Distribution(exactLimit)

  constructor(size: number) {
    this.#size = size
  }

  add(id: number, ttftMs: number): void {
    if (Number.isNaN(ttftMs)) return
    const first = this.#first
    const full = first.length === this.#size
    if (full && id > first[this.#size - 1]!.id) {
      this.#later.add(ttftMs)
      return
    }
    let place = first.length
    while (place > 0 && first[place - 1]!.id > id) place--
    first.splice(place, 0, { id, ttftMs })
    if (full) this.#later.add(first.pop()!.ttftMs)
  }

  compared(): FirstWave | null {
    const wave = new Distribution(exactLimit)
    for (const { ttftMs } of this.#first) wave.add(ttftMs)
    if (wave.count === 0 || this.#later.count < laterPerFirst * wave.count) return null
    return {
      requests: wave.count,
      medianMs: wave.quantile(0.5),
      laterRequests: this.#later.count,
      laterMedianMs: this.#later.quantile(0.5),
      laterP95Ms: this.#later.quantile(0.95),
    }
  }
}
