/** Counts of requests and attempts, as numbers in slots that a request finds by three look-ups. */
import { pricedClasses } from '../../cost/usage.ts'
import type { UsageClasses } from '../usage.ts'
import { type BoundedNames, boundedNames, type SharedRoom } from './bounded-names.ts'
import { type BucketCounts, type ExpositionWriter, newBuckets, observe } from './exposition.ts'
import {
  latencyBounds,
  metrics,
  overheadBounds,
  tokenClassLabels,
  tokenTimeBounds,
} from './metric-definitions.ts'
import type { AttemptSummary, RequestOutcome, RequestSummary } from './request-summary.ts'

const outcomes = ['served', 'refused', 'failed', 'cancelled'] as const satisfies readonly RequestOutcome[]
const attemptOutcomes = ['served', 'failed', 'limited', 'cancelled', 'refused'] as const
const bearers = ['tenant', 'gateway'] as const

interface TenantCounts {
  readonly outcomes: Float64Array
  readonly tokens: Float64Array
  reasoning: number
  /** By bearer. Whole nano-dollars: exact up to nine million dollars. */
  readonly nanoUsd: Float64Array
}

interface TargetCounts {
  readonly outcomes: Float64Array
  readonly tokens: Float64Array
  nanoUsd: number
  estimatedTokens: number
  expectedCached: number
  realisedCached: number
  prompt: number
  readonly ttft: BucketCounts
}

interface ModelCounts {
  readonly tenants: BoundedNames<TenantCounts>
  readonly targets: BoundedNames<TargetCounts>
  readonly reasons: BoundedNames<{ count: number }>
  readonly ttft: BucketCounts
  readonly tpot: BucketCounts
  readonly queue: BucketCounts
  readonly overhead: BucketCounts
  readonly duration: BucketCounts
}

export interface RequestCounts {
  add(summary: RequestSummary): void
  write(out: ExpositionWriter): void
}

interface Rooms {
  readonly tenants: SharedRoom
  readonly targets: SharedRoom
}

export interface NameLimits {
  readonly models: number
  readonly tenants: number
  readonly targets: number
  /** Pairs of model and tenant, and as many of model and target. */
  readonly pairs: number
}

/** Reasons are closed lists of the gateway, some sixty; a further one would be a fault of ours. */
const mostReasons = 100

export function createRequestCounts(limits: NameLimits): RequestCounts {
  const rooms = { tenants: { left: limits.pairs }, targets: { left: limits.pairs } }
  const models = boundedNames(limits.models, (): ModelCounts => newModel(limits, rooms))
  return {
    add(summary) {
      const model = models.of(summary.modelAlias)
      const tenant = model.tenants.of(summary.tenant)
      tenant.outcomes[outcomes.indexOf(summary.outcome)]!++
      if (summary.reason !== null) model.reasons.of(summary.reason).count++
      if (summary.ttftMs !== null) observe(model.ttft, summary.ttftMs / 1000)
      if (summary.tpotMs !== null) observe(model.tpot, summary.tpotMs / 1000)
      if (summary.overheadMs !== null) observe(model.overhead, summary.overheadMs / 1000)
      if (summary.outcome !== 'refused' || summary.queuedMs > 0) observe(model.queue, summary.queuedMs / 1000)
      observe(model.duration, summary.durationMs / 1000)
      for (const attempt of summary.attempts) {
        const { target } = attempt
        const name = target.kind === 'offer' ? target.offer : target.deployment
        addAttempt(model.targets.of(name), tenant, attempt)
      }
    },
    write: out => write(out, [...models.entries()]),
  }
}

function addAttempt(counts: TargetCounts, tenant: TenantCounts, attempt: AttemptSummary): void {
  const { usage } = attempt
  const nanoUsd = Number(attempt.nanoUsd)
  let all = 0
  for (let index = 0; index < pricedClasses.length; index++) {
    const tokens = usage[pricedClasses[index]!]
    if (tokens === 0) continue
    all += tokens
    counts.tokens[index]! += tokens
    tenant.tokens[index]! += tokens
  }
  counts.outcomes[attemptOutcomes.indexOf(attempt.outcome)]!++
  counts.nanoUsd += nanoUsd
  tenant.reasoning += usage.reasoning
  tenant.nanoUsd[attempt.bearer === 'tenant' ? 0 : 1]! += nanoUsd
  if (attempt.state === 'estimated') counts.estimatedTokens += all
  // An estimate says nothing of the cache, and a voided attempt has no usage.
  if (attempt.state === 'reported' || attempt.state === 'drained') {
    counts.expectedCached += attempt.expectedCachedTokens
    counts.realisedCached += usage.cachedInput
    counts.prompt += promptTokens(usage)
  }
  if (attempt.ttftMs !== null) observe(counts.ttft, attempt.ttftMs / 1000)
}

