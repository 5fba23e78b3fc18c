/**
 * Keeps what is known of a deployment's requests until their intervals are closed, and closes them. A closed interval never
 * changes: what is learnt later is a correction in a later one.
 */
import { assert } from '../../../core/assert.ts'
import {
  type CapacityBilled,
  type IntervalClosed,
  type IntervalCorrection,
  idempotencyKey,
} from '../events.ts'
import {
  assumedMillijoules,
  attributeInterval,
  correctInterval,
  type IntervalAttribution,
  type IntervalBill,
} from './attribute-interval.ts'
import { attemptKey, type EngineFact, type EngineRates } from './engine-fact.ts'

export interface EngineTimeBookSettings {
  readonly deployment: string
  /** Closed intervals that may still be corrected; facts that come later than that stay with idle time. */
  readonly correctableIntervals: number
}

export interface IntervalToClose {
  readonly atMs: number
  readonly fromMs: number
  readonly toMs: number
  /** Replicas that were paid × time. */
  readonly heldMs: number
  /** All that it gives out, corrections of earlier bills included; their sum must not be negative. */
  readonly bills: readonly CapacityBilled[]
}

export interface EngineTimeBook {
  /** What is known of a request by now; a later fact of the same attempt replaces it, and the replaced one is answered. */
  record(fact: EngineFact): EngineFact | null
  /** What an interval took where nobody measures it, by the watts of the rates: for a bill that its price leaves energy out of. */
  assumedMillijoules(
    interval: Pick<IntervalToClose, 'fromMs' | 'toMs' | 'heldMs'>,
    rates: EngineRates,
  ): number
  /** Whether it holds a fact of this attempt. */
  knows(fact: Pick<EngineFact, 'requestId' | 'attempt'>): boolean
  /** Requests that run, in no order. */
  unfinished(): readonly EngineFact[]
  /**
   * One for each closed interval that late facts may have changed: gives it out again. Separate, so that others can have their turn in
   * between: each takes as long as a closing.
   */
  revisions(): readonly (() => void)[]
  /** The event that closes the next interval, with what was revised since the last one. Intervals come in order, without overlap. */
  close(interval: IntervalToClose, rates: EngineRates): IntervalClosed
  /** Facts held, for watching memory. */
  readonly facts: number
}

interface ClosedInterval {
  readonly bill: IntervalBill
  readonly rates: EngineRates
  /** As the events say that are out. */
  attribution: IntervalAttribution
  /** Facts of it came since it was given out. */
  isLate: boolean
  revised: Revision | null
}

interface Revision {
  readonly attribution: IntervalAttribution
  readonly correction: IntervalCorrection | null
}

export function createEngineTimeBook(settings: EngineTimeBookSettings): EngineTimeBook {
  const { deployment, correctableIntervals } = settings
  const facts = new Map<string, EngineFact>()
  let kept: ClosedInterval[] = []
  let closedToMs = 0

  const revise = (interval: ClosedInterval): void => {
    const attribution = attributeInterval(interval.bill, factsWithin(interval.bill), interval.rates)
    const correction = correctInterval(interval.bill, interval.attribution, attribution)
    interval.revised = { attribution, correction }
    interval.isLate = false
  }
  const takeCorrections = (): IntervalCorrection[] => {
    const corrections: IntervalCorrection[] = []
    for (const interval of kept) {
      if (interval.revised === null) continue
      const { attribution, correction } = interval.revised
      if (correction !== null) corrections.push(correction)
      interval.attribution = attribution
      interval.revised = null
    }
    return corrections
  }
  /** What ended before it has no time in it, and none that the time in it depends on. */
  const factsWithin = ({ fromMs, toMs }: Pick<IntervalBill, 'fromMs' | 'toMs'>): EngineFact[] => {
    const within: EngineFact[] = []
    for (const fact of facts.values())
      if (fact.sentMs < toMs && (fact.endMs === null || fact.endMs > fromMs)) within.push(fact)
    return within
  }
  /** What ended by then. Facts are held about in the order in which they were sent; what is missed for that is found at a later closing. */
  const forgetUntil = (oldestMs: number): void => {
    for (const [key, { sentMs, endMs }] of facts) {
      if (sentMs > oldestMs) break
      if (endMs !== null && endMs <= oldestMs) facts.delete(key)
    }
  }

  return {
    record(fact) {
      const key = attemptKey(fact)
      const known = facts.get(key) ?? null
      facts.set(key, fact)
      if (fact.sentMs >= closedToMs) return known
      // Its prompt may have made room for those before it, so whatever lies after its start may change.
      for (const interval of kept) if (interval.bill.toMs > fact.sentMs) interval.isLate = true
      return known
    },
    assumedMillijoules: (interval, rates) => assumedMillijoules(interval, factsWithin(interval), rates),
    knows: fact => facts.has(attemptKey(fact)),
    unfinished: () => [...facts.values()].filter(({ endMs }) => endMs === null),
    revisions: () => kept.filter(({ isLate }) => isLate).map(interval => () => revise(interval)),
    close({ atMs, fromMs, toMs, heldMs, bills }, rates) {
      assert(fromMs >= closedToMs, `the interval from ${fromMs} overlaps one that is closed`)
      const bill: IntervalBill = { fromMs, toMs, heldMs, ...sumOf(bills) }
      const corrections = takeCorrections()
      const attribution = attributeInterval(bill, factsWithin(bill), rates)
      closedToMs = toMs
      kept.push({ bill, rates, attribution, isLate: false, revised: null })
      kept = kept.slice(Math.max(0, kept.length - correctableIntervals))
      const oldestMs = kept[0]?.bill.fromMs ?? toMs
      forgetUntil(oldestMs)
      return {
        kind: 'intervalClosed',
        atMs,
        deployment,
        fromMs,
        toMs,
        bills: bills.map(idempotencyKey),
        deviceNanoUsd: bill.deviceNanoUsd,
        energyNanoUsd: bill.energyNanoUsd,
        ...attribution,
        corrections,
      }
    },
    get facts() {
      return facts.size
    },
  }
}

function sumOf(
  bills: readonly CapacityBilled[],
): Pick<IntervalBill, 'deviceNanoUsd' | 'energyNanoUsd' | 'energyMillijoules'> {
  let deviceNanoUsd = 0n
  let energyNanoUsd = 0n
  let energyMillijoules: number | null = null
  for (const bill of bills) {
    deviceNanoUsd += bill.deviceNanoUsd
    energyNanoUsd += bill.energyNanoUsd
    if (bill.energyMillijoules !== null) energyMillijoules = (energyMillijoules ?? 0) + bill.energyMillijoules
  }
  return { deviceNanoUsd, energyNanoUsd, energyMillijoules }
}
