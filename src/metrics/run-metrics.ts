/**
 * Everything that is measured of a run, fed one record and one step event at a time: the same for the twin, a load
 * generator and a gateway. Memory does not grow with the run beyond a fixed number of values, bins, groups and replicas.
 */
import { assert } from '../core/assert.ts'
import { BinnedSeries, defaultBins } from './binned-series.ts'
import type { Breakdown } from './breakdown.ts'
import { Distribution, defaultExactLimit } from './distribution.ts'
import { responseEndToEndMs, serviceEndToEndMs } from './end-to-end-latency.ts'
import { type Judgement, judgeRequest, type RequestLimits, requestLimits } from './goodput.ts'
import { addChunkGaps } from './inter-token-latency.ts'
import type { LatencyClock, Objective } from './objective.ts'
import { queueMs } from './queue-time.ts'
import type { RequestRecord } from './record.ts'
import {
  type ReplicaState,
  ReplicaSteps,
  type ReplicaUsage,
  type StepFacts,
  type StepsSample,
} from './replica-steps.ts'
import { type RequestLatencies, RequestTally } from './request-tally.ts'
import { type RunColumn, runColumns } from './run-series.ts'
import { tpotMs } from './time-per-output-token.ts'
import { responseTtftMs, serviceTtftMs } from './time-to-first-token.ts'
import { microsecondsPerSecond } from './time-units.ts'

export interface RunMetricsSettings {
  readonly objectives: readonly Objective[]
  /** The clock that objectives and goodput look at. */
  readonly clock: LatencyClock
  /** Requests that belong to warm-up: the first so many, and those sent in the first so many seconds. */
  readonly warmUp: { readonly requests: number; readonly seconds: number }
  /** Further ones that a workload marked. */
  readonly isWarmUp?: ((requestId: number) => boolean) | undefined
  readonly breakdowns: readonly Breakdown[]
  /** Values kept of each latency before percentiles become approximate. */
  readonly exactLimit: number
}

export const defaultRunMetricsSettings: RunMetricsSettings = {
  objectives: [],
  clock: 'service',
  warmUp: { requests: 0, seconds: 0 },
  breakdowns: [],
  exactLimit: defaultExactLimit,
}

/**
 * Of a group, fewer values are kept: from about this number on, a histogram from milliseconds to minutes (17 powers of two
 * × 128 buckets) takes less memory than the values themselves.
 */
const groupExactLimit = 2_000
/** Groups of one breakdown that are kept apart; a gateway may meet any number of tenants. */
const mostGroups = 1_000
export const otherGroups = 'other groups'

