/**
 * The window's busiest stretch again, in the twin: the same requests at the same times and of the same lengths, behind other policies
 * and in front of fewer or more replicas.
 *
 * The ledger holds no prompts. What was cached is taken as cached wherever a request goes: the twin computes the rest of the prompt and
 * holds only that, so memory for cached parts and attention over them are left out, and policies that find more or less in caches are not
 * told apart by it. Requests that ended early are replayed as long as they were.
 */
import { RandomSource } from '../../core/random.ts'
import { createFleet } from '../../fleet/fleet.ts'
import type { PoolSettings } from '../../fleet/types.ts'
import { judgeRequest, type RequestLimits } from '../../metrics/goodput.ts'
import { createRouter } from '../../routing/create-router.ts'
import type { RouterSpec } from '../../routing/router-spec.ts'
import { simulate } from '../../sim/driver.ts'
import { plainRequest, type Workload, type WorkloadRequest } from '../../workload/request.ts'
import type { AttemptFacts, WindowFacts } from './window-facts.ts'
import { isComparable } from './window-facts.ts'

/** Requests of one replay at most. Chosen: seconds of computing, and some minutes to hours of traffic. */
export const mostReplayed = 20_000

export interface ReplayQuestion {
  /** Deployments that can be simulated, named as they are; models: aliases they serve. */
  readonly pools: readonly PoolSettings[]
  /** Limits by alias; Infinity where there are none. */
  readonly limitsOf: (alias: string) => RequestLimits
}

export interface ReplayOutcome {
  readonly goodput: number
  readonly ttftP50Ms: number
  readonly ttftP95Ms: number
  /** Share of paid time in which steps ran, by deployment. */
  readonly busyShares: Readonly<Record<string, number>>
}

export interface ReplayTraffic {
  readonly fromMs: number
  readonly hours: number
  readonly requests: readonly AttemptFacts[]
}

/** Stretches that are tried, hours: the shortest with enough requests is the busiest. */
const stretchHours = [1, 6, 24]

/** Requests that the deployments served, of the stretch with most of them; null when there were too few. */
export function busiestTraffic(
  facts: WindowFacts,
  deployments: ReadonlySet<string>,
  least: number,
): ReplayTraffic | null {
  const served = facts.attempts
    .filter(
      attempt =>
        isComparable(attempt) &&
        attempt.target.kind === 'deployment' &&
        deployments.has(attempt.target.deployment),
    )
    .sort((a, b) => a.atMs - b.atMs)
  for (const hours of stretchHours) {
    const requests = busiest(served, hours * hourMs)
    if (requests.length < least) continue
    const fromMs = requests[0]!.atMs
    return { fromMs, hours: (requests.at(-1)!.atMs - fromMs) / hourMs, requests }
  }
  return null
}

const hourMs = 3_600_000

/** In order of time; of a longer stretch the beginning. */
function busiest(served: readonly AttemptFacts[], stretchMs: number): readonly AttemptFacts[] {
  let best = { from: 0, to: 0 }
  let to = 0
  for (let from = 0; from < served.length; from++) {
    while (to < served.length && served[to]!.atMs < served[from]!.atMs + stretchMs) to++
    if (to - from > best.to - best.from) best = { from, to }
  }
  return served.slice(best.from, Math.min(best.to, best.from + mostReplayed))
}

/** One run. Deterministic. */
export function replay(
  traffic: ReplayTraffic,
  spec: RouterSpec,
  { pools, limitsOf }: ReplayQuestion,
): ReplayOutcome {
  const random = new RandomSource('advise')
  const fleet = createFleet({
    ...{ pools, router: createRouter(spec, random), decodeRouter: null, seed: 'advise', engineEvents: false },
  })
  const ttfts: number[] = []
  let met = 0
  const end = simulate(workloadOf(traffic), fleet, event => {
    if (event.kind !== 'ended') return
    const { record, request } = event
    if (judgeRequest(record, limitsOf(request.model), 'response') === 'met') met++
    const ttftMs = (record.firstTokenUs - record.scheduledUs) / 1000
    ttfts.push(Number.isNaN(ttftMs) ? Number.POSITIVE_INFINITY : ttftMs)
  })
  ttfts.sort((a, b) => a - b)
  const at = (share: number) => ttfts[Math.min(ttfts.length - 1, Math.floor(share * ttfts.length))]!
  return {
    goodput: met / traffic.requests.length,
    ttftP50Ms: at(0.5),
    ttftP95Ms: at(0.95),
    busyShares: Object.fromEntries(
      fleet
        .usage(end.nowUs)
        .map(({ pool, busySeconds, replicaSeconds }) => [
          pool,
          replicaSeconds > 0 ? busySeconds / replicaSeconds : 0,
        ]),
    ),
  }
}

function workloadOf({ fromMs, requests }: ReplayTraffic): Workload {
  const asked = requests.map(
    ({ usage, atMs, alias, tenant }, id): WorkloadRequest => ({
      ...plainRequest,
      ...{ id, tenant, model: alias },
      arrivalUs: Math.round((atMs - fromMs) * 1000),
      inputTokens: Math.max(1, usage.uncachedInput + usage.cacheWrite + usage.inputAudio),
      outputTokens: Math.max(1, usage.output + usage.outputAudio),
    }),
  )
  let next = 0
  return {
    totalRequests: asked.length,
    accept: () => {},
    nextUs: () => asked[next]?.arrivalUs ?? Number.POSITIVE_INFINITY,
    wake(nowUs, out) {
      while (next < asked.length && asked[next]!.arrivalUs <= nowUs) out.push(asked[next++]!)
    },
  }
}
