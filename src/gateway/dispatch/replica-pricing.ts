/**
 * What a request takes of a replica of one's own, in money: engine time by what was learnt of its speed × what the replica costs. An
 * expectation: the charge is made when its interval is closed. docs/models/dispatch.md#dollars.
 */
import { nanoUsdFromNumber } from '../../core/money.ts'
import type { DeploymentCost } from '../config/gateway-config.ts'
import type { UsageClasses } from '../usage.ts'
import type { LearntSpeed } from './learnt-speed.ts'
import type { CandidatePricing } from './types.ts'

/**
 * Of an engine nobody has seen or configured, so that reservations are not made for nothing: 10,000 prompt tokens a second, 50
 * output tokens a second of a request that has the engine to itself. Assumed.
 */
const unknownMsPerPromptToken = 0.1
const unknownTpotMs = 20

export interface ReplicaPricing extends CandidatePricing {
  /** Dollars of engine time; requests: there at once, this one included. */
  usd(computedTokens: number, outputTokens: number, requests: number): number
  /** At the number of requests there of late. */
  usdOf(usage: UsageClasses): number
  readonly isKnown: boolean
}

export function createReplicaPricing(cost: DeploymentCost, speed: LearntSpeed): ReplicaPricing {
  const usdPerMs = cost.usdPerReplicaHour / 3_600_000

  function usd(computedTokens: number, outputTokens: number, requests: number): number {
    const perPromptToken = orElse(speed.msPerPromptToken(), unknownMsPerPromptToken)
    const tpotMs = orElse(speed.tpotMs(requests), unknownTpotMs)
    return usdPerMs * (computedTokens * perPromptToken + (outputTokens * tpotMs) / requests)
  }

  function usdOf({ uncachedInput, cacheWrite, inputAudio, output, outputAudio }: UsageClasses): number {
    return usd(uncachedInput + cacheWrite + inputAudio, output + outputAudio, Math.max(1, speed.batch))
  }

  return {
    usd,
    usdOf,
    get isKnown() {
      return speed.isKnown
    },
    price: usage => ({
      nanoUsd: nanoUsdFromNumber(usdOf(usage)),
      costNanoUsd: {},
      priceRuleId: '',
      isExact: false,
    }),
  }
}

function orElse(value: number, other: number): number {
  return Number.isNaN(value) ? other : value
}