export class RunMetrics {
  readonly settings: RunMetricsSettings
  readonly limits: RequestLimits
  /** Measured requests: those after warm-up. */
  readonly measured: RequestTally
  readonly interTokenLatencyMs: Distribution
  readonly series = new BinnedSeries<RunColumn>(runColumns, defaultBins)
  /** By breakdown in the order of the settings, then by group in the order of appearance. */
  readonly groups: readonly Map<string, RequestTally>[]
  /** Served tokens of the whole run, warm-up included: what the whole bill paid for. */
  readonly wholeRun = {
    requests: 0,
    served: 0,
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    met: 0,
    metInputTokens: 0,
    metOutputTokens: 0,
  }
  /** From the first measured request sent to the last measured one over; Infinity and 0 without any. */
  firstSentUs = Number.POSITIVE_INFINITY
  lastEndedUs = 0
  readonly #replicas: ReplicaSteps[] = []
  readonly #latencies: RequestLatencies = {
    ttftServiceMs: Number.NaN,
    ttftResponseMs: Number.NaN,
    tpotMs: Number.NaN,
    endToEndServiceMs: Number.NaN,
    endToEndResponseMs: Number.NaN,
    queueMs: Number.NaN,
  }

  constructor(settings: Partial<RunMetricsSettings> = {}) {
    this.settings = { ...defaultRunMetricsSettings, ...settings }
    this.limits = requestLimits(this.settings.objectives)
    this.measured = new RequestTally(this.settings.exactLimit)
    this.interTokenLatencyMs = new Distribution(this.settings.exactLimit)
    this.groups = this.settings.breakdowns.map(() => new Map())
  }

  /** A request is over. Records may come in any order. */
  addRecord(record: RequestRecord): void {
    const sentUs = record.sentUs >= 0 ? record.sentUs : record.scheduledUs
    // The message is only built when it is needed: this runs for every request.
    if (!(record.endedUs >= sentUs)) refuse(record)
    const { warmUp } = this.settings
    const isWarmUp =
      record.id < warmUp.requests ||
      sentUs < warmUp.seconds * microsecondsPerSecond ||
      this.settings.isWarmUp?.(record.id) === true
    const judgement = judgeRequest(record, this.limits, this.settings.clock)
    this.#addToSeries(record, sentUs, judgement)
    this.wholeRun.requests++
    if (record.outcome === 'served') {
      this.wholeRun.served++
      this.wholeRun.inputTokens += record.inputTokens
      this.wholeRun.cachedTokens += record.cachedTokens
      this.wholeRun.outputTokens += record.outputTokens
    }
    if (judgement === 'met') {
      this.wholeRun.met++
      this.wholeRun.metInputTokens += record.inputTokens
      this.wholeRun.metOutputTokens += record.outputTokens
    }
    if (isWarmUp) return
    if (sentUs < this.firstSentUs) this.firstSentUs = sentUs
    if (record.endedUs > this.lastEndedUs) this.lastEndedUs = record.endedUs
    const latencies = this.#latencies
    latencies.ttftServiceMs = serviceTtftMs(record)
    latencies.ttftResponseMs = responseTtftMs(record)
    latencies.tpotMs = tpotMs(record)
    latencies.endToEndServiceMs = serviceEndToEndMs(record)
    latencies.endToEndResponseMs = responseEndToEndMs(record)
    latencies.queueMs = queueMs(record)
    this.measured.add(record, latencies, judgement)
    for (let index = 0; index < this.groups.length; index++) {
      const name = this.settings.breakdowns[index]!.groupOf(record)
      this.#group(this.groups[index]!, name).add(record, latencies, judgement)
    }
  }

  /**
   * Tokens of served requests by the time they came: the prompt while it was computed, the first token at its time, the
   * others evenly up to the last one. Answers whose token times nobody saw come as a whole when they end.
   */
  #addToSeries(record: RequestRecord, sentUs: number, judgement: Judgement): void {
    const { series } = this
    const { endedUs, firstTokenUs, lastTokenUs, outputTokens } = record
    series.add(column.inFlight, sentUs, endedUs, endedUs - sentUs)
    if (record.outcome !== 'served') return
    const met = judgement === 'met'
    series.add(column.served, endedUs, endedUs, 1)
    if (met) series.add(column.metRequests, endedUs, endedUs, 1)
    if (!(firstTokenUs >= sentUs && lastTokenUs >= firstTokenUs)) {
      series.add(column.inputTokens, endedUs, endedUs, record.inputTokens)
      series.add(column.outputTokens, endedUs, endedUs, outputTokens)
      if (met) series.add(column.metOutputTokens, endedUs, endedUs, outputTokens)
      return
    }
    const startedUs = record.startedUs >= sentUs ? Math.min(record.startedUs, firstTokenUs) : sentUs
    series.add(column.inputTokens, startedUs, firstTokenUs, record.inputTokens)
    const first = Math.min(1, outputTokens)
    series.add(column.outputTokens, firstTokenUs, firstTokenUs, first)
    series.add(column.outputTokens, firstTokenUs, lastTokenUs, outputTokens - first)
    if (!met) return
    series.add(column.metOutputTokens, firstTokenUs, firstTokenUs, first)
    series.add(column.metOutputTokens, firstTokenUs, lastTokenUs, outputTokens - first)
  }

  #group(groups: Map<string, RequestTally>, name: string): RequestTally {
    const known = groups.get(name)
    if (known !== undefined) return known
    if (groups.size >= mostGroups && name !== otherGroups) return this.#group(groups, otherGroups)
    const tally = new RequestTally(Math.min(groupExactLimit, this.settings.exactLimit))
    groups.set(name, tally)
    return tally
  }

  /** An engine instance took steps; those of one instance come in order. */
  addSteps(replica: number, sample: StepsSample): void {
    const steps = this.#replica(replica)
    this.#tellLevels(steps, sample.startUs)
    this.#tellIdleEnergy(steps, sample.startUs)
    steps.add(sample, this.interTokenLatencyMs)
    this.#tellLevels(steps, sample.atUs)
    this.series.add(column.joules, sample.startUs, sample.atUs, sample.joules)
  }

  /** How an engine instance works; before its first step. Without it: no speculation, no prefill pool before it. */
  setStepFacts(replica: number, facts: StepFacts): void {
    this.#replica(replica).facts = facts
  }

  /** What an engine instance holds from atUs on, when no step tells: after a crash, a drain, a poll of its metrics. */
  setReplicaState(replica: number, atUs: number, state: ReplicaState): void {
    const steps = this.#replica(replica)
    this.#tellLevels(steps, atUs)
    steps.setState(state)
  }

  /** From atUs on an instance draws so much while no step of it runs; 0 when it is given back. */
  setIdleWatts(replica: number, atUs: number, watts: number): void {
    const steps = this.#replica(replica)
    // Said again in the middle of a step, it must not count the time since the last one as idle.
    if (steps.idleWatts === watts) return
    this.#tellIdleEnergy(steps, atUs)
    steps.idleWatts = watts
    if (!(steps.idleFromUs > atUs)) steps.idleFromUs = atUs
  }

  #tellIdleEnergy(steps: ReplicaSteps, untilUs: number): void {
    const { idleFromUs, idleWatts } = steps
    if (!(untilUs > idleFromUs) || idleWatts === 0) return
    const joules = (idleWatts * (untilUs - idleFromUs)) / microsecondsPerSecond
    this.series.add(column.joules, idleFromUs, untilUs, joules)
  }

  /** The levels of an instance have been as they are up to untilUs. */
  #tellLevels(steps: ReplicaSteps, untilUs: number): void {
    const fromUs = steps.toldUs
    if (fromUs >= untilUs) return
    steps.toldUs = untilUs
    if (Number.isNaN(fromUs)) return
    const us = untilUs - fromUs
    this.series.add(column.replicas, fromUs, untilUs, us)
    if (steps.running > 0) this.series.add(column.running, fromUs, untilUs, steps.running * us)
    if (steps.waiting > 0) this.series.add(column.waiting, fromUs, untilUs, steps.waiting * us)
    if (steps.cacheUse > 0) this.series.add(column.cacheUse, fromUs, untilUs, steps.cacheUse * us)
  }

  #replica(replica: number): ReplicaSteps {
    assert(Number.isInteger(replica) && replica >= 0, 'replicas are numbered from 0')
    while (this.#replicas.length <= replica) this.#replicas.push(new ReplicaSteps())
    return this.#replicas[replica]!
  }

  /** Chunks of one answer as a client saw them; see inter-token-latency.ts. */
  addChunks(chunkTimesUs: ArrayLike<number>, chunkTokens: ArrayLike<number>, chunks?: number): void {
    addChunkGaps(this.interTokenLatencyMs, chunkTimesUs, chunkTokens, chunks)
  }

  /** Energy that no step event has: a meter's reading over an interval. */
  addEnergy(startUs: number, endUs: number, joules: number): void {
    this.series.add(column.joules, startUs, endUs, joules)
  }

  /** Totals of engine instances, in the order of their numbers. */
  replicaUsage(): ReplicaUsage[] {
    return this.#replicas.map((steps, replica) => steps.usage(replica))
  }

  /** Takes in another run's part on the same clock and with the same settings: agents of one plan, workers of one gateway. */
  merge(other: RunMetrics): void {
    assert(other.replicaUsage().length === 0, 'step events are fed to one place, records may be merged')
    assert(this.groups.length === other.groups.length, 'runs with the same breakdowns are merged')
    this.measured.merge(other.measured)
    this.interTokenLatencyMs.merge(other.interTokenLatencyMs)
    this.series.merge(other.series)
    for (const [index, groups] of other.groups.entries()) {
      for (const [name, tally] of groups) this.#group(this.groups[index]!, name).merge(tally)
    }
    for (const key of Object.keys(this.wholeRun) as (keyof typeof this.wholeRun)[]) {
      this.wholeRun[key] += other.wholeRun[key]
    }
    this.firstSentUs = Math.min(this.firstSentUs, other.firstSentUs)
    this.lastEndedUs = Math.max(this.lastEndedUs, other.lastEndedUs)
  }
}

/** Numbers of the columns of every run's series. */
const column = Object.fromEntries(runColumns.map((name, index) => [name, index])) as Readonly<
  Record<RunColumn, number>
>

function refuse({ id, sentUs, scheduledUs, endedUs }: RequestRecord): never {
  throw new Error(
    `assertion failed: request ${id} ends at ${endedUs} µs, due at ${scheduledUs} and sent at ${sentUs}`,
  )
}
