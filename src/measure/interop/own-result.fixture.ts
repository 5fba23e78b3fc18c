/** A result folder's files as `bench --out` writes them, from requests at two loads, by the code that summarises real runs. */
import { RunMetrics } from '../../metrics/run-metrics.ts'
import { runTimeline } from '../../metrics/run-series.ts'
import { summariseRun } from '../../metrics/run-summary.ts'
import type { BenchPoint, BenchResult, LoadPoint } from '../bench-result.ts'
import { observation } from '../observation.fixture.ts'
import type { RequestObservation } from '../observation.ts'
import { loadMarker, observationToJson, requestsFileHeader } from '../observation-json.ts'
import { latencyIntervals } from '../percentile-interval.ts'
import { recordOfObservation } from '../record-of-observation.ts'

export interface OwnLoad {
  readonly concurrency: number
  readonly requests: number
  /** Of all times after sending. */
  readonly factor: number
  readonly level?: 'valid' | 'suspect' | 'invalid'
}

const startedAt = '2026-11-20T10:00:00.000Z'

export function ownFiles(loads: readonly OwnLoad[]): { readonly result: string; readonly requests: string } {
  const points = loads.map(load => ({ load, observations: observationsOf(load) }))
  return {
    result: JSON.stringify(
      resultOf(points.map(({ load, observations }) => pointOf(load, observations))),
      null,
      2,
    ),
    requests: [
      requestsFileHeader(startedAt),
      ...points.flatMap(({ load, observations }) => [
        loadMarker(loadPoint(load).name),
        ...observations.map(observationToJson),
      ]),
      '',
    ].join('\n'),
  }
}

function loadPoint({ concurrency }: OwnLoad): LoadPoint {
  return { name: `concurrency ${concurrency}`, kind: 'concurrency', concurrency, requestsPerSecond: null }
}

/** One every 50 ms; TTFT 100 to 119 ms, TPOT 20 ms, 3 tokens; the first is warm-up. */
function observationsOf({ requests, factor }: OwnLoad): RequestObservation[] {
  return Array.from({ length: requests + 1 }, (_, id) => {
    const sentUs = 50_000 * id
    const firstUs = sentUs + (100_000 + 1000 * ((id * 7) % 20)) * factor
    const gapUs = 20_000 * factor
    return observation({
      id,
      phase: id === 0 ? 'warm-up' : 'measured',
      times: {
        scheduledUs: sentUs,
        dispatchedUs: sentUs,
        connectedUs: sentUs,
        sentUs,
        firstByteUs: firstUs - 500,
        firstEventUs: firstUs - 400,
        firstContentUs: firstUs,
        lastContentUs: firstUs + 2 * gapUs,
        usageUs: firstUs + 2 * gapUs,
        endedUs: firstUs + 2 * gapUs + 100,
      },
      chunks: {
        us: [firstUs, firstUs + gapUs, firstUs + 2 * gapUs],
        tokens: [1, 1, 1],
        coalesced: [0, 0, 0],
        method: 'one-per-chunk',
      },
    })
  })
}

/** Of a point, as much as comparisons read. */
type ReadPoint = Pick<
  BenchPoint,
  'load' | 'summary' | 'timeline' | 'intervals' | 'verdict' | 'cost' | 'energy'
>

function pointOf(load: OwnLoad, observations: readonly RequestObservation[]): ReadPoint {
  const metrics = new RunMetrics({ isWarmUp: id => id === 0 })
  for (const request of observations) {
    metrics.addRecord(recordOfObservation(request))
    if (request.phase === 'measured') metrics.addChunks(request.chunks.us, request.chunks.tokens)
  }
  const end = { endUs: metrics.lastEndedUs, devices: null, unfinished: 0, joules: null }
  const level = load.level ?? 'valid'
  return {
    load: loadPoint(load),
    summary: summariseRun(metrics, end),
    timeline: runTimeline(metrics.series, end),
    intervals: latencyIntervals(metrics),
    verdict: {
      level,
      checks: [
        {
          check: 'client-cpu',
          level,
          value: 0.97,
          limit: 0.8,
          unit: 'share',
          finding: 'the client was at 97 % of a core',
          fix: 'add workers',
        },
      ],
    },
    cost: null,
    energy: null,
  }
}

type ReadResult = Omit<BenchResult, 'points'> & { readonly points: readonly ReadPoint[] }

function resultOf(points: readonly ReadPoint[]): ReadResult {
  return {
    kind: 'tokenwright-bench',
    version: 1,
    tokenwrightVersion: '0.1.0',
    startedAt,
    endpoint: {
      url: 'http://localhost:8000',
      endpoint: 'chat',
      streaming: true,
      model: 'm',
      engine: null,
      engineVersion: null,
    },
    command: 'tokenwright bench http://localhost:8000',
    seed: '1',
    clock: 'service',
    objectives: [],
    points,
    search: null,
    selfTest: null,
    verdict: points[0]!.verdict,
  }
}
