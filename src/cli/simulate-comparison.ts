/** What the analytic model says of the same deployment and load, beside what was simulated. */
import type { Comparison, ComparisonRow } from '../report/simulation-report.ts'
import type { SimulationResult } from '../sim/result.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { PlannedDeployment } from './simulate-question.ts'
import type { SimulationSetup } from './simulation-setup.ts'

/** Whether the load and lengths of the file are simulated; how many requests of them is no matter. */
function isAsPlanned(flags: SimulateFlags): boolean {
  const workloadFlags: readonly (keyof SimulateFlags)[] = [
    ...(['trace', 'workload', 'concurrency', 'rate', 'burst', 'start', 'turns', 'thinkTime'] as const),
    ...(['isl', 'osl', 'islCv', 'oslCv', 'rangeRatio', 'rangeAround', 'lengthCorrelation'] as const),
    ...(['prefixShare', 'prefixTokens'] as const),
  ]
  return workloadFlags.every(flag => flags[flag] === undefined)
}

/**
 * The file's prediction where the file is simulated as it is, otherwise one made now; null where the analytic model has
 * no name for the load or for a fleet of several deployments, or where faults, changes of size or engine settings are in play that it does not know.
 */
export function comparisonOf(
  setup: SimulationSetup,
  flags: SimulateFlags,
  result: SimulationResult,
  steadyUsdPerMillionTokens: number | null,
): Comparison | null {
  const { planned } = setup.question
  const disturbed = setup.faults.length + setup.autoscalers.length + setup.inputs.length > 0
  if (setup.deployments.length > 1 || disturbed || setup.overridden || result.summary.requests.served === 0)
    return null
  const figures =
    planned?.prediction != null && isAsPlanned(flags)
      ? plannedFigures(planned.prediction)
      : computedFigures(setup)
  if (figures === null) return null
  const { summary } = result
  const steady = summary.steady
  const rows: (ComparisonRow | null)[] = [
    row('ttftMeanMs', figures.ttftMeanMs, summary.latency.ttftService.meanMs, figures.band?.ttft),
    row('tpotMeanMs', figures.tpotMeanMs, summary.latency.tpot.meanMs, figures.band?.tpot),
    row('requestsPerSecond', figures.requestsPerSecond, steady?.requestsPerSecond ?? null),
    row('acceleratorWatts', figures.acceleratorWatts, steady?.watts ?? null),
    figures.usdPerMillionTokens === null || hasOtherPrices(flags)
      ? null
      : row(
          'usdPerMillionTokens',
          figures.usdPerMillionTokens,
          steadyUsdPerMillionTokens,
          figures.band?.cost,
        ),
  ]
  return { source: figures.band === null ? 'computed' : 'file', rows: rows.filter(entry => entry !== null) }
}

/** Prices other than the plan's say nothing about its prediction. */
function hasOtherPrices({ price, tier, region, electricity, pue, facts }: SimulateFlags): boolean {
  return [price, tier, region, electricity, pue, facts].some(flag => flag !== undefined)
}

interface Figures {
  readonly ttftMeanMs: number
  readonly tpotMeanMs: number
  readonly requestsPerSecond: number
  readonly acceleratorWatts: number
  readonly usdPerMillionTokens: number | null
  readonly band: NonNullable<PlannedDeployment['prediction']>['band'] | null
}

function plannedFigures(prediction: NonNullable<PlannedDeployment['prediction']>): Figures {
  return {
    ttftMeanMs: prediction.meanTtftMs,
    tpotMeanMs: prediction.meanTpotMs,
    requestsPerSecond: prediction.requestsPerSecond,
    acceleratorWatts: prediction.acceleratorWatts,
    usdPerMillionTokens: prediction.usdPerMillionTokens,
    band: prediction.band,
  }
}

function computedFigures({ workload, analytic }: SimulationSetup): Figures | null {
  const { load, shape } = workload
  const answer = load === null ? null : analytic(load, shape)
  if (answer === null) return null
  return {
    ttftMeanMs: answer.ttft.meanMs,
    tpotMeanMs: answer.tpot.meanMs,
    requestsPerSecond: answer.requestsPerSecond,
    acceleratorWatts: answer.acceleratorWatts,
    usdPerMillionTokens: null,
    band: null,
  }
}

function row(
  quantity: ComparisonRow['quantity'],
  predicted: number,
  simulated: number | null,
  band: ComparisonRow['band'] | undefined = null,
): ComparisonRow | null {
  return simulated === null ? null : { quantity, predicted, simulated, band: band ?? null }
}
