/** Horizontal bars with their names and values written beside them; they may float, as the steps of a waterfall do. */
import { useRef } from 'preact/hooks'
import type { BarRow } from './bar-row.ts'
import { useWidth } from './use-width.ts'

interface BarsProps {
  readonly rows: readonly BarRow[]
  readonly label: string
  /** A line that bars are read against, e.g. a ratio of 1. */
  readonly reference?: { readonly value: number; readonly text: string }
}

const rowHeight = 26
const barHeight = 14
const characterWidth = 6.9

export function Bars({ rows, label, reference }: BarsProps) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  return (
    <div ref={holder}>
      {width === null ? null : <BarsDrawing rows={rows} label={label} width={width} reference={reference} />}
    </div>
  )
}

interface DrawingProps {
  readonly rows: readonly BarRow[]
  readonly label: string
  readonly width: number
  readonly reference: BarsProps['reference']
}

function BarsDrawing({ rows, label, width, reference }: DrawingProps) {
  const longest = Math.max(...rows.map(({ name }) => name.length)) * characterWidth
  // On narrow pages names stand above their bars.
  const stacked = width < 480
  const left = stacked ? 0 : Math.min(longest + 14, width * 0.42)
  const valueWidth = Math.max(...rows.map(({ text }) => text.length)) * characterWidth + 10
  const ends = rows.flatMap(({ from, to, band }) => [from, to, band?.[1] ?? to])
  const largest = Math.max(...ends, reference?.value ?? 0, Number.MIN_VALUE)
  const x = (value: number) => left + (value / largest) * (width - left - valueWidth)
  const pitch = stacked ? rowHeight + 14 : rowHeight
  const head = reference ? 18 : 0
  const height = rows.length * pitch + 4 + head
  return (
    <svg
      class="figure bars"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      {reference ? (
        <>
          <line class="reference" x1={x(reference.value)} x2={x(reference.value)} y1={head - 2} y2={height} />
          <text class="soft" x={x(reference.value)} y={12} text-anchor="middle">
            {reference.text}
          </text>
        </>
      ) : null}
      {rows.map((row, index) => {
        const top = head + index * pitch + (stacked ? 17 : (rowHeight - barHeight) / 2)
        const [start, end] = [x(Math.min(row.from, row.to)), x(Math.max(row.from, row.to))]
        const middle = top + barHeight / 2
        const labelEnd = row.band ? Math.max(end, x(row.band[1])) : end
        return (
          <g key={index} class={`bar-row ${row.kind}`}>
            <text
              x={stacked ? 0 : left - 10}
              y={stacked ? top - 5 : middle + 4.5}
              text-anchor={stacked ? 'start' : 'end'}
            >
              {row.name}
            </text>
            <rect x={start} y={top} width={Math.max(1, end - start)} height={barHeight} rx={2} />
            {row.band ? (
              <path
                class="whisker"
                d={`M${x(row.band[0])} ${middle}H${x(row.band[1])}M${x(row.band[0])} ${middle - 4}v8M${x(row.band[1])} ${middle - 4}v8`}
              />
            ) : null}
            <text class="value" x={labelEnd + 8} y={middle + 4.5}>
              {row.text}
            </text>
          </g>
        )
      })}
    </svg>
  )
}
