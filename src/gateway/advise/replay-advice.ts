/** Other policies over the same deployments, and fewer or more replicas of them, by replaying the busiest hour in the twin. */
import type { PoolSettings } from '../../fleet/types.ts'
import type { RouterSpec } from '../../routing/router-spec.ts'
import { busiestTraffic, type ReplayOutcome, type ReplayQuestion, replay } from './replay.ts'
import { hoursPerMonth, leastData, type Refusal } from './types.ts'
import type { WindowFacts } from './window-facts.ts'

export interface PolicyReplay extends ReplayOutcome {
  readonly policy: string
  readonly isPresent: boolean
}

export interface SizeReplay extends ReplayOutcome {
  /** Replicas by deployment. */
  readonly replicas: Readonly<Record<string, number>>
  /** Against what there is, at the price per replica; negative: dearer. */
  readonly savedUsdPerMonth: number
}

export interface ReplayReport {
  readonly fromMs: number
  readonly hours: number
  readonly requests: number
  readonly policies: readonly PolicyReplay[]
  /** Behind the best policy; what there is first. */
  readonly sizes: readonly SizeReplay[]
  readonly bestPolicy: string
}

export interface ReplayPlan extends ReplayQuestion {
  /** As configured, and its name. */
  readonly present: { readonly name: string; readonly spec: RouterSpec } | null
  /** For the cost policy; null where no alias has objectives: it is then left out. */
  readonly objectives: { readonly ttftMs: number | null; readonly tpotMs: number | null } | null
}

/** A goodput lower by less than this counts as kept. Chosen: below what a replay can tell. */
const keptShare = 0.005

export function replayReport(facts: WindowFacts, plan: ReplayPlan): ReplayReport | Refusal {
  const names = new Set(plan.pools.map(({ name }) => name))
  const traffic = busiestTraffic(facts, names, leastData.requests)
  const subject = 'the twin'
  if (traffic === null)
    return {
      subject,
      why: `its busiest day has fewer than ${leastData.requests} requests that could be replayed`,
    }
  const policies = policiesOf(plan).map(({ name, spec, isPresent }) => ({
    ...replay(traffic, spec, plan),
    ...{ policy: name, isPresent, spec },
  }))
  const best = policies.reduce((chosen, next) => (isBetter(next, chosen) ? next : chosen))
  const sizes = sizesOf(plan.pools).map(pools => {
    const outcome = replay(traffic, best.spec, { ...plan, pools })
    return {
      ...outcome,
      replicas: Object.fromEntries(pools.map(({ name, replicas }) => [name, replicas])),
      savedUsdPerMonth: (usdPerHour(plan.pools) - usdPerHour(pools)) * hoursPerMonth,
    }
  })
  return {
    ...{ fromMs: traffic.fromMs, hours: traffic.hours, requests: traffic.requests.length },
    policies: policies.map(({ spec: _, ...policy }) => policy),
    ...{ sizes, bestPolicy: best.policy },
  }
}

/** Today's comes first, and stays unless another keeps the limits of more requests. */
function isBetter(next: ReplayOutcome, chosen: ReplayOutcome): boolean {
  return next.goodput > chosen.goodput + keptShare
}

interface NamedPolicy {
  readonly name: string
  readonly spec: RouterSpec
  readonly isPresent: boolean
}

function policiesOf({ present, objectives }: ReplayPlan): NamedPolicy[] {
  const others: NamedPolicy[] = [
    { name: 'least-loaded', spec: { kind: 'least-loaded' }, isPresent: false },
    { name: 'round-robin', spec: { kind: 'round-robin' }, isPresent: false },
    ...(objectives === null
      ? []
      : [{ name: 'cost', spec: { kind: 'cost', ...objectives } as const, isPresent: false }]),
  ]
  if (present === null) return others
  return [{ ...present, isPresent: true }, ...others.filter(({ name }) => name !== present.spec.kind)]
}

/** What there is; one replica fewer of each deployment that has two; one more of each. */
function sizesOf(pools: readonly PoolSettings[]): PoolSettings[][] {
  const changed = (index: number, by: number) =>
    pools.map((pool, at) => (at === index ? { ...pool, replicas: pool.replicas + by } : pool))
  return [
    [...pools],
    ...pools.flatMap((pool, index) => (pool.replicas > 1 ? [changed(index, -1)] : [])),
    ...pools.map((_, index) => changed(index, 1)),
  ]
}

function usdPerHour(pools: readonly PoolSettings[]): number {
  return pools.reduce((sum, { replicas, usdPerReplicaHour }) => sum + replicas * usdPerReplicaHour, 0)
}
