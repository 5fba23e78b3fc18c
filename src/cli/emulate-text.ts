/** What `emulate` says when it starts and when it ends: a few calm lines, or one line of JSON each. */
import { usdFromNano } from '../core/money.ts'
import type { PoolSettings } from '../fleet/types.ts'
import type { LatencySummary } from '../metrics/latency-summary.ts'
import { describeDeployment } from '../report/describe-deployment.ts'
import {
  exactUsd,
  formatCount,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  formatWatts,
  plural,
} from '../report/format-number.ts'
import type { TextStyle } from '../report/text-style.ts'
import type { SimulationResult } from '../sim/result.ts'
import type { EmulatedDeployment } from './emulate-deployment.ts'
import type { EmulationStart } from './emulate-run.ts'
import type { EmulationSummary } from './emulate-summary.ts'

const generating = '/v1/chat/completions /v1/completions /v1/responses'
const others = '/v1/embeddings /v1/audio/transcriptions /v1/models /tokenize /health'
const scraped = '/metrics /dcgm/metrics'

/** The block printed when the port is open. */
export function startText(start: EmulationStart, style: TextStyle): string {
  const { url, deployments, server, metrics, kvEvents, notes } = start
  const what = deployments.length === 1 ? 'a deployment' : `${deployments.length} deployments`
  const lines = [`emulating ${what} at ${style.strong(url)}`, '']
  for (const deployment of deployments) lines.push(...modelLines(deployment, style), '')
  lines.push(row('endpoints', generating), row('', others))
  if (metrics) lines.push(row('', scraped))
  if (kvEvents !== null) lines.push(row('KV events', kvEvents))
  lines.push(row('time', server.timeScale === 1 ? 'real time' : `${server.timeScale} × real time`))
  if (server.apiKeys.length > 0) lines.push(row('API key', 'needed for /v1 (authorization: Bearer …)'))
  for (const { fault, rate } of server.faultRates)
    lines.push(row('faults', `${fault} in ${formatPercent(rate)} of the requests`))
  if (server.truthLog !== null) lines.push(row('truth log', server.truthLog))
  for (const note of notes) lines.push(row('note', note))
  lines.push('', ...curlLines(start), '', 'Ctrl-C ends it and prints what it did.')
  return `${lines.join('\n')}\n`
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(11)}${text}`
}

function modelLines({ question, pools, router, model }: EmulatedDeployment, style: TextStyle): string[] {
  const also = model.aliases.length > 0 ? `, also ${model.aliases.join(', ')}` : ''
  return [
    `  ${style.strong(model.id)}${also}`,
    row('serves', describeDeployment(question.deployment)),
    ...(model.id === question.modelId ? [] : [row('model', question.modelId)]),
    ...pools.map(pool => row(pool.role, poolText(pool))),
    row('router', `${router.kind}; ${formatUsd(usdPerHour(pools))}/h while it runs`),
  ]
}

function usdPerHour(pools: readonly PoolSettings[]): number {
  return pools.reduce((sum, pool) => sum + pool.replicas * pool.usdPerReplicaHour, 0)
}

function poolText({ replicas, engine }: PoolSettings): string {
  const cache = engine.ranks * engine.blocksPerRank * engine.blockTokens
  return (
    `${plural(replicas, 'replica')}; each with a cache of ${plural(cache, 'token')}, ` +
    `${plural(engine.ranks * engine.maximumSequences, 'sequence')} at once, ` +
    `context up to ${plural(engine.maximumContextTokens, 'token')}`
  )
}

function curlLines({ port, server, deployments }: EmulationStart): string[] {
  const anywhere = ['0.0.0.0', '::', '127.0.0.1', '::1']
  const host = anywhere.includes(server.host) ? 'localhost' : server.host
  const authorised = server.apiKeys.length > 0 ? ` -H 'authorization: Bearer KEY'` : ''
  const body = {
    model: deployments[0]!.model.id,
    messages: [{ role: 'user', content: 'Hello' }],
    max_tokens: 20,
    stream: true,
  }
  return [
    `  curl -N http://${host}:${port}/v1/chat/completions${authorised} -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify(body).replaceAll("'", `'\\''`)}'`,
  ]
}

/** The same as one line of JSON. */
export function startJson(start: EmulationStart): string {
  const { url, port, startedAt, server, metrics, kvEvents, deployments, notes, version } = start
  return `${JSON.stringify({
    event: 'started',
    version,
    url,
    port,
    startedAt,
    timeScale: server.timeScale,
    seed: server.seed,
    apiKey: server.apiKeys.length > 0,
    metrics,
    kvEvents,
    truthLog: server.truthLog,
    faults: server.faultRates,
    models: deployments.map(({ question, pools, router, model }) => ({
      id: model.id,
      aliases: model.aliases,
      modelId: question.modelId,
      file: question.file,
      engine: question.deployment.engine,
      deployment: describeDeployment(question.deployment),
      router,
      maximumContextTokens: model.maximumContextTokens,
      meanOutputTokens: model.meanOutputTokens,
      usdPerHour: usdPerHour(pools),
      pools: pools.map(({ name, role, replicas, devicesPerReplica, engine }) => ({
        name,
        role,
        replicas,
        devicesPerReplica,
        engine,
      })),
    })),
    notes,
  })}\n`
}