/** Input of all classes. */
export function promptTokens(usage: UsageClasses): number {
  return usage.uncachedInput + usage.cachedInput + usage.cacheWrite + usage.inputAudio
}

function newModel(limits: NameLimits, rooms: Rooms): ModelCounts {
  return {
    tenants: boundedNames(
      limits.tenants,
      () => ({
        outcomes: new Float64Array(outcomes.length),
        tokens: new Float64Array(pricedClasses.length),
        reasoning: 0,
        nanoUsd: new Float64Array(bearers.length),
      }),
      rooms.tenants,
    ),
    targets: boundedNames(
      limits.targets,
      () => ({
        outcomes: new Float64Array(attemptOutcomes.length),
        tokens: new Float64Array(pricedClasses.length),
        nanoUsd: 0,
        estimatedTokens: 0,
        expectedCached: 0,
        realisedCached: 0,
        prompt: 0,
        ttft: newBuckets(latencyBounds),
      }),
      rooms.targets,
    ),
    reasons: boundedNames(mostReasons, () => ({ count: 0 })),
    ttft: newBuckets(latencyBounds),
    tpot: newBuckets(tokenTimeBounds),
    queue: newBuckets(latencyBounds),
    overhead: newBuckets(overheadBounds),
    duration: newBuckets(latencyBounds),
  }
}

function write(out: ExpositionWriter, models: readonly (readonly [string, ModelCounts])[]): void {
  const tenants = models.flatMap(([model, { tenants }]) =>
    [...tenants.entries()].map(([name, counts]) => ({ labels: [model, name], counts })),
  )
  const targets = models.flatMap(([model, { targets }]) =>
    [...targets.entries()].map(([name, counts]) => ({ labels: [model, name], counts })),
  )
  const each = (labels: readonly string[], names: readonly string[], values: Float64Array, unit = 1) => {
    // What never happened is left out: a series for each pair of a label would multiply for nothing.
    for (const [index, name] of names.entries())
      if (values[index]! > 0) out.sample([...labels, name], values[index]! / unit)
  }
  out.begin(metrics.requests)
  for (const { labels, counts } of tenants) each(labels, outcomes, counts.outcomes)
  out.begin(metrics.refusals)
  for (const [model, { reasons }] of models)
    for (const [reason, { count }] of reasons.entries()) out.sample([model, reason], count)
  out.begin(metrics.tokens)
  for (const { labels, counts } of tenants) each(labels, tokenClassLabels, counts.tokens)
  out.begin(metrics.reasoningTokens)
  for (const { labels, counts } of tenants) if (counts.reasoning > 0) out.sample(labels, counts.reasoning)
  out.begin(metrics.cost)
  for (const { labels, counts } of tenants) each(labels, bearers, counts.nanoUsd, 1e9)
  out.begin(metrics.attempts)
  for (const { labels, counts } of targets) each(labels, attemptOutcomes, counts.outcomes)
  out.begin(metrics.attemptTokens)
  for (const { labels, counts } of targets) each(labels, tokenClassLabels, counts.tokens)
  const sums = [
    [metrics.attemptCost, (counts: TargetCounts) => counts.nanoUsd / 1e9],
    [metrics.estimatedTokens, (counts: TargetCounts) => counts.estimatedTokens],
    [metrics.expectedCached, (counts: TargetCounts) => counts.expectedCached],
    [metrics.realisedCached, (counts: TargetCounts) => counts.realisedCached],
    [metrics.promptTokens, (counts: TargetCounts) => counts.prompt],
  ] as const
  for (const [metric, value] of sums) {
    out.begin(metric)
    for (const { labels, counts } of targets) out.sample(labels, value(counts))
  }
  for (const name of ['ttft', 'tpot', 'queue', 'overhead', 'duration'] as const) {
    out.begin(metrics[name])
    for (const [model, counts] of models) out.buckets([model], counts[name])
  }
  out.begin(metrics.attemptTtft)
  for (const { labels, counts } of targets) out.buckets(labels, counts.ttft)
}
