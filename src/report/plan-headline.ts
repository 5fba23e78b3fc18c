/** The answer in one sentence. */
import { cheapestSupported, missingSupport } from '../plan/measured-support.ts'
import type { Candidate } from '../plan/types.ts'
import { describeDeployment, describeLoad, describeShape } from './describe-deployment.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  plural,
  readable,
  usdOfNano,
} from './format-number.ts'
import { chosenCandidate, type PlanReport } from './plan-report.ts'
import { costRange, describeCost, describeObjective } from './words.ts'

export function planHeadline(report: PlanReport): string {
  const { result } = report
  const chosen = chosenCandidate(report)
  if (!chosen) return infeasibleHeadline(report)
  const objectives = result.request.objectives.length > 0 ? ' within your objectives' : ''
  const { performance } = chosen
  return (
    `The cheapest way to serve ${result.modelId}${objectives} is ${describeDeployment(chosen.deployment)} ` +
    `at ${describeLoad(chosen.load)}: ${describeCost(chosen.cost.blended)} per million tokens` +
    `${chosen.cost.blended === 0 ? '' : ` (80 % band ${costRange(chosen.cost.blended, chosen.band.cost)})`}, ` +
    `TTFT p90 ${formatMilliseconds(performance.ttft.p90Ms)}, TPOT mean ${formatMilliseconds(performance.tpot.meanMs)}, ` +
    `${formatUsd(usdOfNano(chosen.costRate.nanoUsdPerHour))} per hour.${support(chosen, result.ranking)}`
  )
}

/** What to know when no measurement stands behind the winner: unmeasured hardware often looks cheapest. */
function support(chosen: Candidate, ranking: readonly Candidate[]): string {
  const missing = missingSupport(chosen)
  if (missing === null) return ''
  const doubt =
    missing === 'assumed' ? ' This is assumed: no measurement supports it;' : ' Its error band is very wide;'
  const measured = cheapestSupported(ranking)
  return measured === null
    ? `${doubt} no deployment in the ranking has measured relatives.`
    : `${doubt} the cheapest with measured relatives is ${describeDeployment(measured.deployment)} ` +
        `at ${describeLoad(measured.load)}: ${formatUsdPerMillionTokens(measured.cost.blended)} ` +
        `(${costRange(measured.cost.blended, measured.band.cost)}, ${measured.basis}).`
}

function infeasibleHeadline({ result }: PlanReport): string {
  const { request, modelId } = result
  const rate =
    request.requestsPerSecond === null ? '' : ` at ${formatSignificant(request.requestsPerSecond)} requests/s`
  const objectives = request.objectives.map(describeObjective).join(', ')
  const within = objectives === '' ? '' : ` within ${objectives}`
  const most = result.binding[0]
  const cause = most === undefined ? '' : `; what binds most is: ${readable(most.constraint)}`
  return (
    `No feasible configuration: ${noneOf(result.counts.considered)} ${modelId} ` +
    `(${describeShape(request)})${rate}${within}${cause}.`
  )
}

function noneOf(considered: number): string {
  if (considered === 0) return 'there is no deployment to consider that serves'
  return considered === 1
    ? 'the one deployment considered does not serve'
    : `none of the ${plural(considered, 'deployment')} considered serves`
}
