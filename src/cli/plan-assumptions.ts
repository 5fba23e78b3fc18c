/** What an answer takes for granted because nobody said otherwise, each with its source. */
import type { FactsCatalog } from '../catalog/index.ts'
import { defaultPue, findElectricity } from '../catalog/lookup.ts'
import { TokenwrightError } from '../core/errors.ts'
import { isLowConfidence, type Provenance } from '../core/provenance.ts'
import type { Candidate, PlanRequest } from '../plan/types.ts'
import { acceleratorsOf } from '../report/describe-deployment.ts'
import { formatPercent, formatSignificant, formatWatts } from '../report/format-number.ts'
import type { PlanReport } from '../report/plan-report.ts'
import { tierNames } from '../report/words.ts'

export function planAssumptions(
  request: PlanRequest,
  catalog: FactsCatalog,
  chosen: Candidate | undefined,
): PlanReport['assumptions'] {
  return [
    {
      name: 'prices',
      value:
        `${tierNames[request.tier]}${request.region === null ? '' : `, ${request.region} where known`}; of several prices ` +
        `the market's figure or the median over providers (tokenwright catalog prices)`,
    },
    { name: 'electricity', value: electricity(request, catalog) },
    ...(chosen ? pueOf(chosen, catalog) : []),
    {
      name: 'load factor',
      value:
        request.loadFactor === 1
          ? '1: the capacity is always full; --load-factor or --demand-shape adds idle time'
          : `${formatPercent(request.loadFactor)} of the capacity is used, averaged over the day`,
    },
    ...(chosen && request.loadFactor < 1 ? idlePower(chosen, request.loadFactor) : []),
    {
      name: 'lengths',
      value:
        request.shape.inputVariation === 0 && request.shape.outputVariation === 0
          ? 'every request has the mean length; --trace brings their spread'
          : `coefficients of variation ${formatSignificant(request.shape.inputVariation, 2)} (input), ` +
            `${formatSignificant(request.shape.outputVariation, 2)} (output)`,
    },
    ...(request.safetyMargin
      ? [{ name: 'margin', value: `${formatPercent(request.safetyMargin)} of every objective is kept free` }]
      : []),
  ]
}

/** The formula of plan/search/power.ts with the numbers of the chosen deployment. */
function idlePower({ performance }: Candidate, loadFactor: number): PlanReport['assumptions'] {
  const { acceleratorWatts, idleWatts } = performance
  if (idleWatts === undefined) return []
  return [
    {
      name: 'power',
      value:
        `devices draw idle watts (TDP × idle share) in the hours not used: ${formatPercent(loadFactor)} × ` +
        `${formatWatts(acceleratorWatts)} + ${formatPercent(1 - loadFactor)} × ${formatWatts(idleWatts)}; hosts draw the same always`,
    },
  ]
}

function electricity(request: PlanRequest, catalog: FactsCatalog): string {
  const entry = tariffOf(request, catalog)
  if (entry === null) return `no tariff of ${request.region} is known`
  return (
    `$${formatSignificant(entry.usdPerKilowattHour)} per kWh, ${entry.region}${entry.kind ? `, ${entry.kind}` : ''} ` +
    `${cited(entry.provenance)}, where the price excludes energy`
  )
}

/** The planner falls back to the default tariff for regions that only have device prices. */
function tariffOf(request: PlanRequest, catalog: FactsCatalog) {
  for (const region of [request.region, null]) {
    try {
      return findElectricity(catalog, region)
    } catch (error) {
      if (!(error instanceof TokenwrightError)) throw error
    }
  }
  return null
}

function pueOf(chosen: Candidate, catalog: FactsCatalog): PlanReport['assumptions'] {
  const id = acceleratorsOf(chosen.deployment).at(-1)
  const accelerator = catalog.accelerators.find(entry => entry.id === id)
  if (!accelerator) return []
  const { pue, scope, provenance } = defaultPue(catalog, accelerator)
  return [{ name: 'PUE', value: `${pue} (${scope}) ${cited(provenance)}` }]
}

function cited(provenance: Provenance): string {
  const mark = isLowConfidence(provenance) ? '! ' : ''
  return `(${mark}${provenance.confidence}, ${provenance.asOf})`
}
