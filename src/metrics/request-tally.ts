/** Everything that is counted of a group of requests: outcomes, tokens, latencies of served ones, goodput. */
import { Distribution } from './distribution.ts'
import type { Judgement } from './goodput.ts'
import type { RequestRecord } from './record.ts'

/** Latencies of one request, computed once and added to every group it belongs to; NaN where undefined. */
export interface RequestLatencies {
  ttftServiceMs: number
  ttftResponseMs: number
  tpotMs: number
  endToEndServiceMs: number
  endToEndResponseMs: number
  queueMs: number
}

export const latencyNames = [
  'ttftServiceMs',
  'ttftResponseMs',
  'tpotMs',
  'endToEndServiceMs',
  'endToEndResponseMs',
  'queueMs',
] as const satisfies readonly (keyof RequestLatencies)[]

/** Reasons are a closed list; a server that makes up texts must not fill the memory. */
const mostReasons = 100
const otherReasons = 'other reasons'

export class RequestTally {
  served = 0
  rejected = 0
  failed = 0
  cancelled = 0
  readonly reasons = new Map<string, number>()
  /** Of served requests. */
  inputTokens = 0
  cachedTokens = 0
  outputTokens = 0
  /** Emitted to requests that failed or were cancelled. */
  brokenOffTokens = 0
  preemptions = 0
  met = 0
  missed = 0
  /** Of requests that met their limits. */
  metInputTokens = 0
  metOutputTokens = 0
  readonly latencies: Readonly<Record<keyof RequestLatencies, Distribution>>

  constructor(exactLimit: number) {
    const distribution = () => new Distribution(exactLimit)
    this.latencies = {
      ttftServiceMs: distribution(),
      ttftResponseMs: distribution(),
      tpotMs: distribution(),
      endToEndServiceMs: distribution(),
      endToEndResponseMs: distribution(),
      queueMs: distribution(),
    }
  }

  get requests(): number {
    return this.served + this.rejected + this.failed + this.cancelled
  }

  add(record: RequestRecord, latencies: RequestLatencies, judgement: Judgement): void {
    this.preemptions += record.preemptions
    if (judgement === 'met') {
      this.met++
      this.metInputTokens += record.inputTokens
      this.metOutputTokens += record.outputTokens
    } else if (judgement === 'missed') this.missed++
    if (record.outcome !== 'served') {
      this[record.outcome]++
      this.brokenOffTokens += record.outputTokens
      this.#addReason(record.reason, 1)
      return
    }
    this.served++
    this.inputTokens += record.inputTokens
    this.cachedTokens += record.cachedTokens
    this.outputTokens += record.outputTokens
    const into = this.latencies
    into.ttftServiceMs.add(latencies.ttftServiceMs)
    into.ttftResponseMs.add(latencies.ttftResponseMs)
    into.tpotMs.add(latencies.tpotMs)
    into.endToEndServiceMs.add(latencies.endToEndServiceMs)
    into.endToEndResponseMs.add(latencies.endToEndResponseMs)
    into.queueMs.add(latencies.queueMs)
  }

  #addReason(reason: string, count: number): void {
    const known = this.reasons.has(reason) || this.reasons.size < mostReasons
    const key = known ? reason : otherReasons
    this.reasons.set(key, (this.reasons.get(key) ?? 0) + count)
  }

  merge(other: RequestTally): void {
    this.served += other.served
    this.rejected += other.rejected
    this.failed += other.failed
    this.cancelled += other.cancelled
    for (const [reason, count] of other.reasons) this.#addReason(reason, count)
    this.inputTokens += other.inputTokens
    this.cachedTokens += other.cachedTokens
    this.outputTokens += other.outputTokens
    this.brokenOffTokens += other.brokenOffTokens
    this.preemptions += other.preemptions
    this.met += other.met
    this.missed += other.missed
    this.metInputTokens += other.metInputTokens
    this.metOutputTokens += other.metOutputTokens
    for (const name of latencyNames) this.latencies[name].merge(other.latencies[name])
  }
}
