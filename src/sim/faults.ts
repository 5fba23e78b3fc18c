/** Faults by seed: when which replica crashes, is slow, stalls or loses its link. */
import { TokenwrightError } from '../core/errors.ts'
import type { RandomSource } from '../core/random.ts'
import type { Fault } from '../fleet/types.ts'

export interface TimedFault {
  readonly atUs: number
  readonly fault: Fault
}

/** One kind of fault at each replica: both times exponentially distributed, the usual assumption for independent faults. */
export interface FaultRate {
  /** From the end of one to the start of the next, mean, seconds. */
  readonly meanSecondsBetween: number
  /** How long one lasts, mean, seconds: for crashes the time until the replica starts again. */
  readonly meanSeconds: number
}

/** Kinds that are left out do not happen. No default rates: they are a property of a site. */
export interface FaultRates {
  readonly crash?: FaultRate
  /** Steps take `factor` times as long. */
  readonly slow?: FaultRate & { readonly factor: number }
  readonly stall?: FaultRate
  readonly link?: FaultRate
}

/**
 * All faults of replicas 0 to replicas − 1 from time 0 to untilUs, by time. Each kind and replica draws from a stream of its
 * own: more replicas or another kind do not shift the others. Faults of replicas that never come to be do nothing, so
 * `replicas` may be generous where a fleet grows.
 */
export function faultSchedule(
  rates: FaultRates,
  replicas: number,
  untilUs: number,
  random: RandomSource,
): TimedFault[] {
  if (!Number.isFinite(untilUs)) refuse('untilUs', untilUs, 'give the end of the run')
  const faults: TimedFault[] = []
  for (const kind of ['crash', 'slow', 'stall', 'link'] as const) {
    const rate = rates[kind]
    if (rate === undefined) continue
    check(kind, rate)
    for (let replica = 0; replica < replicas; replica++) {
      const stream = random.stream('faults', kind, replica)
      let atSeconds = 0
      for (;;) {
        atSeconds += stream.exponential() * rate.meanSecondsBetween
        const atUs = Math.round(atSeconds * 1e6)
        if (atUs > untilUs) break
        const seconds = stream.exponential() * rate.meanSeconds
        faults.push({ atUs, fault: faultOf(kind, replica, seconds, rates) })
        atSeconds += seconds
      }
    }
  }
  return faults.sort((a, b) => a.atUs - b.atUs)
}

function faultOf(kind: Fault['kind'], replica: number, seconds: number, rates: FaultRates): Fault {
  switch (kind) {
    case 'crash':
      return { kind, replica, downSeconds: seconds }
    case 'slow':
      return { kind, replica, factor: rates.slow!.factor, seconds }
    case 'stall':
    case 'link':
      return { kind, replica, seconds }
  }
}

function check(kind: string, rate: FaultRate & { readonly factor?: number }): void {
  const { meanSecondsBetween, meanSeconds, factor = 1 } = rate
  if (!(meanSecondsBetween > 0))
    refuse(`${kind}.meanSecondsBetween`, meanSecondsBetween, 'give a time above zero')
  if (!(meanSeconds >= 0)) refuse(`${kind}.meanSeconds`, meanSeconds, 'give a time that is not below zero')
  if (!(factor > 0)) refuse(`${kind}.factor`, factor, 'give a factor above zero; 2 is half as fast')
}

function refuse(where: string, value: number, fix: string): never {
  throw new TokenwrightError('number', `${where} is ${value}`, { where: `faults.${where}`, fix })
}
