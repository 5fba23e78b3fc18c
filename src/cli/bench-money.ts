/** What the measured hardware costs, and what the plan says of it, from flags and the catalog. */
import type { BenchMoney, DeploymentPrediction } from '../bench/bench-point.ts'
import type { FactsCatalog, PriceTier } from '../catalog/index.ts'
import { defaultPue, findAccelerator } from '../catalog/index.ts'
import { loadCatalogWithFacts } from '../catalog/load-facts-file.ts'
import { apiPricesOf } from '../measure/api-prices.ts'
import { loadApiPrices } from '../measure/load-api-prices-file.ts'
import { type HardwareGroup, parseHardware, priceHardware, tariffOf } from '../measure/measured-hardware.ts'
import { figuresOfPerformance } from '../measure/prediction-check.ts'
import { loadCoefficients } from '../perf/load-coefficients-file.ts'
import type { BenchFlags } from './bench-flags.ts'
import { withOverrides } from './plan-overrides.ts'
import { chosenOf, region as regionOf, tiers } from './plan-request.ts'
import { analyticModel } from './simulate-analytic.ts'
import { readDeploymentFile } from './simulate-deployment-file.ts'
import type { SimulationQuestion } from './simulate-question.ts'

/** `today` dates prices that are given by flags. */
export async function benchMoney(flags: BenchFlags, model: string, today: string): Promise<BenchMoney> {
  const catalog = await loadCatalogWithFacts(flags.facts)
  const question = flags.deployment === undefined ? null : readDeploymentFile(flags.deployment, {}, catalog)
  const groups = hardwareOf(flags, question, catalog)
  if (groups.length === 0) return { devices: [], tariff: null, offers: [], prediction: null }
  const overrides = {
    disaggregated: true,
    speculation: true,
    ...(flags.price === undefined ? {} : { price: flags.price }),
    ...(flags.electricity === undefined ? {} : { electricity: flags.electricity }),
    ...(flags.pue === undefined ? {} : { pue: flags.pue }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
  }
  const tier = tierOf(flags, question, catalog)
  const region = regionOf(overrides, catalog)
  const priced = withOverrides(catalog, overrides, tier, today)
  const devices = priceHardware(priced, groups, tier, { region })
  const excludesEnergy = devices.some(({ price }) => !price.includes.includes('energy'))
  const tariff = excludesEnergy ? (tariffOf(priced, region) ?? tariffOf(priced, null)) : null
  return {
    devices,
    tariff:
      tariff === null
        ? null
        : {
            usdPerKilowattHour: tariff.usdPerKilowattHour,
            pue: defaultPue(priced, findAccelerator(priced, groups[0]!.acceleratorId)).pue,
          },
    offers: apiPricesOf(loadApiPrices(), question?.modelId ?? model),
    prediction: question === null ? null : predictionOf(question, priced, flags),
  }
}

function hardwareOf(
  flags: BenchFlags,
  question: SimulationQuestion | null,
  catalog: FactsCatalog,
): readonly HardwareGroup[] {
  if (flags.hardware !== undefined) return parseHardware(flags.hardware, catalog)
  const devices = question?.planned?.devices ?? new Map<string, number>()
  return [...devices].map(([acceleratorId, count]) => ({ acceleratorId, count }))
}

function tierOf(flags: BenchFlags, question: SimulationQuestion | null, catalog: FactsCatalog): PriceTier {
  const asked = chosenOf<PriceTier>(flags.tier?.replaceAll('_', '-'), '--tier', tiers, [])[0]
  const planned = catalog.prices.find(price => price.id === question?.planned?.priceId)
  return asked ?? planned?.tier ?? 'on-demand'
}

/** The analytic model's answer for the deployment of a file under the load that was measured. */
function predictionOf(
  question: SimulationQuestion,
  catalog: FactsCatalog,
  flags: BenchFlags,
): DeploymentPrediction {
  const deployment = flags.deployment!
  const predict = analyticModel(question, catalog, loadCoefficients(flags.coefficients))
  return {
    deployment,
    predict(load, shape, usdPerHour) {
      const performance = predict(load, shape)
      if (performance === null) return null
      return {
        // The file's bands are those of its own load; they are the best that is known of this deployment.
        figures: figuresOfPerformance(performance, usdPerHour, question.planned?.prediction?.band ?? null),
        allocation: { kind: 'engine-time', ...performance.engineTime, source: `prediction of ${deployment}` },
      }
    },
  }
}
