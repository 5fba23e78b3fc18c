/** Puts together what a simulation needs, of facts that are at hand: reads no file, so that a page can do it too. */
import { calibrationNotes } from '../accuracy/user-calibration-trust.ts'
import { findAccelerator } from '../catalog/lookup.ts'
import type { FactsCatalog } from '../catalog/system-types.ts'
import { parseDurationMs } from '../core/parse-quantity.ts'
import type { RandomSource } from '../core/random.ts'
import type { FleetSettings, PoolSettings } from '../fleet/types.ts'
import { architectureKey, type CoefficientSet } from '../perf/coefficients.ts'
import type { Objective } from '../plan/types.ts'
import { poolsOf } from '../report/describe-deployment.ts'
import type { DeployedPools, PoolFacts } from '../report/simulation-report.ts'
import type { RouterSpec } from '../routing/router-spec.ts'
import type { AutoscalerSettings } from '../sim/autoscale.ts'
import type { TimedInput } from '../sim/driver.ts'
import type { TimedFault } from '../sim/faults.ts'
import { firstTokenAfter } from '../sim/first-token-after.ts'
import type { TwinCalibration } from '../sim/twin-calibration.ts'
import { mixedNotes, renamed } from './mixed-pools.ts'
import { poolsOfFlags } from './pools-of-flags.ts'
import type { PreparedWorkload } from './prepared-workload.ts'
import { usesContents, wantsCacheEvents, wantsEstimates } from './router-facts.ts'
import type { Analytic } from './simulate-analytic.ts'
import { autoscalersOf } from './simulate-autoscale.ts'
import { isOverridden } from './simulate-engine.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import { faultsOf, startupSecondsOf, upgradeNotes, upgradesOf } from './simulate-fleet.ts'
import type { SimulationPrices } from './simulate-prices.ts'
import type { SimulationQuestion } from './simulate-question.ts'

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

/** What was read and decided before. */
export interface SetupParts {
  readonly flags: SimulateFlags
  readonly questions: readonly [SimulationQuestion, ...SimulationQuestion[]]
  readonly catalog: FactsCatalog
  readonly coefficients: CoefficientSet
  readonly calibration: TwinCalibration
  readonly seed: string
  readonly random: RandomSource
  readonly objectives: readonly Objective[]
  readonly router: RouterSpec
  readonly prices: SimulationPrices
  readonly analytic: Analytic
  readonly workload: PreparedWorkload
  /** Every step is told, for those who watch; else equal ones may be told together. */
  readonly everyStep: boolean
}

/** Faults are errors that name the flag. */
export function simulationSetup(parts: SetupParts): SimulationSetup {
  const { flags, questions, catalog, coefficients, router, prices, workload, random } = parts
  const [question] = questions
  const startupSeconds = startupSecondsOf(flags)
  const facts = {
    accelerator: (id: string) => findAccelerator(catalog, id),
    coefficients,
    calibration: parts.calibration,
    cacheEvents: wantsCacheEvents(router),
    startupSeconds,
    estimates: wantsEstimates(router),
    // A router that follows the caches has to hear of each step's blocks when that step ends.
    skipEvents: !parts.everyStep && !wantsCacheEvents(router),
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
  const untilUs =
    flags.until === undefined ? null : Math.round(parseDurationMs(flags.until, '--until') * 1000)
  return {
    seed: parts.seed,
    random,
    question,
    deployments: questions.map(({ deployment, file }, index) => ({
      deployment,
      file,
      pools: poolsOfEach[index]!.map(({ name }) => name),
    })),
    workload,
    objectives: parts.objectives,
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
    analytic: parts.analytic,
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
      ...blindRouterNotes(parts, replicas),
    ],
  }
}

function blindRouterNotes({ workload, router }: SetupParts, replicas: number): string[] {
  if (!workload.shares || usesContents(router) || replicas <= 1) return []
  return [
    `prompts have beginnings in common, and ${router.kind} does not look at them: try --router prefix-aware`,
  ]
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
