/** From flags and files to everything a simulation needs: deployment, workload, pools, prices, faults. */
import { loadCatalogWithFacts } from '../catalog/index.ts'
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import { parseObjectives } from '../plan/objectives.ts'
import { loadTwinCalibration } from '../sim/load-twin-calibration-file.ts'
import { analyticModel } from './simulate-analytic.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import { pricesOf, questionsOf } from './simulate-mixed.ts'
import { routerOf } from './simulate-router.ts'
import { prepareWorkload } from './simulate-workload.ts'
import { type SimulationSetup, simulationSetup } from './simulation-setup.ts'

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
  const objectives =
    flags.slo === undefined ? (question.planned?.objectives ?? []) : parseObjectives(flags.slo)
  const router = routerOf(flags.router, objectives)
  const prices = pricesOf(questions, flags, catalog, today)
  const coefficients = loadCoefficients(flags.coefficients)
  const analytic = analyticModel(question, catalog, coefficients)
  return simulationSetup({
    flags,
    questions,
    catalog,
    coefficients,
    calibration: loadTwinCalibration(),
    seed,
    random,
    objectives,
    router,
    prices,
    analytic,
    workload: await prepareWorkload(flags, question.planned, random, analytic),
    everyStep: false,
  })
}
