/** A run of the twin in the page: the same fleet, engines and workloads as `tokenwright simulate`. */
import twinUrl from '../../data/calibration/twin.json?url'
import { findAccelerator } from '../../src/catalog/lookup.ts'
import { choosePrice } from '../../src/catalog/price-choice.ts'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import { deploymentOfModel } from '../../src/cli/simulate-layout.ts'
import { RandomSource } from '../../src/core/random.ts'
import { createFleet } from '../../src/fleet/fleet.ts'
import type { Fleet, PoolSettings } from '../../src/fleet/types.ts'
import { RunMetrics } from '../../src/metrics/run-metrics.ts'
import { describeDeployment } from '../../src/report/describe-deployment.ts'
import { formatCount, formatMilliseconds } from '../../src/report/format-number.ts'
import { CandidateColumns } from '../../src/routing/candidate-columns.ts'
import { bestPicker } from '../../src/routing/pickers.ts'
import { rankByLoad } from '../../src/routing/policies/by-load.ts'
import { PolicyRouter } from '../../src/routing/policy-router.ts'
import { refusalDefaults } from '../../src/routing/router-spec.ts'
import { simulate } from '../../src/sim/driver.ts'
import { firstTokenAfter } from '../../src/sim/first-token-after.ts'
import { fleetObserver, type ReplicaFacts, simulationResult } from '../../src/sim/result.ts'
import type { TwinCalibration } from '../../src/sim/twin-calibration.ts'
import { twinPools } from '../../src/sim/twin-pools.ts'
import { fetchJson } from './catalog-files.ts'
import type { SimulateAnswer, SimulateQuestion } from './protocol.ts'
import { runWorkload } from './simulate-workload.ts'
import { watcher } from './watcher.ts'
import { loadModel, loadWorld } from './world.ts'

/** Events between two looks at whether the run is still wanted. */
const progressEvents = 500

export async function simulateAnswer(
  question: SimulateQuestion,
  tell: (text: string) => void,
): Promise<SimulateAnswer> {
  const [world, calibration] = await Promise.all([loadWorld(), fetchJson<TwinCalibration>(twinUrl)])
  const model = await loadModel(question.model, world.catalog)
  const start = performance.now()
  const { deployment, notes } = deploymentOfModel(question.flags, world.catalog, model)
  const random = new RandomSource(question.seed)
  const { workload, shape, notes: workloadNotes } = runWorkload(question, random)
  const prices = pricesOf(world.catalog, question)
  const pools = twinPools({
    modelId: model.id,
    architecture: model.architecture,
    deployment,
    shape,
    accelerator: id => findAccelerator(world.catalog, id),
    coefficients: world.coefficients,
    calibration,
    usdPerDeviceHour: prices.of,
    overrides: {},
    // Every step is told, so that it can be watched.
    skipEvents: false,
    cacheEvents: false,
    startupSeconds: 0,
  })
  const fleet = createFleet({
    pools,
    router: leastLoaded(),
    decodeRouter: null,
    seed: question.seed,
    firstTokenAfter: firstTokenAfter(deployment.engine),
  })
  const metrics = new RunMetrics({ objectives: [], warmUp: { requests: 0, seconds: 0 } })
  const measure = fleetObserver(metrics, fleet, replica => factsOf(fleet, pools, replica))
  const watch = watcher(Math.min(question.watched, fleet.replicas.length - 1))
  const end = simulate(
    workload,
    fleet,
    event => {
      measure(event)
      watch.hear(event)
    },
    {
      progress: {
        everyEvents: progressEvents,
        report: ({ nowUs, ended, totalRequests }) =>
          tell(
            `${formatCount(ended)}${totalRequests === null ? '' : ` of ${formatCount(totalRequests)}`} requests, ` +
              `${formatMilliseconds(nowUs / 1000)} of the run`,
          ),
      },
    },
  )
  const result = simulationResult({ endUs: end.nowUs, fleet, pools, metrics, energyPrice: () => null })
  return {
    title: `${model.id} on ${describeDeployment(deployment)}`,
    result,
    steps: watch.steps,
    requests: watch.requests,
    slots: fleet.replicas[0]?.slots ?? 0,
    notes: [...notes, ...workloadNotes, ...prices.notes],
    milliseconds: performance.now() - start,
  }
}

/** What `createRouter` makes of least-loaded, without the checks of a specification that nobody wrote. */
function leastLoaded(): PolicyRouter {
  return new PolicyRouter({
    kind: 'least-loaded',
    ranking: rankByLoad('requests'),
    picker: bestPicker(),
    index: null,
    columns: new CandidateColumns(),
    saturation: null,
    refusal: refusalDefaults,
  })
}

function factsOf(fleet: Fleet, pools: readonly PoolSettings[], replica: number): ReplicaFacts {
  const { pool, idleWatts } = fleet.replicas[replica]!
  const { engine, role } = pools.find(({ name }) => name === pool)!
  return {
    tokensPerSequence: engine.speculation?.tokensPerStep ?? 1,
    handedOver: role === 'decode',
    idleWatts,
  }
}

/** Rents include energy; where a price does not, the notes say so. */
function pricesOf(catalog: FactsCatalog, { tier }: SimulateQuestion) {
  const notes: string[] = []
  const of = (acceleratorId: string): number => {
    const choice = choosePrice(catalog, acceleratorId, tier)
    if (choice === null) {
      notes.push(`no ${tier} price of ${acceleratorId} is known: it is taken as free`)
      return 0
    }
    const { price } = choice
    const energy = price.includes.includes('energy') ? '' : '; energy is not in it'
    notes.push(
      `${acceleratorId} at $${price.usdPerDeviceHour.toFixed(2)}/h (${price.provider}, ${price.provenance.asOf}${energy})`,
    )
    return price.usdPerDeviceHour
  }
  return { of, notes }
}
