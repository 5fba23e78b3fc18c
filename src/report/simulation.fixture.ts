/** Reports of small runs with round times: every section has something to say, and no fit can change it. */
import { RandomSource } from '../core/random.ts'
import { constantTimer, engineSettings, pool } from '../fleet/fleet.fixture.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { FleetEvent, PoolSettings } from '../fleet/types.ts'
import { type Distribution, type RequestRecord, RunMetrics } from '../metrics/index.ts'
import type { Deployment } from '../perf/deployment.ts'
import type { Objective } from '../plan/types.ts'
import { createRouter } from '../routing/create-router.ts'
import type { AutoscalerSettings } from '../sim/autoscale.ts'
import { simulate } from '../sim/driver.ts'
import type { TimedFault } from '../sim/faults.ts'
import { fleetObserver, simulationResult } from '../sim/result.ts'
import { createWorkload, type WorkloadSpec } from '../workload/synthetic.ts'
import type { ReplicaChange, SimulationReport } from './simulation-report.ts'

const objectives: readonly Objective[] = [
  { metric: 'ttft', statistic: 'p95', limitMs: 50 },
  { metric: 'tpot', statistic: 'mean', limitMs: 10.2 },
]

const spec: WorkloadSpec = {
  kind: 'open',
  arrivals: { kind: 'poisson', rate: 20 },
  lengths: {
    input: { kind: 'lognormal', mean: 400, cv: 1 },
    output: { kind: 'lognormal', mean: 60, cv: 0.5 },
  },
  prefix: { groups: 4, tokens: 128 },
  requests: 1200,
  warmup: { requests: 100 },
}

const faults: readonly TimedFault[] = [
  { atUs: 20e6, fault: { kind: 'crash', replica: 1, downSeconds: 3 } },
  { atUs: 40e6, fault: { kind: 'slow', replica: 0, factor: 3, seconds: 5 } },
]

const autoscaler: AutoscalerSettings = {
  kind: 'load',
  pool: 'serve',
  measure: 'requests',
  target: 8,
  minimum: 2,
  maximum: 4,
  intervalSeconds: 15,
  tolerance: 0.1,
  cooldownSeconds: 300,
}

const pools: readonly PoolSettings[] = [
  pool({
    name: 'serve',
    replicas: 2,
    devicesPerReplica: 4,
    usdPerReplicaHour: 11.6,
    startupSeconds: 5,
    // Too short for the longest requests, so that some are refused.
    engine: engineSettings({ maximumSequences: 32, maximumContextTokens: 2048 }),
  }),
]

const parallelism = { tensor: 4, pipeline: 1, attentionData: 1, expert: 1 }

const deployment: Deployment = {
  mode: 'aggregated',
  engine: 'vllm',
  precision: {
    preset: 'fp8',
    attention: 'fp8',
    denseFeedForward: 'fp8',
    routedExperts: 'fp8',
    sharedExperts: 'fp8',
    head: 'bf16',
    keyValueCache: 'fp8',
  },
  speculation: null,
  pool: { acceleratorId: 'h200-sxm', parallelism, replicas: 2 },
}

interface Ran {
  readonly report: SimulationReport
  readonly records: readonly RequestRecord[]
}

