/** From flags and files to everything a simulation needs: deployment, workload, pools, prices, faults. */
import { calibrationNotes } from '../accuracy/user-calibration-trust.ts'
import { findAccelerator, loadCatalogWithFacts } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseDurationMs } from '../core/parse-quantity.ts'
import { RandomSource } from '../core/random.ts'
import type { FleetSettings, PoolSettings } from '../fleet/types.ts'
import { architectureKey } from '../perf/coefficients.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { parseObjectives } from '../plan/objectives.ts'
import type { Objective } from '../plan/types.ts'
import { poolsOf } from '../report/describe-deployment.ts'
import type { DeployedPools, PoolFacts } from '../report/simulation-report.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import type { AutoscalerSettings } from '../sim/autoscale.ts'
import type { TimedInput } from '../sim/driver.ts'
import type { TimedFault } from '../sim/faults.ts'
import { firstTokenAfter } from '../sim/first-token-after.ts'
import { loadTwinCalibration } from '../sim/load-twin-calibration-file.ts'
import { poolsOfFlags } from './pools-of-flags.ts'
import { type Analytic, analyticModel } from './simulate-analytic.ts'
import { autoscalersOf } from './simulate-autoscale.ts'
import { isOverridden } from './simulate-engine.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import {
  faultsOf,
  routerOf,
  startupSecondsOf,
  upgradeNotes,
  upgradesOf,
  usesContents,
  wantsCacheEvents,
  wantsEstimates,
} from './simulate-fleet.ts'
import { mixedNotes, pricesOf, questionsOf, renamed } from './simulate-mixed.ts'
import type { SimulationPrices } from './simulate-prices.ts'
import type { SimulationQuestion } from './simulate-question.ts'
import { type PreparedWorkload, prepareWorkload } from './simulate-workload.ts'

export interface SimulationSetup {
  readonly seed: string
  readonly random: RandomSource
  /** The deployment; of several the first, whose workload and objectives count. */
  readonly question: SimulationQuestion
  /** All that serve, with their pools. */
  readonly deployments: readonly DeployedPools[]
  readonly workload: PreparedWorkload
  readonly objectives: readonly Objective[]
  readonly pools: readonly PoolSettings[]
  readonly poolFacts: readonly PoolFacts[]
  readonly router: RouterSpec
  readonly firstTokenAfter: NonNullable<FleetSettings['firstTokenAfter']>
  readonly retryAfterCrash: boolean
  readonly startupSeconds: number
  readonly autoscalers: readonly AutoscalerSettings[]
  readonly faults: readonly TimedFault[]
  readonly inputs: readonly TimedInput[]
  readonly untilUs: number | null
  readonly prices: SimulationPrices
  /** The analytic prediction of the same. */
  readonly analytic: Analytic
  /** The engine is set up otherwise than the analytic prediction assumes. */
  readonly overridden: boolean
  readonly notes: readonly string[]
}

/** `today` dates prices given by flags. Faults are errors that name flag, file or line. */
export async function setUpSimulation(
  files: readonly string[],
  flags: SimulateFlags,
  today: string,
): Promise<SimulationSetup> {
  const catalog = await loadCatalogWithFacts(flags.facts)
  const questions = questionsOf(files, flags, catalog)
  const [question] = questions
  const seed = flags.seed ?? '1'
  if (seed.trim() === '')
    throw new TokenwrightError('usage', 'the seed is empty', {
      where: '--seed',
      fix: 'give any word or number',
    })
  const random = new RandomSource(seed)
  const untilUs =
    flags.until === undefined ? null : Math.round(parseDurationMs(flags.until, '--until') * 1000)
  const objectives =
    flags.slo === undefined ? (question.planned?.objectives ?? []) : parseObjectives(flags.slo)
  const router = routerOf(flags.router, objectives)
  const prices = pricesOf(questions, flags, catalog, today)
  const coefficients = loadCoefficients(flags.coefficients)
  const analytic = analyticModel(question, catalog, coefficients)
  const workload = await prepareWorkload(flags, question.planned, random, analytic)
  const startupSeconds = startupSecondsOf(flags)
  const facts = {
    accelerator: (id: string) => findAccelerator(catalog, id),
    coefficients,
    calibration: loadTwinCalibration(),
    cacheEvents: wantsCacheEvents(router),
    startupSeconds,
    estimates: wantsEstimates(router),
    // A router that follows the caches has to hear of each step's blocks when that step ends.
    skipEvents: !wantsCacheEvents(router),
  }
  const poolsOfEach = renamed(
    questions,
    questions.map(each => poolsOfFlags(flags, each, workload.shape, prices, facts)),
  )
  const pools = poolsOfEach.flat()
  const names = pools.map(pool => pool.name)
  const autoscalers = autoscalersOf(flags, names)
  // Replicas that an autoscaler may order can fail as well.
  const replicas =
    pools.reduce((sum, pool) => sum + pool.replicas, 0) +
    autoscalers.reduce((sum, scaler) => sum + (scaler.kind === 'load' ? scaler.maximum : 0), 0)
  const shared = workload.shares && !usesContents(router) && replicas > 1
  return {
    seed,
    random,
    question,
    deployments: questions.map(({ deployment, file }, index) => ({
      deployment,
      file,
      pools: poolsOfEach[index]!.map(({ name }) => name),
    })),
    workload,
    objectives,
    pools,
    poolFacts: questions.flatMap((each, index) => poolFactsOf(poolsOfEach[index]!, each)),
    router,
    firstTokenAfter: firstTokenAfter(question.deployment.engine),
    retryAfterCrash: flags.retry ?? false,
    startupSeconds,
    autoscalers,
    faults: faultsOf(flags, replicas, random),
    inputs: upgradesOf(flags, names),
    untilUs,
    prices,
    analytic,
    overridden: isOverridden(flags),
    notes: [
      ...new Set(questions.flatMap(({ notes }) => notes)),
      ...new Set(
        questions.flatMap(each => calibrationNotes(coefficients, architectureKey(each.architecture))),
      ),
      ...mixedNotes(questions, flags),
      ...workload.notes,
      ...prices.notes,
      ...upgradeNotes(flags, pools, router),
      ...(shared
        ? [
            `prompts have beginnings in common, and ${router.kind} does not look at them: try --router prefix-aware`,
          ]
        : []),
    ],
  }
}

function poolFactsOf(pools: readonly PoolSettings[], { deployment }: SimulationQuestion): PoolFacts[] {
  const planned = poolsOf(deployment)
  return pools.map(({ name, role, replicas, devicesPerReplica, engine, usdPerReplicaHour }, index) => ({
    name,
    role,
    acceleratorId: planned[index]!.acceleratorId,
    replicas,
    devicesPerReplica,
    engine,
    usdPerReplicaHour,
  }))
}
