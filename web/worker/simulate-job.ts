/** A run of the twin in the page: from the same flags to the same report as `tokenwright simulate`. */
import twinUrl from '../../data/calibration/twin.json?url'
import { defaultRouter, namedRouter } from '../../src/cli/router-facts.ts'
import { analyticModel } from '../../src/cli/simulate-analytic.ts'
import { refuseConflictingFlags } from '../../src/cli/simulate-conflicts.ts'
import { deploymentOfModel } from '../../src/cli/simulate-layout.ts'
import { simulationPrices } from '../../src/cli/simulate-prices.ts'
import { simulationReport } from '../../src/cli/simulation-answer.ts'
import { runFleet } from '../../src/cli/simulation-run.ts'
import { type SimulationSetup, simulationSetup } from '../../src/cli/simulation-setup.ts'
import { TokenwrightError } from '../../src/core/errors.ts'
import { RandomSource } from '../../src/core/random.ts'
import { parseObjectives } from '../../src/plan/objectives.ts'
import type { Objective } from '../../src/plan/types.ts'
import { formatCount, formatMilliseconds } from '../../src/report/format-number.ts'
import { routerOfSpec } from '../../src/routing/router-of-spec.ts'
import { policyKinds, type RouterSpec } from '../../src/routing/router-spec.ts'
import type { SimulationProgress } from '../../src/sim/driver.ts'
import type { TwinCalibration } from '../../src/sim/twin-calibration.ts'
import { fetchJson } from './catalog-files.ts'
import type { SimulateAnswer, SimulateQuestion } from './protocol.ts'
import { workloadOf } from './simulate-workload.ts'
import { type Watcher, watcher } from './watcher.ts'
import { loadModel, loadWorld } from './world.ts'

/** Events between two looks at whether the run is still wanted. */
const progressEvents = 500

export async function simulateAnswer(
  question: SimulateQuestion,
  tell: (text: string) => void,
): Promise<SimulateAnswer> {
  const start = performance.now()
  const setup = await setUp(question)
  const watched = watchedOf(setup, question.watched)
  const router = routerOfSpec(setup.router, setup.random)
  const run = runFleet(setup, router, [watched.hear], {
    everyEvents: progressEvents,
    report: state => tell(words(state)),
  })
  const report = simulationReport(setup, run, question.flags, __TOKENWRIGHT_VERSION__)
  return {
    report,
    watched: watched.seen(run.end.nowUs),
    milliseconds: performance.now() - start,
  }
}

async function setUp(question: SimulateQuestion): Promise<SimulationSetup> {
  const { flags, today } = question
  refuseConflictingFlags(flags, undefined)
  const [{ catalog, coefficients }, calibration] = await Promise.all([
    loadWorld(),
    fetchJson<TwinCalibration>(twinUrl),
  ])
  const deployed = deploymentOfModel(flags, catalog, await loadModel(question.model, catalog))
  const seed = flags.seed ?? '1'
  const random = new RandomSource(seed)
  const objectives = flags.slo === undefined ? [] : parseObjectives(flags.slo)
  const analytic = analyticModel(deployed, catalog, coefficients)
  return simulationSetup({
    flags,
    questions: [deployed],
    catalog,
    coefficients,
    calibration,
    seed,
    random,
    objectives,
    router: routerOf(flags.router, objectives),
    prices: simulationPrices(deployed, flags, catalog, today),
    analytic,
    workload: await workloadOf(question, random, analytic),
    // Watched is every single step.
    everyStep: true,
  })
}

/** Names only: a specification in JSON is for the command line. */
function routerOf(word: string | undefined, objectives: readonly Objective[]): RouterSpec {
  if (word === undefined) return defaultRouter
  const router = namedRouter(word, objectives)
  if (router !== null) return router
  throw new TokenwrightError('usage', `no routing policy is called ${word}`, {
    where: '--router',
    fix: `take one of: ${policyKinds.join(', ')}`,
  })
}

/** Replicas are numbered over the pools in their order. */
function watchedOf({ pools }: SimulationSetup, wanted: number): Watcher {
  const owners = pools.flatMap(pool => Array.from({ length: pool.replicas }, () => pool))
  const id = Math.min(Math.max(0, Math.floor(wanted) || 0), owners.length - 1)
  const { role, timer } = owners[id]!
  return watcher(id, role, timer().idleWatts)
}

function words({ nowUs, ended, totalRequests }: SimulationProgress): string {
  const of = totalRequests === null ? '' : ` of ${formatCount(totalRequests)}`
  return `${formatCount(ended)}${of} requests, ${formatMilliseconds(nowUs / 1000)} of the run`
}
