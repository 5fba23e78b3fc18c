/**
 * A simulated run as JSON. Stable: fields are only added within one schemaVersion. Names carry their unit; money that adds up
 * exactly is integer nano-dollars in a decimal string. docs/reference/simulate-json.md explains the fields.
 */
import type { Allocation } from '../cost/types.ts'
import type { RunBill } from '../sim/bill.ts'
import { usdOfNano } from './format-number.ts'
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
  return `${onOneLine(JSON.stringify(document, jsonValue, 2))}\n`
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

/** Lists of plain numbers, as the timeline has, take one line each. Strings hold no raw line breaks, so none is touched. */
function onOneLine(json: string): string {
  return json.replace(
    /\[\n\s*((?:-?\d|null)[^[\]{}"]*?)\n\s*\]/g,
    (_, numbers: string) => `[${numbers.replace(/,\n\s*/g, ', ')}]`,
  )
}

/** Big integers become decimal strings; numbers JSON cannot hold are a fault of the program, not a null. */
function jsonValue(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`assertion failed: ${key} is ${value}, which JSON cannot hold`)
  }
  return value
}