/** What is printed when it has been stopped. */
export function summaryText(summary: EmulationSummary, style: TextStyle): string {
  const { seconds, timeScale, outcomes, lateness, models, truthLog } = summary
  const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
  const other = (['rejected', 'failed', 'cancelled'] as const)
    .filter(outcome => outcomes[outcome] > 0)
    .map(outcome => `, ${formatCount(outcomes[outcome])} ${outcome}`)
  const scaled = timeScale === 1 ? '' : ` (${timeScale} × real time)`
  const lines = [
    `ran ${formatMilliseconds(seconds * 1000)}${scaled}`,
    '',
    row('requests', `${formatCount(total)}: ${formatCount(outcomes.served)} served${other.join('')}`),
    row('lateness', latenessText(lateness)),
    ...(truthLog === null ? [] : [row('truth log', truthLog)]),
  ]
  for (const { id, result } of models) {
    if (models.length > 1) lines.push('', `  ${style.strong(id)}`)
    lines.push(...resultLines(result))
  }
  return `${lines.join('\n')}\n`
}

function latenessText({ chunks, p50Ms, p99Ms, maximumMs }: EmulationSummary['lateness']): string {
  if (chunks === 0) return 'nothing was streamed'
  const [p50, p99, most] = [p50Ms, p99Ms, maximumMs].map(formatMilliseconds)
  return `p50 ${p50}, p99 ${p99}, max ${most}: handed to the socket less due, ${plural(chunks, 'chunk')}`
}

function resultLines({ summary, pools, bill }: SimulationResult): string[] {
  const { inputTokens, cachedInputTokens, outputTokens } = summary.wholeRun
  const billUsd = usdFromNano(bill.allocation.billNanoUsd)
  const tokens = inputTokens + outputTokens
  const perMillion = tokens > 0 ? (billUsd / tokens) * 1e6 : null
  const idle = Number(bill.allocation.idleNanoUsd) / Math.max(1, Number(bill.allocation.billNanoUsd))
  const watts = pools.reduce((sum, pool) => sum + pool.meanWatts, 0)
  const joules = pools.reduce((sum, pool) => sum + pool.joules, 0)
  const { ttftService: ttft, tpot } = summary.latency
  return [
    row(
      'tokens',
      `${formatCount(inputTokens)} in (${formatCount(cachedInputTokens)} cached), ${formatCount(outputTokens)} out`,
    ),
    ...(ttft.count > 0 ? [row('TTFT', latencyText(ttft))] : []),
    ...(tpot.count > 0 ? [row('TPOT', latencyText(tpot))] : []),
    ...goodputLines(summary),
    row('energy', `${formatJoules(joules)}, ${formatWatts(watts)} on average`),
    row(
      'bill',
      `${formatUsd(billUsd)}, ${formatPercent(idle)} of it idle` +
        (perMillion === null ? '' : `; ${formatUsdPerMillionTokens(perMillion)} per million tokens`),
    ),
  ]
}

function goodputLines({ objectives, goodput }: SimulationResult['summary']): string[] {
  const { met, missed } = goodput
  if (objectives.length === 0 || met + missed === 0) return []
  return [row('goodput', `${formatCount(met)} of ${plural(met + missed, 'request')} met every objective`)]
}

function formatJoules(joules: number): string {
  if (joules >= 3.6e6) return `${formatSignificant(joules / 3.6e6)} kWh`
  return joules >= 1000 ? `${formatSignificant(joules / 1000)} kJ` : `${formatSignificant(joules)} J`
}

function latencyText({ meanMs, p50Ms, p99Ms }: LatencySummary): string {
  return `mean ${formatMilliseconds(meanMs)}, p50 ${formatMilliseconds(p50Ms)}, p99 ${formatMilliseconds(p99Ms)}`
}

/** The same as one line of JSON. */
export function summaryJson(summary: EmulationSummary, signal: string): string {
  const { seconds, timeScale, outcomes, lateness, models, truthLog } = summary
  return `${JSON.stringify({
    event: 'ended',
    signal,
    seconds,
    timeScale,
    requests: outcomes,
    lateness,
    truthLog,
    models: models.map(({ id, result: { summary: figures, pools, bill } }) => ({
      id,
      tokens: figures.wholeRun,
      ttft: figures.latency.ttftService,
      tpot: figures.latency.tpot,
      objectives: figures.objectives,
      joules: pools.reduce((sum, pool) => sum + pool.joules, 0),
      billUsd: exactUsd(bill.allocation.billNanoUsd),
      idleUsd: exactUsd(bill.allocation.idleNanoUsd),
      usdPerMillionTokens: bill.perMillionTokens,
    })),
  })}\n`
}
