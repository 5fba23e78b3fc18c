/** Rows whose numbers cannot be what they claim (docs/models/measured-rows.md, rules 9 to 14). Each rule is one function. */
import { deploymentDevices } from '../../perf/deployment.ts'
import type { MeasuredPoint } from '../measured-point.ts'
import { littlesLawTokensPerSecondPerDevice } from './littles-law.ts'
import type { RowPhysics } from './row-physics.ts'
import { type Candidate, suspect } from './row-result.ts'

/** More than half of the peak, end to end, has not been seen from an engine that does the work (best: 0.46). */
const highestUtilisation = 0.5
/** Share of a campaign that must trip a rule before all of it is distrusted. */
const utilisationShare = 0.1
const eagerShare = 0.3
const stalledMsPerInputToken = 0.6
/** In a gap of serving_latency's rows with fewer users than devices: up to 0.3 s beside 0.6 ms per prompt token, or 0.9 s and more. */
const handOverMs = 1000
const eagerMsPerLayer = 0.33
const fewUsers = 12
const collapsedWaitShare = 4

/** Rules for latencies measured in one run: serving_latency. */
export function markLatencyAnomalies(
  candidates: readonly Candidate[],
  physics: RowPhysics | null,
): readonly Candidate[] {
  const stalled = new Set(candidates.filter(one => isPrefillStall(one.point)).map(runOf))
  const eager = physics && trippedCampaigns(candidates, eagerShare, point => looksEager(point, physics))
  return markUtilisation(candidates, physics).map(one => {
    if (isQueueCollapse(one.point)) return suspect(one, 'queueCollapse')
    if (stalled.has(runOf(one))) return suspect(one, 'prefillStall')
    return eager?.has(one.campaign) ? suspect(one, 'eagerMode') : one
  })
}

/** Rule 9, for every file with throughput. */
export function markUtilisation(
  candidates: readonly Candidate[],
  physics: RowPhysics | null,
): readonly Candidate[] {
  if (physics === null) return candidates
  const trips = (point: MeasuredPoint) => impliesTooMuchCompute(point, physics)
  const campaigns = trippedCampaigns(candidates, utilisationShare, trips)
  return candidates.map(one =>
    trips(one.point) || campaigns.has(one.campaign) ? suspect(one, 'impliedUtilisation') : one,
  )
}

/** Rule 10: in a large closed loop requests wait four times longer than they decode. */
export function isQueueCollapse(point: MeasuredPoint): boolean {
  if (point.deployment.mode !== 'aggregated' || point.load.kind !== 'closed') return false
  if (point.load.concurrency < 256 || point.ttftMs === null || point.tpotMs === null) return false
  return point.ttftMs > collapsedWaitShare * point.tpotMs * (point.shape.outputTokens - 1)
}

/**
 * Rule 11: eight users or fewer with long prompts wait more than 0.6 ms per prompt token. Pools of their own are nearly idle with
 * fewer users than devices; routing and hand-over may take a second beside that. Nothing queues there, so a first token that
 * takes longer waited for something that happens once: compiling, tuning, the first connections between the pools.
 */
export function isPrefillStall(point: MeasuredPoint): boolean {
  const { deployment, load, ttftMs, nominalInputTokens } = point
  if (load.kind !== 'closed' || ttftMs === null) return false
  if (deployment.mode === 'disaggregated') {
    const idle = load.concurrency <= deploymentDevices(deployment)
    return idle && ttftMs > handOverMs + stalledMsPerInputToken * nominalInputTokens
  }
  if (load.concurrency > 8 || nominalInputTokens < 4096) return false
  return ttftMs / nominalInputTokens > stalledMsPerInputToken
}

/** Rule 9: 2 FLOP per active matrix parameter and token, all tokens of the run, against the device's peak. */
export function impliesTooMuchCompute(point: MeasuredPoint, physics: RowPhysics): boolean {
  if (point.deployment.mode !== 'aggregated') return false
  const tokensPerSecond =
    point.totalTokensPerSecondPerDevice ?? littlesLawTokensPerSecondPerDevice(point, point)
  const active = physics.matrixParameters(point.modelId)
  const { acceleratorId } = point.deployment.pool
  const peak = physics.peakFlopsPerSecond(acceleratorId, point.deployment.precision)
  if (tokensPerSecond === null || active === null || peak === null) return false
  return (2 * active * tokensPerSecond) / peak > highestUtilisation
}

/**
 * Rule 13: at 12 users or fewer, more than 0.33 ms per layer beside reading the weights is the sign of an engine
 * without compiled graphs. Null where the rule says nothing: larger loads, where prefill lengthens TPOT, and prompts
 * over eight times their answers.
 */
export function looksEager(point: MeasuredPoint, physics: RowPhysics): boolean | null {
  const { deployment, load } = point
  if (deployment.mode !== 'aggregated' || deployment.speculation !== null || load.kind !== 'closed')
    return null
  if (load.concurrency > fewUsers || point.tpotMs === null) return null
  if (point.nominalInputTokens > 8 * point.nominalOutputTokens) return null
  const layers = physics.layers(point.modelId)
  const weightSeconds = physics.weightSeconds({
    modelId: point.modelId,
    acceleratorId: deployment.pool.acceleratorId,
    parallelism: deployment.pool.parallelism,
    precision: deployment.precision,
    engine: deployment.engine,
    sequences: load.concurrency,
  })
  if (layers === null || weightSeconds === null) return null
  return (point.tpotMs - 1000 * weightSeconds) / layers > eagerMsPerLayer
}

/** Campaigns in which more than this share of the rows that a rule speaks about trip it. */
function trippedCampaigns(
  candidates: readonly Candidate[],
  share: number,
  trips: (point: MeasuredPoint) => boolean | null,
): ReadonlySet<string> {
  const counts = new Map<string, { judged: number; tripped: number }>()
  for (const { point, campaign } of candidates) {
    const verdict = trips(point)
    if (verdict === null) continue
    const count = counts.get(campaign) ?? { judged: 0, tripped: 0 }
    count.judged += 1
    if (verdict) count.tripped += 1
    counts.set(campaign, count)
  }
  const tripped = [...counts].filter(([, count]) => count.tripped > share * count.judged)
  return new Set(tripped.map(([campaign]) => campaign))
}

/** One configuration on one day. */
function runOf({ point, campaign }: Candidate): string {
  return `${campaign} | ${point.group} | ${point.date ?? ''}`
}
