/**
 * The gateway's metrics for Prometheus: its own, counted in request-counts.ts, what candidates say at the moment of asking, and the process
 * as prom-client measures it. docs/reference/gateway-metrics.md lists all names.
 */
import type { CandidateStatus } from '../dispatch/types.ts'
import { boundedNames } from './bounded-names.ts'
import { createExposition, newBuckets, observe } from './exposition.ts'
import { appendBounds, metrics } from './metric-definitions.ts'
import { createRequestCounts, type NameLimits } from './request-counts.ts'
import type { GatewayObserver, RequestSummary } from './request-summary.ts'

export interface GatewayMetricsSettings {
  readonly version: string
  /** Asked at each scrape. */
  readonly candidates: () => readonly CandidateStatus[]
  /** Log lines dropped so far; left out: 0. */
  readonly droppedLogLines?: () => number
  /** Names that get labels of their own. */
  readonly names?: Partial<NameLimits>
}

/**
 * Assumed: more than most configurations have. A scrape of 1,000 pairs of model and tenant is 1 MB (benchmarks/observe-cost.ts).
 */
export const nameLimitDefaults: NameLimits = { models: 200, tenants: 200, targets: 200, pairs: 1000 }
const mostAlarms = 50

export interface GatewayMetrics extends GatewayObserver {
  /** So many events were handed to the ledger; told again by ledgerAppended or ledgerFailed. */
  ledgerWaits(events: number): void
  ledgerAppended(events: number, durationMs: number): void
  ledgerFailed(events: number): void
  eventAlarm(name: string): void
  /** A configuration is in force, from this moment (ms since 1970); the first one counts as no reload. */
  configLoaded(atMs: number): void
  configRefused(): void
  /** Everything, as Prometheus text. */
  text(): Promise<string>
  readonly contentType: string
  /** Stops what watches the event loop. */
  close(): void
}

/** Loads prom-client only now: no other command pays for it. */
export async function createGatewayMetrics(settings: GatewayMetricsSettings): Promise<GatewayMetrics> {
  const { Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counts = createRequestCounts({ ...nameLimitDefaults, ...settings.names })
  const alarms = boundedNames(mostAlarms, () => ({ count: 0 }))
  const append = newBuckets(appendBounds)
  let inFlight = 0
  let ledgerEvents = 0
  let ledgerFailures = 0
  let ledgerWaiting = 0
  let loads = 0
  let refused = 0
  let loadedMs = 0

  const own = (): string => {
    const out = createExposition()
    const single = (metric: (typeof metrics)[keyof typeof metrics], value: number): void => {
      out.begin(metric)
      out.sample([], value)
    }
    out.begin(metrics.build)
    out.sample([settings.version], 1)
    single(metrics.inFlight, inFlight)
    counts.write(out)
    writeCandidates(out, settings.candidates())
    out.begin(metrics.eventAlarms)
    for (const [name, { count }] of alarms.entries()) out.sample([name], count)
    out.begin(metrics.ledgerAppend)
    out.buckets([], append)
    single(metrics.ledgerEvents, ledgerEvents)
    single(metrics.ledgerFailures, ledgerFailures)
    single(metrics.ledgerWaiting, ledgerWaiting)
    out.begin(metrics.configReloads)
    out.sample(['taken'], Math.max(0, loads - 1))
    out.sample(['refused'], refused)
    single(metrics.configLoaded, loadedMs / 1000)
    single(metrics.logDropped, settings.droppedLogLines?.() ?? 0)
    return out.text()
  }

  return {
    requestStarted() {
      inFlight++
    },
    requestEnded(summary: RequestSummary) {
      inFlight--
      counts.add(summary)
    },
    ledgerWaits(events) {
      ledgerWaiting += events
    },
    ledgerAppended(events, durationMs) {
      ledgerWaiting -= events
      ledgerEvents += events
      observe(append, durationMs / 1000)
    },
    ledgerFailed(events) {
      ledgerWaiting -= events
      ledgerFailures++
    },
    eventAlarm(name) {
      alarms.of(name).count++
    },
    configLoaded(atMs) {
      loads++
      loadedMs = atMs
    },
    configRefused() {
      refused++
    },
    text: async () => own() + (await registry.metrics()),
    contentType: registry.contentType,
    close: () => registry.clear(),
  }
}

/** Of an alias' candidates: ready, cooling down after failures, or not there. */
const candidateStates = ['ready', 'cooling', 'not_ready'] as const

function writeCandidates(
  out: ReturnType<typeof createExposition>,
  candidates: readonly CandidateStatus[],
): void {
  const byModel = new Map<string, Record<(typeof candidateStates)[number], number>>()
  for (const { aliases, ready, coolingUntilMs } of candidates) {
    const state = coolingUntilMs !== null ? 'cooling' : ready ? 'ready' : 'not_ready'
    for (const alias of aliases) {
      const states = byModel.get(alias) ?? { ready: 0, cooling: 0, not_ready: 0 }
      states[state]++
      byModel.set(alias, states)
    }
  }
  out.begin(metrics.candidates)
  for (const [model, states] of byModel)
    for (const state of candidateStates) out.sample([model, state], states[state])
  out.begin(metrics.candidateInFlight)
  for (const { name, inFlight } of candidates) out.sample([name], inFlight)
  out.begin(metrics.candidateCacheUse)
  for (const { name, cacheUse } of candidates) if (cacheUse !== null) out.sample([name], cacheUse)
  out.begin(metrics.candidateHit)
  for (const { name, expectedHitShare, realisedHitShare } of candidates) {
    if (expectedHitShare !== null) out.sample([name, 'expected'], expectedHitShare)
    if (realisedHitShare !== null) out.sample([name, 'realised'], realisedHitShare)
  }
}
