/** Lines over wall-clock time, drawn by uPlot on a canvas; what the pointer is over is read out below. */
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { useWidth } from '../figures/use-width.ts'
import { seriesPicture } from './series-picture.ts'
import type { AlignedLines } from './series-points.ts'

interface SeriesChartProps {
  readonly title: string
  /** Of the axis, read out with every value. */
  readonly format: (value: number) => string
  readonly names: readonly string[]
  readonly lines: AlignedLines
  readonly file: string
}

const height = 200
const seriesColors = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6'] as const
export const mostLines = seriesColors.length

export function SeriesChart({ title, format, names, lines, file }: SeriesChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const plot = useRef<uPlot | null>(null)
  const [pointed, setPointed] = useState<number | null>(null)
  const shown = useRef({ lines, format })
  shown.current = { lines, format }
  const key = names.join('\n')

  useEffect(() => {
    if (width === null || box.current === null) return
    const made = new uPlot(
      optionsOf(width, names.length, () => shown.current.format, setPointed),
      dataOf(shown.current.lines, names.length),
      box.current,
    )
    plot.current = made
    const redraw = () => made.redraw(false)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', redraw)
    const theme = new MutationObserver(redraw)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      scheme.removeEventListener('change', redraw)
      theme.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [width, key])

  useEffect(() => {
    plot.current?.setData(dataOf(lines, names.length))
  }, [lines])

  const at = pointed !== null && pointed < lines.seconds.length ? pointed : null
  const last = lines.seconds.length - 1
  const valueAt = (line: number) => {
    const value = lines.values[line]?.[at ?? last] ?? null
    return value === null ? '–' : format(value)
  }
  return (
    <FigureFrame
      title={title}
      file={file}
      csv={() => csvRows(names, lines)}
      picture={() => seriesPicture(title, { names, classes: seriesColors, lines, format })}
    >
      <div
        ref={box}
        class="series-chart"
        role="img"
        aria-label={`${title}: ${names.map((name, line) => `${name} ${valueAt(line)}`).join(', ')}`}
        style={{ minHeight: `${height}px` }}
      />
      <p class="figure-key">
        <span>
          {at === null ? 'latest' : new Date(lines.seconds[at]! * 1000).toLocaleTimeString('en-GB')}
        </span>
        {names.map((name, line) => (
          <span key={name} class={seriesColors[line]}>
            <svg width="14" height="10" aria-hidden="true">
              <path d="M0 5H14" class="line" />
            </svg>
            {name} <b>{valueAt(line)}</b>
          </span>
        ))}
      </p>
    </FigureFrame>
  )
}

/** As many lines as there are names, whatever has come yet. */
function dataOf({ seconds, values }: AlignedLines, count: number): uPlot.AlignedData {
  const line = (index: number) => (values[index] ?? seconds.map(() => null)) as (number | null)[]
  return [seconds as number[], ...Array.from({ length: count }, (_, index) => line(index))]
}

/** Colours are read when something is drawn, so that they follow the theme. */
function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name)
}

function optionsOf(
  width: number,
  count: number,
  format: () => (value: number) => string,
  onPointed: (index: number | null) => void,
): uPlot.Options {
  const font = '12px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif'
  const axis = { stroke: () => color('--soft'), font, ticks: { show: false } }
  const grid = { stroke: () => color('--grid'), width: 1 }
  return {
    width,
    height,
    padding: [10, 30, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 6 } },
    scales: {
      // A minute at least: a gateway that has just begun has a point or two.
      x: {
        range: ({ data: [seconds] }) => {
          const last = seconds.at(-1) ?? 0
          return [Math.min(seconds[0] ?? last, last - 60), last]
        },
      },
      y: { range: (_, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 32,
        gap: 9,
        space: 70,
        values: (_, ticks) => clockTexts(ticks),
      },
      { ...axis, grid, size: 62, values: (_, ticks) => ticks.map(tick => format()(tick)) },
    ],
    series: [
      {},
      ...Array.from({ length: count }, (_, line) => ({
        stroke: () => color(`--s${line}`),
        width: 1.6,
        points: { size: 4, fill: () => color(`--s${line}`) },
      })),
    ],
    hooks: { setCursor: [chart => onPointed(chart.cursor.idx ?? null)] },
  }
}

/** Seconds for all ticks where one needs them. */
function clockTexts(ticks: readonly number[]): string[] {
  const length = ticks.some(tick => tick % 60 !== 0) ? 8 : 5
  return ticks.map(tick => new Date(tick * 1000).toLocaleTimeString('en-GB').slice(0, length))
}

function csvRows(names: readonly string[], { seconds, values }: AlignedLines) {
  return [
    ['time', ...names],
    ...seconds.map((second, row) => [
      new Date(second * 1000).toISOString(),
      ...values.map(line => line[row] ?? null),
    ]),
  ]
}
