/** Puts the report of a run together. */
import { usdFromNano } from '../core/money.ts'
import { latencyCurves } from '../metrics/index.ts'
import type { SimulationReport } from '../report/simulation-report.ts'
import type { SimulationResult } from '../sim/result.ts'
import { comparisonOf } from './simulate-comparison.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationRun } from './simulation-run.ts'
import type { SimulationSetup } from './simulation-setup.ts'

export function simulationReport(
  setup: SimulationSetup,
  { end, result, metrics, lastArrivalUs, changes }: SimulationRun,
  flags: SimulateFlags,
  version: string,
): SimulationReport {
  const { question, workload } = setup
  const steadyUsd = steadyUsdPerMillionTokens(result)
  return {
    version,
    seed: setup.seed,
    modelId: question.modelId,
    deployment: question.deployment,
    deploymentFile: question.file,
    deployments: setup.deployments,
    workload: workload.facts,
    fleet: {
      pools: setup.poolFacts,
      router: setup.router,
      startupSeconds: setup.startupSeconds,
      faults: setup.faults.filter(({ atUs }) => atUs <= end.nowUs),
      autoscalers: setup.autoscalers,
      upgradeAtSeconds: setup.inputs.length === 0 ? null : setup.inputs[0]!.atUs / 1e6,
    },
    objectives: setup.objectives,
    result,
    run: {
      endSeconds: end.nowUs / 1e6,
      untilSeconds: setup.untilUs === null ? null : setup.untilUs / 1e6,
      submitted: end.submitted,
      lastArrivalSeconds: lastArrivalUs / 1e6,
      ended: end.ended,
      unfinished: end.unfinished,
      events: end.events,
      changes,
    },
    comparison: comparisonOf(setup, flags, result, steadyUsd),
    steadyUsdPerMillionTokens: steadyUsd,
    curves: flags.html === undefined ? null : latencyCurves(metrics),
    prices: setup.prices.accelerators,
    notes: setup.notes,
  }
}

/** Mean bill per hour of the run ÷ tokens per hour of its steady window: filling and emptying left out of the tokens only. */
function steadyUsdPerMillionTokens({ summary, bill }: SimulationResult): number | null {
  const tokensPerSecond = summary.steady?.totalTokensPerSecond ?? null
  if (tokensPerSecond === null || tokensPerSecond === 0) return null
  const usdPerSecond = usdFromNano(bill.allocation.billNanoUsd) / summary.durationSeconds
  return (usdPerSecond / tokensPerSecond) * 1e6
}
