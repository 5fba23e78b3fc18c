/** Lines over wall-clock time, drawn by uPlot on a canvas; what the pointer is over, or the keys have come to, is read out. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { useWidth } from '../figures/use-width.ts'
import { seriesPicture } from './series-picture.ts'
import type { AlignedLines } from './series-points.ts'
import { isWalkKey, walkedTo } from './series-walk.ts'
import { clockText, lineWords, momentWords, spanWords, valueText } from './series-words.ts'

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
  /** Seconds since 1970 of the moment that the keys have come to. */
  const [walked, setWalked] = useState<number | null>(null)
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
  // New data is put in place after this: the line of the cursor is set when its axis is.
  useEffect(() => {
    if (walked !== null) queueMicrotask(() => standAt(plot.current, walked))
  }, [walked, lines, width, key])

  const last = lines.seconds.length - 1
  const walkedRow = walked === null ? -1 : lines.seconds.indexOf(walked)
  const at = walkedRow >= 0 ? walkedRow : pointed !== null && pointed <= last ? pointed : null
  const named = { names, lines, format }
  // Snapshots come every second, points every few.
  const words = useMemo(() => lineWords(named), [lines, key, format])
  const leave = () => {
    if (walked === null) return
    setWalked(null)
    plot.current?.setCursor({ left: -10, top: -10 })
  }
  const walk = (event: KeyboardEvent) => {
    if (event.key === 'Escape') leave()
    if (!isWalkKey(event.key)) return
    event.preventDefault()
    setWalked(walkedTo(lines, walked, event.key))
  }
  return (
    <FigureFrame
      title={title}
      file={file}
      csv={() => csvRows(names, lines)}
      picture={() => seriesPicture(title, { names, classes: seriesColors, lines, format })}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a field set is for fields */}
      <div
        class="series-walk"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk along the points
        tabIndex={0}
        role="group"
        aria-label={`${title}. Arrow keys walk along the points.`}
        onKeyDown={walk}
        onPointerMove={() => setWalked(null)}
        onBlur={leave}
      >
        <div
          ref={box}
          class="series-chart"
          role="img"
          aria-label={`${title}, ${spanWords(lines)}. ${words.join('; ')}`}
          style={{ minHeight: `${height}px` }}
        />
      </div>
      <p class="figure-key">
        <span>{at === null ? 'latest' : clockText(lines.seconds[at]!)}</span>
        {names.map((name, line) => (
          <span key={name} class={seriesColors[line]}>
            <svg width="14" height="10" aria-hidden="true">
              <path d="M0 5H14" class="line" />
            </svg>
            {name} <b>{valueText(lines.values[line]?.[at ?? last], format)}</b>
          </span>
        ))}
      </p>
      <p class="hidden" aria-live="polite" data-spoken="">
        {walkedRow >= 0 ? momentWords(named, walkedRow) : ''}
      </p>
      <details class="in-words">
        <summary>In words</summary>
        <ul>
          {words.map(sentence => (
            <li key={sentence}>{sentence}.</li>
          ))}
        </ul>
        <p class="soft">{spanWords(lines)}. Every point: CSV.</p>
      </details>
    </FigureFrame>
  )
}

/** The dashed line of the pointer, where the keys are. */
function standAt(plot: uPlot | null, second: number): void {
  plot?.setCursor({ left: plot.valToPos(second, 'x'), top: 0 })
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
