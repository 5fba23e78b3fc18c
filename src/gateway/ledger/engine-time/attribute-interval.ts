/**
 * The bill of an interval, given to the requests that used the deployment's engines and to idle time: Σ requests + idle =
 * bill, to the nano-dollar, and likewise the measured joules. Equations, what is measured and what assumed:
 * docs/models/ledger.md.
 */
import { assert } from '../../../core/assert.ts'
import type { NanoUsd } from '../../../core/money.ts'
import type { EngineCharge, IdleCharge, IntervalCorrection } from '../events.ts'
import { attemptKey, type EngineFact, type EngineRates } from './engine-fact.ts'
import { replicaTime } from './replica-time.ts'

export interface IntervalBill {
  readonly fromMs: number
  readonly toMs: number
  /** Replicas that were paid × time: idle time is what is left of it. */
  readonly heldMs: number
  readonly deviceNanoUsd: NanoUsd
  readonly energyNanoUsd: NanoUsd
  /** Measured; null: estimated by the watts of the rates. */
  readonly energyMillijoules: number | null
}

export interface IntervalAttribution {
  readonly charges: readonly EngineCharge[]
  readonly idle: IdleCharge
}

const microsecondsPerMs = 1000

/** Requests without any engine time in the interval get no charge. */
export function attributeInterval(
  bill: IntervalBill,
  facts: readonly EngineFact[],
  rates: EngineRates,
): IntervalAttribution {
  const times = engineTimes(bill, facts, rates)
  const usedUs = times.reduce((sum, { prefillUs, decodeUs }) => sum + prefillUs + decodeUs, 0)
  const idleUs = Math.max(0, Math.round(bill.heldMs * microsecondsPerMs) - usedUs)
  const timeWeights = [...times.flatMap(({ prefillUs, decodeUs }) => [prefillUs, decodeUs]), idleUs]
  const energyWeights = [
    ...times.flatMap(time => [time.prefillUs * rates.prefillWatts, time.decodeUs * rates.decodeWatts]),
    idleUs * rates.idleWatts,
  ].map(Math.round)
  const microjoules = energyWeights.reduce((sum, value) => sum + value, 0)
  const millijoules = bill.energyMillijoules ?? Math.round(microjoules / 1000)
  const devices = split(bill.deviceNanoUsd, timeWeights)
  const energy = split(bill.energyNanoUsd, energyWeights)
  const joules = split(BigInt(millijoules), energyWeights)
  return {
    charges: times.map(({ fact, prefillUs, decodeUs, heldTokenMs }, index) => ({
      requestId: fact.requestId,
      tenant: fact.tenant,
      keyId: fact.keyId,
      modelAlias: fact.modelAlias,
      attempt: fact.attempt,
      bearer: fact.bearer,
      replica: fact.replica,
      prefillUs,
      decodeUs,
      energyMillijoules: Number(joules[2 * index]! + joules[2 * index + 1]!),
      heldTokenMs,
      prefillNanoUsd: devices[2 * index]!,
      decodeNanoUsd: devices[2 * index + 1]!,
      prefillEnergyNanoUsd: energy[2 * index]!,
      decodeEnergyNanoUsd: energy[2 * index + 1]!,
    })),
    idle: {
      idleUs,
      energyMillijoules: Number(joules.at(-1)!),
      deviceNanoUsd: devices.at(-1)!,
      energyNanoUsd: energy.at(-1)!,
    },
  }
}

/** Energy of an interval where nobody measures it: engine time × the watts of what was done, the rest idle. */
export function assumedMillijoules(
  interval: Pick<IntervalBill, 'fromMs' | 'toMs' | 'heldMs'>,
  facts: readonly EngineFact[],
  rates: EngineRates,
): number {
  let usedUs = 0
  let microjoules = 0
  for (const { prefillUs, decodeUs } of engineTimes(interval, facts, rates)) {
    usedUs += prefillUs + decodeUs
    microjoules += prefillUs * rates.prefillWatts + decodeUs * rates.decodeWatts
  }
  const idleUs = Math.max(0, Math.round(interval.heldMs * microsecondsPerMs) - usedUs)
  return Math.round((microjoules + idleUs * rates.idleWatts) / 1000)
}

