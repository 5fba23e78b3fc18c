/** `simulate`, from flags to the printed answer. */
import { TokenwrightError } from '../core/errors.ts'
import type { SimulationReport } from '../report/simulation-report.ts'
import { NoFeasibleConfiguration } from './report-fault.ts'
import { refuseConflictingFlags } from './simulate-conflicts.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import { checkTargets, openListeners, saveReport } from './simulate-output.ts'
import { runSimulation } from './simulate-run.ts'
import { setUpSimulation } from './simulate-setup.ts'
import { simulationReport } from './simulation-answer.ts'
import { packageVersion } from './version-file.ts'

/** Throws what is wrong with flags or files before anything is simulated, and before any file is opened. */
export async function simulateDeployment(files: readonly string[], flags: SimulateFlags): Promise<void> {
  refuseConflictingFlags(flags, files[0])
  checkTargets(flags)
  const today = new Date().toISOString().slice(0, 10)
  const setup = await setUpSimulation(files, flags, today)
  if (flags.check && setup.objectives.length === 0)
    throw new TokenwrightError('usage', 'there is no objective to check', {
      where: '--check',
      fix: 'add --slo "ttft p95 < 1s, tpot mean < 30ms"',
    })
  const listeners = await openListeners(flags, setup)
  let report: SimulationReport
  try {
    const run = runSimulation(
      setup,
      listeners.map(({ observe }) => observe),
    )
    report = simulationReport(setup, run, flags, packageVersion())
    await saveReport(report, flags, listeners)
  } catch (error) {
    for (const { abort } of listeners) abort()
    throw error
  }
  if (flags.check) refuseMissedObjectives(report)
}

/** What --check turns into exit code 3. */
function refuseMissedObjectives({ result, run }: SimulationReport): void {
  const missed = result.summary.objectives.filter(({ met }) => met !== true).length
  if (missed === 0) return
  const { length } = result.summary.objectives
  throw new NoFeasibleConfiguration(
    run.ended === 0
      ? 'no request ended: no objective is known to be met'
      : `${missed} of ${length} ${length === 1 ? 'objective' : 'objectives'} missed`,
    'lower the load, add replicas, or relax --slo',
  )
}
