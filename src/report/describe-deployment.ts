/** Deployments and requests in one line each, in the field's own notation: `2× TP4 EP8`. */
import {
  type Deployment,
  deploymentDevices,
  type Load,
  offloadDevices,
  type Parallelism,
  type Pool,
} from '../perf/deployment.ts'
import type { Candidate, PlanRequest } from '../plan/types.ts'
import { formatCount, formatSignificant, plural } from './format-number.ts'
import { describeObjective, describeSpeculation, engineNames, tierNames } from './words.ts'

/** `TP4`, `TP8 PP2`, `DP8 EP8`: the ranks greater than one, TP1 when all are one. */
export function describeParallelism(parallelism: Parallelism): string {
  const parts: string[] = []
  if (parallelism.tensor > 1 || parallelism.attentionData === 1) parts.push(`TP${parallelism.tensor}`)
  if (parallelism.pipeline > 1) parts.push(`PP${parallelism.pipeline}`)
  if (parallelism.attentionData > 1) parts.push(`DP${parallelism.attentionData}`)
  if (parallelism.expert > 1) parts.push(`EP${parallelism.expert}`)
  return parts.join(' ')
}

function describePool(pool: Pool): string {
  const layout = describeParallelism(pool.parallelism)
  return pool.replicas === 1 ? layout : `${pool.replicas}× ${layout}`
}

/** `2× TP4`; disaggregated: `P 2× TP2 → D TP8`; hybrid: `TP4 + FFN`. */
export function describeLayout(deployment: Deployment): string {
  if (deployment.mode === 'disaggregated') {
    return `P ${describePool(deployment.prefill)} → D ${describePool(deployment.decode)}`
  }
  return `${describePool(deployment.pool)}${deployment.feedForwardOffload ? ' + FFN' : ''}`
}

export function poolsOf(deployment: Deployment): readonly Pool[] {
  return deployment.mode === 'aggregated' ? [deployment.pool] : [deployment.prefill, deployment.decode]
}

/** Accelerator ids, each once: prefill first, processors for feed-forward layers last. */
export function acceleratorsOf(deployment: Deployment): readonly string[] {
  const pools = poolsOf(deployment).map(pool => pool.acceleratorId)
  const beside = deployment.mode === 'aggregated' ? deployment.feedForwardOffload?.acceleratorId : undefined
  return [...new Set(beside === undefined ? pools : [...pools, beside])]
}

/** `8× h200`, `16× h200 + gb200`, hybrid: `8× vr-nvl72 + 256× groq3-lpu` */
export function describeDevices(deployment: Deployment): string {
  const all = deploymentDevices(deployment)
  const beside = offloadDevices(deployment)
  const ids = acceleratorsOf(deployment)
  return beside === 0
    ? `${all}× ${ids.join(' + ')}`
    : `${all - beside}× ${ids.slice(0, -1).join(' + ')} + ${beside}× ${ids.at(-1)}`
}

/** `4× h200, vLLM, fp8, TP4`, with speculation and disaggregation when there is any. */
export function describeDeployment(deployment: Deployment): string {
  const parts = [
    describeDevices(deployment),
    engineNames[deployment.engine],
    deployment.precision.preset,
    describeLayout(deployment),
  ]
  if (deployment.speculation) parts.push(describeSpeculation(deployment.speculation))
  return parts.join(', ')
}

/** `64 in flight` or `40.0 req/s` */
export function describeLoad(load: Load): string {
  return load.kind === 'closed'
    ? `${formatCount(load.concurrency)} in flight`
    : `${formatSignificant(load.requestsPerSecond)} req/s`
}

/** The workload: `4,000 tokens in (1,000 cached), 500 out`. */
export function describeShape(request: PlanRequest): string {
  const { inputTokens, outputTokens, cachedTokens } = request.shape
  const cached = cachedTokens > 0 ? ` (${formatCount(cachedTokens)} cached)` : ''
  return `${plural(inputTokens, 'token')} in${cached}, ${formatCount(outputTokens)} out`
}

/** What was asked, in one line. */
export function describeRequest(request: PlanRequest): string {
  const objectives = request.objectives.map(describeObjective).join(', ') || 'no latency objective'
  const demand =
    request.requestsPerSecond === null ? [] : [`${formatSignificant(request.requestsPerSecond)} requests/s`]
  const region = request.region === null ? [] : [request.region]
  return [
    request.modelId,
    describeShape(request),
    ...demand,
    objectives,
    `${tierNames[request.tier]} prices`,
    ...region,
  ].join(' · ')
}

/** Concurrency as a number, whichever way the load was given. */
export function concurrencyOf(candidate: Candidate): string {
  return candidate.load.kind === 'closed'
    ? formatCount(candidate.load.concurrency)
    : formatSignificant(candidate.performance.concurrency, 2)
}
