/** The answer in one sentence. */
import { describeDeployment, describeLoad, describeShape } from './describe-deployment.ts'
import {
  formatCount,
  formatMilliseconds,
  formatUsd,
  formatUsdPerMillionTokens,
  usdOfNano,
} from './format-number.ts'
import { chosenCandidate, type PlanReport } from './plan-report.ts'
import { costRange, describeObjective } from './words.ts'

export function planHeadline(report: PlanReport): string {
  const { result } = report
  const chosen = chosenCandidate(report)
  if (!chosen) return infeasibleHeadline(report)
  const objectives = result.request.objectives.length > 0 ? ' within your objectives' : ''
  const { performance } = chosen
  return (
    `The cheapest way to serve ${result.modelId}${objectives} is ${describeDeployment(chosen.deployment)} ` +
    `at ${describeLoad(chosen.load)}: ${formatUsdPerMillionTokens(chosen.cost.blended)} per million tokens ` +
    `(80 % band ${costRange(chosen.cost.blended, chosen.band.cost)}), ` +
    `TTFT p90 ${formatMilliseconds(performance.ttft.p90Ms)}, TPOT mean ${formatMilliseconds(performance.tpot.meanMs)}, ` +
    `${formatUsd(usdOfNano(chosen.costRate.nanoUsdPerHour))} per hour.`
  )
}

function infeasibleHeadline({ result }: PlanReport): string {
  const objectives = result.request.objectives.map(describeObjective).join(', ') || 'the request'
  const most = result.binding[0]
  const cause = most === undefined ? '' : `; what binds most is: ${most.constraint}`
  return (
    `No feasible configuration: none of the ${formatCount(result.counts.considered)} deployments considered ` +
    `serves ${result.modelId} (${describeShape(result.request)}) within ${objectives}${cause}.`
  )
}
