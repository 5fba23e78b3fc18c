/** What a router's specification asks of the fleet, and the policies that follow from other flags. */
import { TokenwrightError } from '../core/errors.ts'
import type { Objective } from '../plan/types.ts'
import { policyKinds, type RouterSpec } from '../routing/router-spec.ts'

/** What a load balancer does that knows nothing of caches. */
export const defaultRouter: RouterSpec = { kind: 'least-loaded' }

/**
 * Room between prediction and limit of a bare `cost`. Predictions are means, of a replica as it is now; objectives are of the
 * slow tail, after more has come. Measured in the twin: with 1 the cheap replicas are filled until the objective is
 * missed, with 2 it held wherever spreading the load holds it (docs/models/routing.md#predictions-in-the-twin).
 */
const bareCostMargin = 2

/** The router of a policy's name; null where there is none of that name. */
export function namedRouter(word: string, objectives: readonly Objective[]): RouterSpec | null {
  if (word === 'cost') return costUnder(objectives)
  const kind = policyKinds.find(name => name === word)
  return kind === undefined || kind === 'cost' ? null : { kind }
}

/** The tightest limits on TTFT and TPOT, whichever statistic they are of: predictions are of single requests. */
function costUnder(objectives: readonly Objective[]): RouterSpec {
  const limitOf = (metric: Objective['metric']): number | null => {
    const limits = objectives.filter(objective => objective.metric === metric).map(({ limitMs }) => limitMs)
    return limits.length === 0 ? null : Math.min(...limits)
  }
  const [ttftMs, tpotMs] = [limitOf('ttft'), limitOf('tpot')]
  if (ttftMs !== null || tpotMs !== null) return { kind: 'cost', ttftMs, tpotMs, margin: bareCostMargin }
  throw new TokenwrightError('usage', 'cost routing does not know which latency it has to keep', {
    where: '--router',
    fix: 'add --slo "ttft p95 < 1s, tpot mean < 30ms", or give --router \'{"kind": "cost", "ttftMs": 1000, "tpotMs": 30}\'',
  })
}

/** Whether a policy, or admission in front of it, asks what a replica would do with a request. */
export function wantsEstimates(spec: RouterSpec): boolean {
  return (
    spec.kind === 'cost' ||
    (spec.kind === 'weighted' && (spec.scorers ?? []).some(({ scorer }) => scorer === 'cost')) ||
    (spec.admission?.ttftMs ?? null) !== null
  )
}

/** Whether a router listens to what engines store and evict. */
export function wantsCacheEvents(spec: RouterSpec): boolean {
  if (!('index' in spec) || spec.index === undefined || spec.index === null) return spec.kind === 'kv-aware'
  return spec.index.kind === 'events'
}

/** Whether a policy looks at what prompts share, or at the session they belong to. */
export function usesContents(spec: RouterSpec): boolean {
  if (spec.kind === 'cost' || spec.kind === 'weighted') return spec.index !== null
  return ['prefix-aware', 'kv-aware', 'session-affinity'].includes(spec.kind)
}
