/** What went on over the time of a run: load, speed, replicas, cache and power, with faults and upgrades marked. */
import type { RunTimeline as Timeline } from '../metrics/index.ts'
import type { TimedFault } from '../sim/faults.ts'
import type { Markup } from './markup.ts'
import { replicaCounts } from './simulation-figure-replicas.ts'
import type { SimulationReport } from './simulation-report.ts'
import { seconds } from './simulation-units.ts'
import { type TimeMark, type TimePanel, type TimePoint, timePanels } from './svg-time-panels.ts'
import { coarser, line, powerPanel, scaled } from './timeline-panels.ts'

/** Per second: users who think for minutes send that few. */
const leastRequestRate = 0.01
/** Front ends hold requests for milliseconds: less than this of all that are in flight is not seen. */
const visibleShare = 0.02
/** More faults than this are marked without their names. */
const mostNamedMarks = 12

/** Load on the left, what comes of it on the right; empty for a run in which nothing happened. */
export function timelineFigures(report: SimulationReport): Markup[] {
  const { timeline } = report.result
  if (!(timeline.endSeconds > 0) || report.run.submitted === 0) return []
  const load = [
    inFlightPanel(timeline),
    requestRatePanel(report),
    cachePanel(timeline),
    replicaPanel(report),
  ].filter(panel => panel !== null)
  const output = [inputPanel(timeline), outputPanel(timeline), powerPanel(timeline)].filter(
    panel => panel !== null,
  )
  const asHighAs = Math.max(load.length, output.length)
  return [
    panelFigure(report, 'Load over the run', load, asHighAs),
    panelFigure(report, 'Tokens and power over the run', output, asHighAs),
  ]
}

function panelFigure(
  report: SimulationReport,
  title: string,
  panels: readonly TimePanel[],
  asHighAs: number,
): Markup {
  const { endSeconds } = report.result.timeline
  const { steady } = report.result.summary
  return timePanels(panels, {
    title,
    description: `From 0 to ${seconds(endSeconds)}: ${panels.map(({ heading }) => heading).join('; ')}`,
    endSeconds,
    marks: marksOf(report),
    window: steady === null ? null : { fromSeconds: steady.startSeconds, toSeconds: steady.endSeconds },
    asHighAs,
  })
}

/** Running, waiting and those elsewhere, one on top of the other: together all that were sent and not over. */
function inFlightPanel(timeline: Timeline): TimePanel {
  const running = coarser(timeline, timeline.running)
  const waiting = coarser(timeline, timeline.waiting)
  const all = coarser(timeline, timeline.inFlight)
  const value = (points: readonly TimePoint[], index: number) => points[index]?.value ?? 0
  const held = running.map((_, index) => value(running, index) + value(waiting, index))
  const outside = all.map(({ seconds }, index) => ({
    seconds,
    base: held[index]!,
    value: Math.max(held[index]!, value(all, index)),
  }))
  const whole = outside.reduce((sum, { value }) => sum + value, 0)
  const outsideSum = outside.reduce((sum, { value, base }) => sum + value - base, 0)
  return {
    heading: 'requests in flight',
    reach: 1,
    series: [
      ...(outsideSum > visibleShare * whole
        ? [{ name: 'before or between engines', shape: 'area', color: 'muted', points: outside } as const]
        : []),
      {
        name: 'waiting',
        shape: 'area',
        color: 'series-3',
        points: waiting.map(({ seconds }, index) => ({
          seconds,
          base: value(running, index),
          value: held[index]!,
        })),
      },
      { name: 'running', shape: 'area', color: 'series-1', points: running },
    ],
  }
}

function requestRatePanel({ result, objectives }: SimulationReport): TimePanel {
  const { timeline } = result
  const served = coarser(timeline, timeline.requestsPerSecond)
  if (objectives.length === 0)
    return {
      heading: 'requests served per second',
      reach: leastRequestRate,
      series: [{ name: '', shape: 'line', color: 'series-1', points: served }],
    }
  return {
    heading: 'requests per second',
    reach: leastRequestRate,
    series: [
      { name: 'served', shape: 'line', color: 'muted', points: served },
      {
        name: 'within every limit',
        shape: 'line',
        color: 'series-1',
        points: coarser(timeline, timeline.goodRequestsPerSecond),
      },
    ],
  }
}

/** Null where their number never changes. */
function replicaPanel(report: SimulationReport): TimePanel | null {
  const counts = replicaCounts(report)
  if (counts === null) return null
  return {
    heading: 'replicas',
    reach: 1,
    series: [
      { name: 'paid for', shape: 'area', color: 'muted', points: counts.paid },
      { name: 'ready', shape: 'area', color: 'series-2', points: counts.ready },
    ],
  }
}

function inputPanel(timeline: Timeline): TimePanel {
  const points = coarser(timeline, timeline.inputTokensPerSecond)
  return line('input tokens per second', points, 1)
}

function outputPanel(timeline: Timeline): TimePanel {
  return line('output tokens per second', coarser(timeline, timeline.outputTokensPerSecond), 1)
}

function cachePanel(timeline: Timeline): TimePanel | null {
  const percent = coarser(timeline, timeline.cacheUse).map(scaled(100))
  if (percent.every(({ value }) => value === null)) return null
  return line('KV cache in use, % (mean of the replicas)', percent, 1)
}

function marksOf({ fleet, run }: SimulationReport): TimeMark[] {
  const marks = [
    ...fleet.faults.map(fault => faultMark(fault)),
    ...(fleet.upgradeAtSeconds === null || fleet.upgradeAtSeconds > run.endSeconds
      ? []
      : [{ label: 'upgrade', fromSeconds: fleet.upgradeAtSeconds, toSeconds: fleet.upgradeAtSeconds }]),
  ]
  return marks.length > mostNamedMarks ? marks.map(mark => ({ ...mark, label: '' })) : marks
}

function faultMark({ atUs, fault }: TimedFault): TimeMark {
  const fromSeconds = atUs / 1e6
  const lasts = fault.kind === 'crash' ? fault.downSeconds : fault.seconds
  const label = fault.kind === 'link' ? `link of ${fault.replica} down` : `${fault.kind} of ${fault.replica}`
  return { label, fromSeconds, toSeconds: fromSeconds + lasts }
}
