/**
 * The planner's answer as JSON. Stable: fields are only added within one schemaVersion.
 * Names carry their unit; money that adds up exactly is given as integer nano-dollars in a decimal string,
 * beside a number of dollars for people. docs/reference/plan-json.md explains the fields.
 */
import type { CostRate } from '../cost/types.ts'
import { deploymentDevices } from '../perf/deployment.ts'
import type { Candidate } from '../plan/types.ts'
import { describeDeployment } from './describe-deployment.ts'
import { usdOfNano } from './format-number.ts'
import { planHeadline } from './plan-headline.ts'
import { chosenCandidate, type PlanReport } from './plan-report.ts'

export const planSchemaVersion = 1

export function renderPlanJson(report: PlanReport, top = Infinity): string {
  const { result } = report
  const document = {
    schemaVersion: planSchemaVersion,
    tokenwright: report.version,
    feasible: result.ranking.length > 0,
    headline: planHeadline(report),
    model: result.modelId,
    request: result.request,
    counts: result.counts,
    chosen: chosenCandidate(report)?.id ?? null,
    ranking: result.ranking.slice(0, top).map(candidateJson),
    costFront: result.costFront.map(frontPoint),
    throughputFront: result.throughputFront.map(frontPoint),
    contributions: result.contributions,
    binding: result.binding,
    skippedAccelerators: result.skippedAccelerators,
    warnings: result.warnings,
    ...(report.verifications === undefined ? {} : { verifications: report.verifications }),
    assumptions: report.assumptions,
    prices: report.prices,
    files: report.files,
    benchmarkCommand: report.benchmarkCommand,
  }
  return `${JSON.stringify(document, jsonValue, 2)}\n`
}

function candidateJson(candidate: Candidate): object {
  const { id, deployment, costRate, ...rest } = candidate
  return {
    id,
    summary: describeDeployment(deployment),
    devices: deploymentDevices(deployment),
    deployment,
    ...rest,
    costRate: costRateJson(costRate),
  }
}

function costRateJson(rate: CostRate): object {
  return {
    usdPerHour: usdOfNano(rate.nanoUsdPerHour),
    nanoUsdPerHour: rate.nanoUsdPerHour,
    carbonGramsPerHour: rate.carbonGramsPerHour,
    lines: rate.lines.map(line => ({ ...line, usdPerHour: usdOfNano(line.nanoUsdPerHour) })),
  }
}

function frontPoint(candidate: Candidate): object {
  const { performance, cost } = candidate
  return {
    id: candidate.id,
    summary: describeDeployment(candidate.deployment),
    devices: deploymentDevices(candidate.deployment),
    concurrency: performance.concurrency,
    tokensPerSecondPerUser: performance.tokensPerSecondPerUser,
    usdPerMillionTokens: cost.blended,
    totalTokensPerSecondPerDevice: performance.totalTokensPerSecondPerDevice,
    outputTokensPerSecondPerDevice: performance.outputTokensPerSecondPerDevice,
    basis: candidate.basis,
  }
}

/** Big integers become decimal strings; numbers JSON cannot hold are a fault of the program, not a null. */
function jsonValue(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`assertion failed: ${key} is ${value}, which JSON cannot hold`)
  }
  return value
}
