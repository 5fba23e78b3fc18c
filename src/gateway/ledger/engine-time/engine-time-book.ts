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
  /** What is known of a request by now; a later fact of the same attempt replaces it. */
  record(fact: EngineFact): void
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
      const after = attributeInterval(interval.bill, factsBefore(interval.bill.toMs), interval.rates)
      const correction = correctInterval(interval.bill, interval.attribution, after)
      if (correction !== null) corrections.push(correction)
      interval.attribution = after
      interval.late = false
    }
    return corrections
  }
  const factsBefore = (toMs: number): EngineFact[] => [...facts.values()].filter(fact => fact.sentMs < toMs)

  return {
    record(fact) {
      facts.set(`${fact.attempt}/${fact.requestId}`, fact)
      if (fact.sentMs >= closedToMs) return
      // Its prompt may have made room for those before it, so whatever lies after its start may change.
      for (const interval of kept) if (interval.bill.toMs > fact.sentMs) interval.late = true
    },
    close({ atMs, fromMs, toMs, heldMs, bills }, rates) {
      assert(fromMs >= closedToMs, `the interval from ${fromMs} overlaps one that is closed`)
      const bill: IntervalBill = { fromMs, toMs, heldMs, ...sumOf(bills) }
      const corrections = correctionsNow()
      const attribution = attributeInterval(bill, factsBefore(toMs), rates)
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
