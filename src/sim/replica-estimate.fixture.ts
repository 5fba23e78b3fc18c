/** Pools of real devices whose replicas predict, and runs that put predictions beside what came of them. */
import { readFileSync } from 'node:fs'
import { dataFolder, findAccelerator, findModel, loadCatalog } from '../catalog/index.ts'
import { RandomSource } from '../core/random.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { PoolSettings } from '../fleet/types.ts'
import type { RequestRecord } from '../metrics/record.ts'
import { parseModelConfig } from '../model/index.ts'
import type { Deployment, RequestShape } from '../perf/deployment.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { createRouter } from '../routing/create-router.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import type { Router } from '../routing/types.ts'
import { createWorkload, type WorkloadSpec } from '../workload/synthetic.ts'
import { simulate } from './driver.ts'
import { loadTwinCalibration } from './load-twin-calibration-file.ts'
import { twinPools } from './twin-pools.ts'

const catalog = loadCatalog()
const coefficients = loadCoefficients()
const calibration = loadTwinCalibration()

export interface PoolChoice {
  readonly name?: string
  readonly model?: string
  readonly accelerator?: string
  readonly engine?: Deployment['engine']
  readonly tensor?: number
  readonly attentionData?: number
  readonly replicas?: number
  readonly usdPerDeviceHour?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly startupSeconds?: number
}

const precision = {
  preset: 'fp8',
  attention: 'fp8',
  denseFeedForward: 'fp8',
  routedExperts: 'fp8',
  sharedExperts: 'fp8',
  head: 'bf16',
  keyValueCache: 'fp8',
} as const

export function shapeOf({ inputTokens = 2000, outputTokens = 200 }: PoolChoice): RequestShape {
  return { inputTokens, outputTokens, cachedTokens: 0, inputVariation: 0, outputVariation: 0 }
}

export function predictingPool(choice: PoolChoice = {}): PoolSettings {
  const { engine = 'vllm', tensor = 2, attentionData = 1, replicas = 1, usdPerDeviceHour = 3 } = choice
  const model = findModel(catalog, choice.model ?? 'meta-llama/Llama-3.1-70B')
  const architecture = parseModelConfig(
    readFileSync(new URL(`models/${model.configPath}`, dataFolder), 'utf8'),
    { where: model.id },
  )
  const acceleratorId = findAccelerator(catalog, choice.accelerator ?? 'h200').id
  const [pool] = twinPools({
    modelId: model.id,
    architecture,
    deployment: {
      mode: 'aggregated',
      engine,
      precision,
      speculation: null,
      pool: {
        acceleratorId,
        parallelism: { tensor, pipeline: 1, attentionData, expert: attentionData > 1 ? attentionData : 1 },
        replicas,
      },
    },
    shape: shapeOf(choice),
    accelerator: id => findAccelerator(catalog, id),
    coefficients,
    calibration,
    usdPerDeviceHour: () => usdPerDeviceHour,
    overrides: {},
    skipEvents: true,
    cacheEvents: false,
    startupSeconds: choice.startupSeconds ?? 0,
    estimates: true,
  })
  return { ...pool!, name: choice.name ?? 'serve' }
}

export interface Prediction {
  readonly ttftMs: number
  readonly tpotMs: number
  readonly usd: number
  readonly record: RequestRecord
}

/** What was predicted for each request when it was sent, and its record; in the order in which they ended. */
export function predictions(
  pools: readonly PoolSettings[],
  workload: WorkloadSpec,
  spec: RouterSpec = { kind: 'least-loaded' },
): Prediction[] {
  const random = new RandomSource('estimates')
  const told = new Map<number, Omit<Prediction, 'record'>>()
  const found: Prediction[] = []
  const fleet = createFleet({
    pools,
    router: listening(createRouter(spec, random), told),
    decodeRouter: null,
    seed: 1,
    engineEvents: false,
  })
  simulate(createWorkload(workload, random), fleet, event => {
    if (event.kind === 'ended' && event.record.outcome === 'served')
      found.push({ ...told.get(event.record.id)!, record: event.record })
  })
  return found
}

function listening(router: Router, told: Map<number, Omit<Prediction, 'record'>>): Router {
  return {
    ...bound(router),
    route(nowUs, request, candidates) {
      const decision = router.route(nowUs, request, candidates)
      if (decision.kind !== 'send') return decision
      const state = candidates.find(({ id }) => id === decision.candidateId)!
      const { estimate } = state
      told.set(request.id, {
        ttftMs: estimate!.ttftMs(state, request.inputTokens, 0),
        tpotMs: estimate!.tpotMs(state),
        usd: estimate!.marginalUsd(state, request.inputTokens, 0, request.outputTokens),
      })
      return decision
    },
  }
}

function bound(router: Router): Router {
  return {
    route: (...call) => router.route(...call),
    sent: (...call) => router.sent(...call),
    firstToken: (...call) => router.firstToken(...call),
    ended: (...call) => router.ended(...call),
    cacheChanged: (...call) => router.cacheChanged(...call),
    removed: (...call) => router.removed(...call),
  }
}
