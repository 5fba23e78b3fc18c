/** The answer of a simulation in a sentence or two. */
import { describeDeployment } from './describe-deployment.ts'
import { formatCount, formatMilliseconds, formatPercent, formatSignificant } from './format-number.ts'
import { isOverloaded } from './simulation-facts.ts'
import type { SimulationReport } from './simulation-report.ts'
import { formatShare } from './simulation-units.ts'
import { describeCost, describeObjective } from './words.ts'

/** Good: every objective is met, or there is none and nothing was lost. */
export function isGood(report: SimulationReport): boolean {
  const { result, run } = report
  const { objectives, requests } = result.summary
  if (requests.served === 0 || run.ended === 0) return false
  return objectives.length > 0
    ? objectives.every(({ met }) => met === true)
    : requests.rejected + requests.failed === 0 && !isOverloaded(report)
}

export function simulationHeadline(report: SimulationReport): string {
  const { deployments, modelId, result, steadyUsdPerMillionTokens } = report
  const { bill, summary } = result
  const fleet = deployments.map(({ deployment }) => describeDeployment(deployment)).join(' + ')
  const what = `${fleet}, serving ${modelId}`
  const { measured, warmUp, served } = summary.requests
  if (measured === 0 && warmUp > 0)
    return `${what}: nothing was measured, all ${formatCount(warmUp)} requests belong to the warm-up (see --warmup).`
  if (served === 0 || bill.perMillionTokens === null)
    return `${what}: no request was served${reasonOf(report)}.`
  const rate = (summary.steady ?? summary.fullRun).requestsPerSecond
  const { blended } = bill.perMillionTokens
  const steady =
    steadyUsdPerMillionTokens === null || blended === 0 || !differs(blended, steadyUsdPerMillionTokens)
      ? ''
      : ` (${describeCost(steadyUsdPerMillionTokens)} when steady)`
  return (
    `${what}: ${describeCost(blended)} per million tokens${steady}` +
    `${rate === null ? '' : ` at ${formatSignificant(rate)} requests/s`}, ` +
    `TTFT p90 ${formatMilliseconds(summary.latency.ttftService.p90Ms)}` +
    `${summary.latency.tpot.meanMs === null ? '' : `, TPOT mean ${formatMilliseconds(summary.latency.tpot.meanMs)}`}. ` +
    overload(report) +
    verdict(report)
  )
}

function overload(report: SimulationReport): string {
  if (!isOverloaded(report)) return ''
  const { run, result } = report
  const { steady, fullRun } = result.summary
  const served = (steady ?? fullRun).requestsPerSecond ?? 0
  return (
    `Overloaded: ${formatSignificant(run.submitted / run.lastArrivalSeconds)} requests/s come and ` +
    `${formatSignificant(served)} are served, so the queue grows and latencies depend on the length of the run. `
  )
}

/** Two figures that print alike need not both be printed. */
function differs(a: number, b: number): boolean {
  return formatSignificant(a) !== formatSignificant(b)
}

function verdict({ result, objectives }: SimulationReport): string {
  const { summary } = result
  const lost = summary.requests.rejected + summary.requests.failed
  const share = lost / Math.max(1, summary.requests.measured)
  const loss = lost === 0 ? '' : ` ${formatPercent(share)} of requests were rejected or failed.`
  if (objectives.length === 0) return `No objective is given.${loss}`
  const missed = summary.objectives.filter(({ met }) => met !== true)
  const goodput =
    summary.goodput.share === null
      ? ''
      : `; ${formatShare(summary.goodput.share)} of requests are within every limit (goodput)`
  if (missed.length === 0)
    return `${objectives.length === 1 ? 'The objective is' : 'All objectives are'} met${goodput}.${loss}`
  return `Missed: ${missed
    .map(({ objective, valueWithMissesMs }) => {
      const value =
        valueWithMissesMs === null ? 'never reached' : `is ${formatMilliseconds(valueWithMissesMs)}`
      return `${describeObjective(objective)} (${value})`
    })
    .join(', ')}${goodput}.${loss}`
}

function reasonOf({ result, run }: SimulationReport): string {
  const reasons = Object.entries(result.summary.requests.byReason)
  if (reasons.length > 0)
    return `: ${reasons.map(([reason, count]) => `${reason.replaceAll('-', ' ')} (${count})`).join(', ')}`
  return run.unfinished > 0 ? ': all were still under way when the run stopped' : ''
}
