/** Everything that watches the gateway, put together; it asks the parts that are started after it when it needs them. */
import { TokenwrightError } from '../../core/errors.ts'
import type { Billing } from '../billing/index.ts'
import type { GatewayConfig } from '../config/index.ts'
import type { Dispatcher } from '../dispatch/index.ts'
import {
  createGatewayMetrics,
  createLiveCost,
  createObserver,
  createRecentRequests,
  createRequestTracing,
  type GatewayMetrics,
  type GatewayObserver,
  type LiveCost,
  type RecentRequests,
  routerObjectives,
  type SummarySink,
} from '../observe/index.ts'

export interface ObservationSettings {
  readonly version: string
  readonly config: () => GatewayConfig
  /** null: not started yet. */
  readonly parts: { readonly dispatcher: Dispatcher | null; readonly billing: Billing | null }
  readonly nowMs: () => number
  /** A line a request; null: none. */
  readonly log: SummarySink | null
  readonly droppedLogLines: () => number
  readonly onFault: (part: string, message: string) => void
}

export interface Observation {
  readonly metrics: GatewayMetrics
  readonly live: LiveCost
  readonly recent: RecentRequests
  readonly observer: GatewayObserver
}

export async function openObservation(settings: ObservationSettings): Promise<Observation> {
  const { version, config, parts, nowMs, log, droppedLogLines, onFault } = settings
  const candidateOf = (name: string) =>
    parts.dispatcher?.candidates.find(candidate => candidate.name === name) ?? null
  const metrics = await createGatewayMetrics({
    version,
    candidates: () => parts.dispatcher?.status() ?? [],
    droppedLogLines,
  })
  const live = createLiveCost({
    nowMs,
    capacity: () =>
      config().deployments.map(({ name, replicas, cost }) => ({
        deployment: name,
        usdPerHour: cost.usdPerReplicaHour * replicas.length,
      })),
    closed: () => parts.billing?.reconciliation() ?? [],
    objectivesOf: alias => {
      const model = config().models.find(one => one.alias === alias)
      return model === undefined ? null : routerObjectives(model.router)
    },
    targetOf: name => {
      const target = candidateOf(name)?.target
      return target === undefined ? null : target.kind === 'offer' ? target.offer : target.deployment
    },
  })
  const recent = createRecentRequests()
  const observer = createObserver({
    metrics,
    live,
    recent,
    log,
    tracing: await createRequestTracing({ version, candidateOf }),
    onFault: (part, error) => onFault(part, wordsOf(error)),
  })
  return { metrics, live, recent, observer }
}

/** For logs: a fault of ours with its place in the code. */
export function wordsOf(error: unknown): string {
  if (error instanceof TokenwrightError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
