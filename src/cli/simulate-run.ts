/** Runs a simulation that was set up, with a line that says how far it is. */
import { formatCount, formatMilliseconds } from '../report/format-number.ts'
import { createRouter } from '../routing/create-router.ts'
import type { SimulationEnd } from '../sim/driver.ts'
import { type Progress, startProgress } from './progress.ts'
import { type EventListener, runFleet, type SimulationRun } from './simulation-run.ts'
import type { SimulationSetup } from './simulation-setup.ts'

/** Events between two looks at the clock of the progress line. */
const progressEvents = 2_000

export function runSimulation(setup: SimulationSetup, listeners: readonly EventListener[]): SimulationRun {
  const progress = startProgress()
  try {
    return runFleet(setup, createRouter(setup.router, setup.random), listeners, {
      everyEvents: progressEvents,
      report: state => showProgress(progress, state),
    })
  } finally {
    progress.finish()
  }
}

function showProgress(
  progress: Progress,
  { nowUs, ended, totalRequests }: Pick<SimulationEnd, 'nowUs' | 'ended' | 'totalRequests'>,
): void {
  const of = totalRequests === null ? '' : ` of ${formatCount(totalRequests)}`
  progress.update(
    `simulating: ${formatCount(ended)}${of} requests, ${formatMilliseconds(nowUs / 1000)} of the run`,
  )
}