/** What moves when an interval is attributed again, with facts that came late; null when nothing does. */
export function correctInterval(
  { fromMs, toMs }: Pick<IntervalBill, 'fromMs' | 'toMs'>,
  before: IntervalAttribution,
  after: IntervalAttribution,
): IntervalCorrection | null {
  const old = new Map(before.charges.map(charge => [attemptKey(charge), charge]))
  const charges: EngineCharge[] = []
  for (const charge of after.charges) {
    const known = old.get(attemptKey(charge))
    old.delete(attemptKey(charge))
    addDifference(charges, charge, known === undefined ? charge : minus(charge, known))
  }
  for (const charge of old.values()) addDifference(charges, charge, minus(zero(charge), charge))
  const idle: IdleCharge = {
    idleUs: after.idle.idleUs - before.idle.idleUs,
    energyMillijoules: after.idle.energyMillijoules - before.idle.energyMillijoules,
    deviceNanoUsd: after.idle.deviceNanoUsd - before.idle.deviceNanoUsd,
    energyNanoUsd: after.idle.energyNanoUsd - before.idle.energyNanoUsd,
  }
  return charges.length === 0 ? null : { ofFromMs: fromMs, ofToMs: toMs, charges, idle }
}

interface EngineTime {
  readonly fact: EngineFact
  readonly prefillUs: number
  readonly decodeUs: number
  readonly heldTokenMs: number
}

function engineTimes(
  { fromMs, toMs }: Pick<IntervalBill, 'fromMs' | 'toMs'>,
  facts: readonly EngineFact[],
  rates: EngineRates,
): EngineTime[] {
  assert(toMs > fromMs, 'an interval ends after it starts')
  const byReplica = Map.groupBy(facts, fact => fact.replica)
  const times: EngineTime[] = []
  for (const ofReplica of byReplica.values()) {
    replicaTime(ofReplica, fromMs, toMs, rates).forEach((share, index) => {
      // Rounded down, so that no replica gives more time than it had.
      const prefillUs = Math.floor(share.prefillMs * microsecondsPerMs)
      const decodeUs = Math.floor(share.decodeMs * microsecondsPerMs)
      if (prefillUs + decodeUs === 0) return
      times.push({ fact: ofReplica[index]!, prefillUs, decodeUs, heldTokenMs: Math.round(share.heldTokenMs) })
    })
  }
  return times
}

/**
 * Whole-number parts in proportion to whole-number weights, which add up to the total: differences of the running share, rounded
 * down, so that each part is less than one unit off. Core's splitByWeights is fairer by fractions of a nano-dollar, and several
 * times as slow on ten thousand parts. Without any weight, all of it is idle (the last part).
 */
function split(total: bigint, weights: readonly number[]): bigint[] {
  const parts = new Array<bigint>(weights.length).fill(0n)
  if (total === 0n) return parts
  const integers = weights.map(BigInt)
  const sum = integers.reduce((running, weight) => running + weight, 0n)
  if (sum === 0n) return parts.with(-1, total)
  let upTo = 0n
  let given = 0n
  for (const [index, weight] of integers.entries()) {
    if (weight === 0n) continue
    upTo += weight
    const before = given
    given = (total * upTo) / sum
    parts[index] = given - before
  }
  return parts
}

const amounts = ['prefillUs', 'decodeUs', 'energyMillijoules', 'heldTokenMs'] as const
const moneys = ['prefillNanoUsd', 'decodeNanoUsd', 'prefillEnergyNanoUsd', 'decodeEnergyNanoUsd'] as const

function addDifference(charges: EngineCharge[], charge: EngineCharge, difference: EngineCharge): void {
  const moved = moneys.some(name => difference[name] !== 0n) || amounts.some(name => difference[name] !== 0)
  if (moved) charges.push({ ...charge, ...difference })
}

function minus(a: EngineCharge, b: EngineCharge): EngineCharge {
  return {
    ...a,
    prefillUs: a.prefillUs - b.prefillUs,
    decodeUs: a.decodeUs - b.decodeUs,
    energyMillijoules: a.energyMillijoules - b.energyMillijoules,
    heldTokenMs: a.heldTokenMs - b.heldTokenMs,
    prefillNanoUsd: a.prefillNanoUsd - b.prefillNanoUsd,
    decodeNanoUsd: a.decodeNanoUsd - b.decodeNanoUsd,
    prefillEnergyNanoUsd: a.prefillEnergyNanoUsd - b.prefillEnergyNanoUsd,
    decodeEnergyNanoUsd: a.decodeEnergyNanoUsd - b.decodeEnergyNanoUsd,
  }
}

function zero(charge: EngineCharge): EngineCharge {
  return {
    ...charge,
    prefillUs: 0,
    decodeUs: 0,
    energyMillijoules: 0,
    heldTokenMs: 0,
    prefillNanoUsd: 0n,
    decodeNanoUsd: 0n,
    prefillEnergyNanoUsd: 0n,
    decodeEnergyNanoUsd: 0n,
  }
}
