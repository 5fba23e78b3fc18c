/** What the replicas of a deployment cost over a span of time, to the nano-dollar, through changes of the configuration. */
import { nanoPerUsd, splitByWeights } from '../../core/money.ts'
import { multiplyRationals, rationalFromNumber, roundHalfEven } from '../../core/rational.ts'
import type { DeploymentConfig, DeploymentCost } from '../config/gateway-config.ts'
import type { CapacityBilled } from '../ledger/index.ts'

/** Replicas and their price from a moment on, until the next term. */
export interface CapacityTerm {
  readonly fromMs: number
  readonly replicas: number
  readonly cost: DeploymentCost
}

/** Terms in the order of time; the last one goes on. */
export interface CapacityTerms {
  /** From then on it is paid like this; null: it is given back. A change in the past is one of the present. */
  change(atMs: number, deployment: Pick<DeploymentConfig, 'replicas' | 'cost'> | null): void
  /** Parts of a span, each with one price. */
  within(fromMs: number, toMs: number): readonly CapacitySpan[]
  /** Forgets what lies before. */
  forget(beforeMs: number): void
  readonly current: CapacityTerm | null
}

export interface CapacitySpan extends CapacityTerm {
  readonly toMs: number
  /** Replicas × time. */
  readonly heldMs: number
}

const msPerHour = 3_600_000n
/** 1 kWh = 3.6 × 10⁹ mJ. */
const millijoulesPerKilowattHour = 3_600_000_000

export function createCapacityTerms(): CapacityTerms {
  let terms: CapacityTerm[] = []
  return {
    change(atMs, deployment) {
      const last = terms.at(-1)
      const fromMs = Math.max(atMs, last?.fromMs ?? 0)
      const term: CapacityTerm | null =
        deployment === null
          ? last === undefined
            ? null
            : { ...last, fromMs, replicas: 0 }
          : { fromMs, replicas: deployment.replicas.length, cost: deployment.cost }
      if (term === null || (last !== undefined && sameTerm(last, term))) return
      if (last?.fromMs === fromMs) terms.pop()
      terms.push(term)
    },
    within(fromMs, toMs) {
      return terms.flatMap((term, index) => {
        const from = Math.max(fromMs, term.fromMs)
        const to = Math.min(toMs, terms[index + 1]?.fromMs ?? toMs)
        if (to <= from || term.replicas === 0) return []
        return [{ ...term, fromMs: from, toMs: to, heldMs: (to - from) * term.replicas }]
      })
    },
    forget(beforeMs) {
      terms = terms.filter((_, index) => (terms[index + 1]?.fromMs ?? Infinity) > beforeMs)
    },
    get current() {
      return terms.at(-1) ?? null
    },
  }
}

function sameTerm(one: CapacityTerm, other: CapacityTerm): boolean {
  return one.replicas === other.replicas && JSON.stringify(one.cost) === JSON.stringify(other.cost)
}

/**
 * Bills of an interval, one for each price in force, energy by measured or assumed millijoules (null: neither) shared by replicas ×
 * time. `measured` says which of the two: a bill tells only joules that were measured.
 */
export function capacityBills(
  deployment: string,
  atMs: number,
  spans: readonly CapacitySpan[],
  energy: { readonly millijoules: number; readonly measured: boolean } | null,
): CapacityBilled[] {
  const shares =
    energy === null || spans.length === 0
      ? null
      : splitByWeights(
          BigInt(energy.millijoules),
          spans.map(({ heldMs }) => heldMs),
        )
  return spans.map(({ fromMs, toMs, replicas, cost }, index) => {
    const millijoules = shares === null ? null : Number(shares[index]!)
    return {
      kind: 'capacityBilled',
      atMs,
      deployment,
      fromMs,
      toMs,
      bill: 'capacity',
      devices: replicas * cost.devicesPerReplica,
      deviceNanoUsd: paidUntil(toMs, replicas, cost) - paidUntil(fromMs, replicas, cost),
      energyNanoUsd:
        millijoules === null || cost.energyUsdPerKilowattHour === null
          ? 0n
          : energyNanoUsd(millijoules, cost.energyUsdPerKilowattHour),
      energyMillijoules: energy?.measured === true ? millijoules : null,
      priceRuleId: cost.priceRuleId,
    }
  })
}

/**
 * Replicas × price × time since 1970, rounded down. A bill is the difference of two of these, so that bills of any cuts of a span
 * add up to the same, whatever was rounded, and whether or not the gateway was started anew between.
 */
function paidUntil(ms: number, replicas: number, { usdPerReplicaHour }: DeploymentCost): bigint {
  const { numerator, denominator } = rationalFromNumber(usdPerReplicaHour)
  return (numerator * BigInt(replicas) * BigInt(ms) * nanoPerUsd) / (denominator * msPerHour)
}

function energyNanoUsd(millijoules: number, usdPerKilowattHour: number): bigint {
  const { numerator, denominator } = multiplyRationals([
    rationalFromNumber(millijoules),
    rationalFromNumber(usdPerKilowattHour),
  ])
  return roundHalfEven({
    numerator: numerator * nanoPerUsd,
    denominator: denominator * BigInt(millijoulesPerKilowattHour),
  })
}
