/** Requests of one load, played with round times, and what metrics make of them. */
import { RandomSource } from '../core/random.ts'
import type { LoadPoint } from '../measure/bench-result.ts'
import {
  type LatencyClock,
  type Objective,
  type RequestRecord,
  RunMetrics,
  type RunSummary,
  summariseRun,
} from '../metrics/index.ts'

/** What one load is made of; users ask again as soon as they are answered. */
export interface Play {
  readonly load: LoadPoint
  readonly users: number
  readonly requests: number
  readonly ttftMs: number
  readonly tpotMs: number
  readonly outputTokens: number
  /** Every so many-th request breaks; 0: none. */
  readonly failEvery: number
}

const inputTokens = 1024
const warmUpRequests = 8

interface Played {
  readonly metrics: RunMetrics
  readonly summary: RunSummary
  readonly endUs: number
}

export function play(part: Play, judged: readonly Objective[], clock: LatencyClock): Played {
  const random = new RandomSource('bench-fixture').stream(part.load.name)
  const metrics = new RunMetrics({ objectives: judged, clock, isWarmUp: id => id < warmUpRequests })
  const free = Array.from({ length: part.users }, () => Math.round(random.uniform() * 50_000))
  let endUs = 0
  for (let id = 0; id < part.requests + warmUpRequests; id++) {
    const user = free.indexOf(Math.min(...free))
    const record = answered(part, id, free[user]!, random.normal(), random.normal())
    free[user] = record.endedUs
    endUs = Math.max(endUs, record.endedUs)
    metrics.addRecord(record)
    if (id >= warmUpRequests && record.outcome === 'served') addTokens(metrics, record)
  }
  const end = { endUs, devices: 8, unfinished: 0, joules: null }
  return { metrics, summary: summariseRun(metrics, end), endUs }
}

function answered(part: Play, id: number, sentUs: number, a: number, b: number): RequestRecord {
  const fails = part.failEvery > 0 && id % part.failEvery === part.failEvery - 1
  const outputTokens = fails
    ? 0
    : Math.max(1, Math.round(part.outputTokens + 0.2 * a * (part.outputTokens - 1)))
  const firstUs = sentUs + Math.round(part.ttftMs * 1000 * Math.exp(0.35 * b))
  const lastUs = firstUs + Math.round((outputTokens - 1) * part.tpotMs * 1000 * (1 + 0.06 * a))
  return {
    id,
    tenant: '',
    model: 'meta-llama/Llama-3.1-70B-Instruct',
    session: -1,
    turn: 0,
    inputTokens,
    cachedTokens: id % 4 === 0 ? 512 : 0,
    requestedOutputTokens: part.outputTokens,
    outputTokens,
    scheduledUs: sentUs - Math.round(400 * Math.abs(a)),
    sentUs: Math.max(0, sentUs),
    startedUs: Number.NaN,
    firstTokenUs: fails ? Number.NaN : firstUs,
    lastTokenUs: fails ? Number.NaN : lastUs,
    endedUs: fails ? sentUs + 30_000_000 : lastUs + 300,
    outcome: fails ? 'failed' : 'served',
    reason: fails ? 'timeout' : '',
    replica: -1,
    preemptions: 0,
  }
}

/** Steps of one length, every tenth twice as long. */
function addTokens(metrics: RunMetrics, { firstTokenUs, lastTokenUs, outputTokens }: RequestRecord): void {
  const step = (lastTokenUs - firstTokenUs) / Math.max(1, outputTokens - 1)
  const at = (index: number) => firstTokenUs + Math.round(step * (index + (index % 10 === 5 ? 0.8 : 0)))
  const times = Array.from({ length: outputTokens }, (_, index) => at(index))
  metrics.addChunks(
    times,
    times.map(() => 1),
  )
}
