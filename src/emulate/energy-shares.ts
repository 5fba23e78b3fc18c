/**
 * Joules of a step, shared among its requests: its prompt part by prompt tokens, its decode part equally among the
 * sequences that decode. Kept as running sums per replica, so that a request costs two subtractions whatever its length.
 * Over all requests the shares add up to the energy of the steps, but for what broke off midway.
 */
import type { StepsEvent } from '../engine/types.ts'

export interface EnergyMark {
  readonly promptJoules: number
  readonly promptTokens: number
  readonly decodeJoulesPerSequence: number
}

export interface EnergyShares {
  addSteps(replica: number, event: StepsEvent): void
  /** The running sums of a replica now. */
  mark(replica: number): EnergyMark
}

const nothing: EnergyMark = { promptJoules: 0, promptTokens: 0, decodeJoulesPerSequence: 0 }

export function createEnergyShares(): EnergyShares {
  const sums: { promptJoules: number; promptTokens: number; decodeJoulesPerSequence: number }[] = []
  return {
    addSteps(replica, event) {
      let sum = sums[replica]
      if (sum === undefined) {
        sum = { ...nothing }
        sums[replica] = sum
      }
      const spanUs = event.atUs - event.startUs
      const promptShare = event.decodeSequences === 0 ? 1 : spanUs > 0 ? event.prefillUs / spanUs : 0
      sum.promptJoules += event.joules * promptShare
      sum.promptTokens += event.prefillTokens
      if (event.decodeSequences > 0) {
        sum.decodeJoulesPerSequence += (event.joules * (1 - promptShare)) / event.decodeSequences
      }
    },
    mark: replica => ({ ...(sums[replica] ?? nothing) }),
  }
}

/** Share of a prompt of which so many tokens were computed between two marks of one replica. */
export function promptJoules(from: EnergyMark, to: EnergyMark, computedTokens: number): number {
  const tokens = to.promptTokens - from.promptTokens
  return tokens <= 0 ? 0 : ((to.promptJoules - from.promptJoules) * computedTokens) / tokens
}

/** Share of a sequence that decoded from one mark to the other. */
export function decodeJoules(from: EnergyMark, to: EnergyMark): number {
  return to.decodeJoulesPerSequence - from.decodeJoulesPerSequence
}
