/** From a deployment file, or flags, to a fleet that the emulator can serve, with everything its summary needs. */
import { type FactsCatalog, findAccelerator } from '../catalog/index.ts'
import { present } from '../core/assert.ts'
import { parseTokenCount } from '../core/parse-quantity.ts'
import { RandomSource } from '../core/random.ts'
import { defaultEmulatorSettings, type EmulatedModel, type PlannedInput } from '../emulate/index.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { Fleet, PoolSettings } from '../fleet/types.ts'
import { RunMetrics } from '../metrics/index.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { parseObjectives } from '../plan/objectives.ts'
import { createRouter } from '../routing/create-router.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import { createAutoscalers } from '../sim/autoscale.ts'
import { firstTokenAfter } from '../sim/first-token-after.ts'
import { loadTwinCalibration } from '../sim/load-twin-calibration-file.ts'
import { fleetObserver } from '../sim/result.ts'
import type { EmulateFlags } from './emulate-flags.ts'
import { type SideChannels, telemetryOf } from './emulate-side-channels.ts'
import { poolsOfFlags } from './pools-of-flags.ts'
import { wantsCacheEvents, wantsEstimates } from './router-facts.ts'
import { autoscalersOf } from './simulate-autoscale.ts'
import { deploymentOfFlags } from './simulate-deployment.ts'
import { readDeploymentFile } from './simulate-deployment-file.ts'
import { faultsOf, startupSecondsOf, upgradesOf } from './simulate-fleet.ts'
import { type SimulationPrices, simulationPrices } from './simulate-prices.ts'
import type { SimulationQuestion } from './simulate-question.ts'
import { routerOf } from './simulate-router.ts'

/** One deployment, ready to be served. */
export interface EmulatedDeployment {
  readonly question: SimulationQuestion
  readonly shape: RequestShape
  readonly pools: readonly PoolSettings[]
  readonly prices: SimulationPrices
  readonly router: RouterSpec
  readonly fleet: Fleet
  readonly metrics: RunMetrics
  readonly model: EmulatedModel
  readonly inputs: readonly PlannedInput[]
}

/** What flags say of one of several deployments: which it is, how it is called, what happens to it. */
export interface DeploymentPlace {
  readonly place: number
  readonly names: readonly string[]
  readonly faults: readonly string[]
  readonly autoscale: readonly string[]
  readonly scaleAt: readonly string[]
}

/** What serves; without files, as flags describe it. */
export function questionsOf(
  files: readonly string[],
  flags: EmulateFlags,
  catalog: FactsCatalog,
): SimulationQuestion[] {
  return files.length === 0
    ? [deploymentOfFlags(flags, catalog)]
    : files.map(file => readDeploymentFile(file, flags, catalog))
}

export function emulatedDeployment(
  question: SimulationQuestion,
  flags: EmulateFlags,
  catalog: FactsCatalog,
  own: DeploymentPlace,
  channels: SideChannels | null,
  today: string,
  onFault: (error: unknown) => void,
): EmulatedDeployment {
  const seed = seedOf(flags.seed ?? '1', own.place)
  const random = new RandomSource(seed)
  const objectives =
    flags.slo === undefined ? (question.planned?.objectives ?? []) : parseObjectives(flags.slo)
  const router = routerOf(flags.router, objectives)
  const prices = simulationPrices(question, flags, catalog, today)
  const shape = shapeOf(question, flags)
  const pools = poolsOfFlags(flags, question, shape, prices, {
    accelerator: id => findAccelerator(catalog, id),
    coefficients: loadCoefficients(flags.coefficients),
    calibration: loadTwinCalibration(),
    cacheEvents: wantsCacheEvents(router) || (channels?.cacheEvents ?? null) !== null,
    startupSeconds: startupSecondsOf(flags),
    estimates: wantsEstimates(router),
    // Tokens are sent when steps are told.
    skipEvents: false,
  })
  const fleet = createFleet({
    pools,
    router: createRouter(router, random),
    decodeRouter: null,
    seed,
    firstTokenAfter: firstTokenAfter(question.deployment.engine),
    retryAfterCrash: flags.retry ?? false,
  })
  const poolNames = pools.map(({ name }) => name)
  const scalers = autoscalersOf(listed(flags, own), poolNames)
  const [id, ...aliases] = own.names
  const name = present(id, 'every deployment has a name')
  const metrics = new RunMetrics({ objectives })
  const replicas = mostReplicas(pools, scalers)
  const inputs: PlannedInput[] = [
    ...faultsOf(listed(flags, own), replicas, random).map(({ atUs, fault }) => ({
      model: name,
      atUs,
      input: { kind: 'fault', fault } as const,
    })),
    ...upgradesOf(flags, poolNames).map(({ atUs, input }) => ({ model: name, atUs, input })),
  ]
  return {
    question,
    shape,
    pools,
    prices,
    router,
    fleet,
    metrics,
    inputs,
    model: {
      id: name,
      aliases,
      fleet,
      meanOutputTokens: shape.outputTokens,
      maximumContextTokens: Math.min(...pools.map(({ engine }) => engine.maximumContextTokens)),
      telemetry:
        channels === null
          ? null
          : telemetryOf(channels, question, catalog, pools, { id: name, place: own.place }, onFault),
      autoscaler: scalers.length === 0 ? null : createAutoscalers(scalers, fleet),
      observer: fleetObserver(metrics, fleet, replica => {
        const { pool, idleWatts } = fleet.replicas[replica]!
        const { engine, role } = present(
          pools.find(candidate => candidate.name === pool),
          `pool ${pool} is one of the fleet`,
        )
        const tokensPerSequence = engine.speculation?.tokensPerStep ?? 1
        return { tokensPerSequence, handedOver: role === 'decode', idleWatts }
      }),
    },
  }
}

/** The first deployment draws as simulate does with this seed; further ones draw for themselves. */
function seedOf(seed: string, place: number): string {
  return place === 0 ? seed : `${seed}/${place}`
}

/** The flags as if this were the only deployment. */
function listed(flags: EmulateFlags, own: DeploymentPlace): EmulateFlags {
  const { faults: fault, autoscale, scaleAt } = own
  return { ...flags, fault, autoscale, scaleAt }
}

/** Replicas that an autoscaler may order can fail as well. */
function mostReplicas(pools: readonly PoolSettings[], scalers: ReturnType<typeof autoscalersOf>): number {
  const planned = pools.reduce((sum, pool) => sum + pool.replicas, 0)
  return planned + scalers.reduce((sum, scaler) => sum + (scaler.kind === 'load' ? scaler.maximum : 0), 0)
}

/** Assumed: a chat with some turns behind it. It matters for models with sliding windows or states only. */
const usualInputTokens = 1000

function shapeOf({ planned }: SimulationQuestion, flags: EmulateFlags): RequestShape {
  const tokens = (text: string | undefined, where: string) =>
    text === undefined ? null : Math.max(1, parseTokenCount(text, where))
  const shape = planned?.shape ?? {
    inputTokens: usualInputTokens,
    outputTokens: defaultEmulatorSettings.meanOutputTokens,
    cachedTokens: 0,
    inputVariation: 0,
    outputVariation: 0,
  }
  const inputTokens = tokens(flags.meanInput, '--mean-input') ?? shape.inputTokens
  return {
    ...shape,
    inputTokens,
    cachedTokens: Math.min(shape.cachedTokens, inputTokens),
    outputTokens: tokens(flags.meanOutput, '--mean-output') ?? shape.outputTokens,
  }
}
