/**
 * A simulated run as JSON. Stable: fields are only added within one schemaVersion. Names carry their unit; money that adds up
 * exactly is integer nano-dollars in a decimal string. docs/reference/simulate-json.md explains the fields.
 */
import type { Allocation } from '../cost/types.ts'
import type { RunBill } from '../sim/bill.ts'
import { usdOfNano } from './format-number.ts'
import { jsonText } from './json-text.ts'
import { simulationHeadline } from './simulation-headline.ts'
import type { PoolFacts, SimulationReport } from './simulation-report.ts'

export const simulationSchemaVersion = 1

export function renderSimulationJson(report: SimulationReport): string {
  const { result, fleet, ...rest } = report
  const { version, seed, modelId, deployment, deploymentFile, deployments } = rest
  const { workload, objectives, run, prices, notes, comparison, steadyUsdPerMillionTokens } = rest
  const { bill, ...figures } = result
  const document = {
    schemaVersion: simulationSchemaVersion,
    tokenwright: version,
    headline: simulationHeadline(report),
    objectivesMet: objectivesMet(report),
    seed,
    model: modelId,
    deployment,
    deploymentFile,
    deployments,
    workload,
    fleet: { ...fleet, pools: fleet.pools.map(poolJson) },
    objectives,
    run,
    ...figures,
    bill: billJson(bill),
    comparison,
    steadyUsdPerMillionTokens,
    prices,
    notes,
  }
  return jsonText(document)
}

/** Null without objectives, or when no request tells. */
function objectivesMet({ result }: SimulationReport): boolean | null {
  const judged = result.summary.objectives.map(({ met }) => met)
  if (judged.length === 0) return null
  return judged.includes(false) ? false : judged.includes(null) ? null : true
}

/** No limit is null: JSON has no Infinity. */
function poolJson({ engine, ...pool }: PoolFacts): object {
  const { maximumWaiting, ...settings } = engine
  return {
    ...pool,
    engine: { ...settings, maximumWaiting: Number.isFinite(maximumWaiting) ? maximumWaiting : null },
  }
}

function billJson({ lines, allocation, ...rest }: RunBill): object {
  return {
    usd: usdOfNano(allocation.billNanoUsd),
    ...rest,
    allocation,
    lines: lines.map(line => ({
      pool: line.pool,
      component: line.component,
      usd: usdOfNano(line.nanoUsd),
      nanoUsd: line.nanoUsd,
      formula: line.formula,
      allocation: line.allocation satisfies Allocation,
    })),
  }
}
