/** Where a simulation goes: standard output, a page, a file per request, a file of events. Nothing is ever half-written. */
import { resolve } from 'node:path'
import { TokenwrightError } from '../core/errors.ts'
import type { FleetEvent } from '../fleet/types.ts'
import { judgeRequest, requestLimits } from '../metrics/index.ts'
import { microsecondsPerSecond } from '../metrics/time-units.ts'
import { checkSaveFile, saveFile } from '../report/save-directory-file.ts'
import type { SimulationReport } from '../report/simulation-report.ts'
import { openTextFile, type TextSink } from '../report/text-sink-file.ts'
import { flagName } from './flag-conflicts.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationSetup } from './simulation-setup.ts'
import { terminalStyle, terminalWidth } from './terminal.ts'

/** Writes while the run goes on. Either finish or abort is called, once. */
export interface Listener {
  readonly observe: (event: FleetEvent) => void
  /** Puts the file into its place. */
  readonly finish: () => void
  /** Leaves nothing behind. */
  readonly abort: () => void
}

const fileFlags = ['records', 'html', 'chromeTrace'] as const

/** Refuses places that cannot be written, before anything is simulated. */
export function checkTargets(flags: SimulateFlags): void {
  const taken = new Map<string, string>()
  for (const flag of fileFlags) {
    const path = flags[flag]
    if (path === undefined) continue
    const other = taken.get(resolve(path))
    if (other !== undefined)
      throw new TokenwrightError('usage', `${other} and ${flagName(flag)} would write the same file`, {
        where: `${flagName(flag)} ${path}`,
        fix: 'give each a name of its own',
      })
    taken.set(resolve(path), flagName(flag))
    checkSaveFile(path)
  }
}

export async function openListeners(flags: SimulateFlags, setup: SimulationSetup): Promise<Listener[]> {
  const listeners: Listener[] = []
  try {
    if (flags.csv) listeners.push(await recordListener(setup, standardOutput))
    if (flags.records !== undefined) listeners.push(await recordListener(setup, openTextFile(flags.records)))
    if (flags.chromeTrace !== undefined) {
      const { startChromeTrace } = await import('../report/chrome-trace-file.ts')
      listeners.push(startChromeTrace(flags.chromeTrace, { pools: setup.pools, faults: setup.faults }))
    }
    return listeners
  } catch (error) {
    for (const { abort } of listeners) abort()
    throw error
  }
}

/** A pipe that is closed early is met in program.ts. */
const standardOutput: TextSink = {
  write: text => void process.stdout.write(text),
  finish: () => {},
  abort: () => {},
}

/** One row per request, in the order in which they end. */
async function recordListener(setup: SimulationSetup, sink: TextSink): Promise<Listener> {
  const { csvHeader, csvRow } = await import('../report/simulation-csv.ts')
  const { objectives, workload } = setup
  const { warmUp, isWarmUp } = workload
  const limits = requestLimits(objectives)
  sink.write(csvHeader())
  return {
    observe(event) {
      if (event.kind !== 'ended') return
      const { record } = event
      const sentUs = record.sentUs >= 0 ? record.sentUs : record.scheduledUs
      // As RunMetrics decides it: what the figures count and what the rows say must be the same.
      const early =
        record.id < warmUp.requests ||
        sentUs < warmUp.seconds * microsecondsPerSecond ||
        isWarmUp?.(record.id) === true
      const judgement = objectives.length === 0 ? null : judgeRequest(record, limits, 'service')
      sink.write(csvRow(record, early, judgement))
    },
    finish: sink.finish,
    abort: sink.abort,
  }
}

/** Files first: when one cannot be written, nothing is printed that looks like success. */
export async function saveReport(
  report: SimulationReport,
  flags: SimulateFlags,
  listeners: readonly Listener[],
): Promise<void> {
  const printed = await printedReport(report, flags)
  if (flags.html !== undefined) {
    const { simulationHtml } = await import('../report/simulation-html.ts')
    saveFile(flags.html, simulationHtml(report))
  }
  for (const { finish } of listeners) finish()
  process.stdout.write(printed)
  const written = fileFlags.flatMap(flag => flags[flag] ?? [])
  if (written.length > 0) process.stderr.write(`written: ${written.join(', ')}\n`)
}

/** The rows of --csv have been printed by then. */
async function printedReport(report: SimulationReport, flags: SimulateFlags): Promise<string> {
  if (flags.csv) return ''
  if (flags.json) return (await import('../report/simulation-json.ts')).renderSimulationJson(report)
  const { renderSimulationText } = await import('../report/simulation-text.ts')
  return renderSimulationText(report, { width: terminalWidth(), style: terminalStyle() })
}
