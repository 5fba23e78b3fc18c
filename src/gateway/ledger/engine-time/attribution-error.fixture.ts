/** How far the attribution is from the truth, over the requests of a run. */
import { attributeInterval } from './attribute-interval.ts'
import type { EngineRates } from './engine-fact.ts'
import type { TwinTruth } from './twin-truth.fixture.ts'

export interface AttributionError {
  readonly requests: number
  /** Σ |attributed − true| ÷ Σ true: the share of the money that is on a wrong request. */
  readonly misplacedShare: number
  /** The same of joules (steps only). */
  readonly misplacedJoules: number
  /** Attributed ÷ true − 1 of all requests together. */
  readonly busyBias: number
  /** |attributed ÷ true − 1| of a request. */
  readonly medianError: number
  readonly p90Error: number
  /** Of the misplaced share when wall time is charged instead, as rate × duration of each request. */
  readonly misplacedByWallTime: number
}

/** Attributes the whole run as one interval. */
export function attributionError(truth: TwinTruth, rates: EngineRates): AttributionError {
  const bill = {
    fromMs: 0,
    toMs: truth.endMs + 1,
    heldMs: truth.heldMs,
    deviceNanoUsd: 10n ** 12n,
    energyNanoUsd: 0n,
    energyMillijoules: Math.round(truth.joules * 1000),
  }
  const { charges } = attributeInterval(bill, truth.facts, rates)
  const attributed = new Map(charges.map(charge => [charge.requestId, charge]))
  const wallMs = truth.facts.reduce((sum, { endMs, sentMs }) => sum + endMs! - sentMs, 0)
  const errors: number[] = []
  const sums = { truth: 0, attributed: 0, misplaced: 0, joules: 0, misplacedJoules: 0, wall: 0 }
  for (const { prefillMs, decodeMs } of truth.shares.values()) sums.truth += prefillMs + decodeMs
  for (const fact of truth.facts) {
    const share = truth.shares.get(fact.requestId)!
    const charge = attributed.get(fact.requestId)
    const trueMs = share.prefillMs + share.decodeMs
    const ms = charge === undefined ? 0 : (charge.prefillUs + charge.decodeUs) / 1000
    sums.attributed += ms
    sums.misplaced += Math.abs(ms - trueMs)
    sums.joules += share.joules
    sums.misplacedJoules += Math.abs((charge?.energyMillijoules ?? 0) / 1000 - share.joules)
    sums.wall += Math.abs(((fact.endMs! - fact.sentMs) / wallMs) * sums.truth - trueMs)
    errors.push(Math.abs(ms / trueMs - 1))
  }
  errors.sort((a, b) => a - b)
  return {
    requests: truth.facts.length,
    misplacedShare: sums.misplaced / sums.truth,
    misplacedJoules: sums.misplacedJoules / sums.joules,
    busyBias: sums.attributed / sums.truth - 1,
    medianError: errors[Math.floor(errors.length / 2)]!,
    p90Error: errors[Math.floor(errors.length * 0.9)]!,
    misplacedByWallTime: sums.wall / sums.truth,
  }
}
