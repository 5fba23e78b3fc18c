/**
 * Keeps what is known of a deployment's requests until their intervals are closed, and closes them. A closed interval never
 * changes: what is learnt later is a correction in the next one.
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
import type { EngineFact, EngineRates } from './engine-fact.ts'

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
  /** The event that closes the next interval, with corrections of those before. Intervals come in order, without overlap. */
  close(interval: IntervalToClose, rates: EngineRates): IntervalClosed
  /** Facts held, for watching memory. */
  readonly facts: number
}

interface ClosedInterval {
  readonly bill: IntervalBill
  readonly rates: EngineRates
  attribution: IntervalAttribution
  late: boolean
}

export function createEngineTimeBook(settings: EngineTimeBookSettings): EngineTimeBook {
  const { deployment, correctableIntervals } = settings
  const facts = new Map<string, EngineFact>()
  let kept: ClosedInterval[] = []
  let closedToMs = 0

  const correctionsNow = (): IntervalCorrection[] => {
    const corrections: IntervalCorrection[] = []
    for (const interval of kept.filter(({ late }) => late)) {
      const after = attributeInterval(interval.bill, factsWithin(interval.bill), interval.rates)
      const correction = correctInterval(interval.bill, interval.attribution, after)
      if (correction !== null) corrections.push(correction)
      interval.attribution = after
      interval.late = false
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

  return {
    record(fact) {
      const key = factKey(fact)
      const known = facts.get(key) ?? null
      facts.set(key, fact)
      if (fact.sentMs >= closedToMs) return known
      // Its prompt may have made room for those before it, so whatever lies after its start may change.
      for (const interval of kept) if (interval.bill.toMs > fact.sentMs) interval.late = true
      return known
    },
    assumedMillijoules: (interval, rates) => assumedMillijoules(interval, factsWithin(interval), rates),
    knows: fact => facts.has(factKey(fact)),
    unfinished: () => [...facts.values()].filter(({ endMs }) => endMs === null),
    close({ atMs, fromMs, toMs, heldMs, bills }, rates) {
      assert(fromMs >= closedToMs, `the interval from ${fromMs} overlaps one that is closed`)
      const bill: IntervalBill = { fromMs, toMs, heldMs, ...sumOf(bills) }
      const corrections = correctionsNow()
      const attribution = attributeInterval(bill, factsWithin(bill), rates)
      closedToMs = toMs
      kept.push({ bill, rates, attribution, late: false })
      kept = kept.slice(Math.max(0, kept.length - correctableIntervals))
      const oldestMs = kept[0]?.bill.fromMs ?? toMs
      for (const [key, { endMs }] of facts) if (endMs !== null && endMs <= oldestMs) facts.delete(key)
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

function factKey({ requestId, attempt }: Pick<EngineFact, 'requestId' | 'attempt'>): string {
  return `${attempt}/${requestId}`
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
