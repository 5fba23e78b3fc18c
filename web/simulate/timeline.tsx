/** Batch, queue, cache, tokens and watts over one time axis. */
import { useMemo } from 'preact/hooks'
import type { RunTimeline } from '../../src/metrics/run-series.ts'
import { type TimePanel, timePanels } from '../../src/report/svg-time-panels.ts'
import { coarser, line, powerPanel, scaled } from '../../src/report/timeline-panels.ts'
import { FigureFrame } from '../figures/figure-frame.tsx'
import type { SimulateAnswer } from '../worker/protocol.ts'

export function Timeline({ answer }: { readonly answer: SimulateAnswer }) {
  const { timeline, summary } = answer.report.result
  const [load, output] = useMemo(() => {
    const steady = summary.steady
    const window = steady === null ? null : { fromSeconds: steady.startSeconds, toSeconds: steady.endSeconds }
    const drawn = (title: string, panels: readonly (TimePanel | null)[]) =>
      timePanels(
        panels.filter(panel => panel !== null),
        { title, description: title, endSeconds: timeline.endSeconds, marks: [], window, asHighAs: 3 },
      ).html
    return [
      drawn('Load over the run', [batchPanel(timeline), queuePanel(timeline), cachePanel(timeline)]),
      drawn('Tokens and power over the run', [
        line('input tokens per second', coarser(timeline, timeline.inputTokensPerSecond), 1),
        line('output tokens per second', coarser(timeline, timeline.outputTokensPerSecond), 1),
        powerPanel(timeline),
      ]),
    ] as const
  }, [timeline])
  const csv = () => levelRows(timeline, levels)
  return (
    <>
      <h2>Over the run</h2>
      <div class="figures run">
        <FigureFrame title="Load" file="run-load" csv={csv}>
          <div dangerouslySetInnerHTML={{ __html: load }} />
        </FigureFrame>
        <FigureFrame title="Tokens and power" file="run-output" csv={csv}>
          <div dangerouslySetInnerHTML={{ __html: output }} />
        </FigureFrame>
      </div>
      {summary.steady === null ? null : (
        <p class="soft">Shaded: the steady window, over which rates are told.</p>
      )}
    </>
  )
}

export function batchPanel(timeline: RunTimeline, heading = 'requests in batches'): TimePanel {
  return {
    heading,
    reach: 1,
    series: [{ name: '', shape: 'area', color: 'series-1', points: coarser(timeline, timeline.running) }],
  }
}

export function queuePanel(timeline: RunTimeline): TimePanel {
  return {
    heading: 'requests waiting',
    reach: 1,
    series: [{ name: '', shape: 'area', color: 'series-3', points: coarser(timeline, timeline.waiting) }],
  }
}

export function cachePanel(timeline: RunTimeline): TimePanel {
  return line('KV cache in use, %', coarser(timeline, timeline.cacheUse).map(scaled(100)), 1)
}

type Level = Exclude<keyof RunTimeline, 'binSeconds' | 'endSeconds'>

const levels: readonly Level[] = [
  'running',
  'waiting',
  'cacheUse',
  'inputTokensPerSecond',
  'outputTokensPerSecond',
  'requestsPerSecond',
  'watts',
]

export function levelRows(timeline: RunTimeline, columns: readonly Level[]): (string | number | null)[][] {
  return [
    ['seconds', ...columns],
    ...timeline.running.map((_, bin) => [
      bin * timeline.binSeconds,
      ...columns.map(name => timeline[name][bin] ?? null),
    ]),
  ]
}