function ran(workload: WorkloadSpec, untilUs: number | null): Ran {
  const random = new RandomSource('fixture')
  const fleet = createFleet({
    pools,
    router: createRouter({ kind: 'least-loaded' }, random),
    decodeRouter: null,
    seed: 'fixture',
  })
  const requests = createWorkload(workload, random)
  const metrics = new RunMetrics({ objectives, isWarmUp: id => requests.isWarmup(id) })
  const measure = fleetObserver(metrics, fleet, () => ({
    idleWatts: constantTimer().idleWatts,
    tokensPerSequence: 1,
    handedOver: false,
  }))
  const records: RequestRecord[] = []
  const changes: ReplicaChange[] = []
  const end = simulate(
    requests,
    fleet,
    (event: FleetEvent) => {
      measure(event)
      if (event.kind === 'ended') records.push(event.record)
      if (event.kind === 'replica') {
        const { replica, pool, atUs, state } = event
        changes.push({ atSeconds: atUs / 1e6, replica, pool, state })
      }
    },
    { faults, ...(untilUs === null ? {} : { untilUs }) },
  )
  const energy = { usdPerKilowattHour: 0.08, pue: 1.25, region: 'us-average' }
  const result = simulationResult({ endUs: end.nowUs, fleet, pools, metrics, energyPrice: () => energy })
  const curve = (values: Distribution) =>
    values.count === 0 ? null : Array.from({ length: 21 }, (_, index) => values.quantile(index / 20))
  const { latencies } = metrics.measured
  const [{ engine, devicesPerReplica, usdPerReplicaHour }] = pools as [PoolSettings]
  const deploymentFile = 'deployment/deployment.yaml'
  return {
    records,
    report: {
      version: '0.0.0',
      seed: 'fixture',
      modelId: 'meta-llama/Meta-Llama-3.1-70B',
      deployment,
      deploymentFile,
      deployments: [{ file: deploymentFile, deployment, pools: ['serve'] }],
      workload: {
        kind: 'open',
        description: '20.0 requests/s, Poisson',
        lengths: '400 tokens in (CV 1.0, 128 shared), 60 out (CV 0.50)',
        spec: workload,
        trace: null,
      },
      fleet: {
        pools: [
          {
            name: 'serve',
            role: 'serve',
            acceleratorId: 'h200-sxm',
            replicas: 2,
            devicesPerReplica,
            engine,
            usdPerReplicaHour,
          },
        ],
        router: { kind: 'least-loaded' },
        startupSeconds: 5,
        faults,
        autoscalers: [autoscaler],
        upgradeAtSeconds: null,
      },
      objectives,
      result,
      run: {
        endSeconds: end.nowUs / 1e6,
        untilSeconds: untilUs === null ? null : untilUs / 1e6,
        submitted: end.submitted,
        lastArrivalSeconds:
          records.reduce((latest, { scheduledUs }) => Math.max(latest, scheduledUs), 0) / 1e6,
        ended: end.ended,
        unfinished: end.unfinished,
        events: end.events,
        changes,
      },
      comparison: {
        source: 'file',
        rows: [
          { quantity: 'ttftMeanMs', predicted: 40, simulated: 42, band: { low: 0.5, high: 2 } },
          { quantity: 'tpotMeanMs', predicted: 10, simulated: 11.2, band: { low: 0.9, high: 1.1 } },
          { quantity: 'requestsPerSecond', predicted: 20, simulated: 19.9, band: null },
          { quantity: 'acceleratorWatts', predicted: 900, simulated: 980, band: null },
        ],
      },
      steadyUsdPerMillionTokens: 0.7,
      curves: {
        ttft: curve(latencies.ttftServiceMs),
        tpot: curve(latencies.tpotMs),
        interToken: curve(metrics.interTokenLatencyMs),
        endToEnd: curve(latencies.endToEndServiceMs),
      },
      prices: [
        {
          acceleratorId: 'h200-sxm',
          price: {
            id: 'fixture-h200-sxm',
            acceleratorId: 'h200-sxm',
            provider: 'fixture',
            tier: 'reserved',
            usdPerDeviceHour: 2.9,
            region: null,
            includes: ['capital', 'host'],
            commitment: null,
            provenance: { source: 'fixture', asOf: '2026-11', confidence: 'estimate' },
          },
          reason: 'as planned',
          energy,
        },
      ],
      notes: ['prompts have beginnings in common, and least-loaded does not look at them'],
    },
  }
}

/** Two replicas of which one crashes and one slows down; some requests are too long. */
export const simulationFixture: SimulationReport = ran(spec, null).report
export const simulationRecords: readonly RequestRecord[] = ran(spec, null).records

/** Stopped before anything ended. */
export const unservedFixture: SimulationReport = {
  ...ran(
    {
      kind: 'open',
      arrivals: { kind: 'constant', rate: 1 },
      lengths: { input: 10, output: 10 },
      requests: 3,
    },
    20_000,
  ).report,
  steadyUsdPerMillionTokens: null,
  comparison: null,
}
