/** Step times that are given: for tests, recordings and comparisons in which physics must not matter. */
import type { RankWork, StepCost, StepTimer } from '../types.ts'

export interface LinearTimes {
  /** Every step, seconds. */
  readonly stepSeconds: number
  /** Added per prompt token, per decoding sequence and per token of context of decoding sequences, of the slowest rank. */
  readonly promptTokenSeconds: number
  readonly sequenceSeconds: number
  readonly contextTokenSeconds: number
  readonly busyWatts: number
  readonly idleWatts: number
  readonly ingressSeconds: number
  readonly firstTokenLagSteps: number
}

export const constantTimes: LinearTimes = {
  stepSeconds: 0.01,
  promptTokenSeconds: 0,
  sequenceSeconds: 0,
  contextTokenSeconds: 0,
  busyWatts: 0,
  idleWatts: 0,
  ingressSeconds: 0,
  firstTokenLagSteps: 0,
}

/** A step takes a constant plus a linear part; the slowest rank decides. */
export function linearTimer(times: LinearTimes): StepTimer {
  return {
    idleWatts: times.idleWatts,
    firstTokenLagSteps: times.firstTokenLagSteps,
    ingressSeconds: () => times.ingressSeconds,
    step(ranks: readonly RankWork[], out: StepCost): void {
      let slowest = 0
      for (const rank of ranks) {
        let seconds =
          times.sequenceSeconds * rank.decodeSequences + times.contextTokenSeconds * rank.decodeContextTokens
        for (let chunk = 0; chunk < rank.chunks; chunk++)
          seconds += times.promptTokenSeconds * rank.chunkTokens[chunk]!
        slowest = Math.max(slowest, seconds)
      }
      out.seconds = times.stepSeconds + slowest
      out.joules = out.seconds * times.busyWatts
    },
  }
}
