/** Ratios of two runs with their intervals on one logarithmic axis: what leaves out 1 differs. */
import { useRef } from 'preact/hooks'
import type { FigureComparison } from '../../src/measure/run-comparison.ts'
import { changeWords, figureTitle, outcomeOf } from '../../src/report/comparison-facts.ts'
import { formatPercent } from '../../src/report/format-number.ts'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { useWidth } from '../figures/use-width.ts'

interface RatioPlotProps {
  readonly figures: readonly FigureComparison[]
  readonly title: string
  readonly confidence: number
}

interface DrawnRatio {
  readonly figure: FigureComparison
  readonly ratio: number
}

const rowHeight = 22
const axisHeight = 26
const characterWidth = 6.9
/** Even equal runs get so much of an axis on both sides. */
const leastReach = 1.1
/** Wider, the eye loses the row. */
const widest = 760
/** Below it there is room for three ticks only. */
const narrow = 480

export function RatioPlot({ figures, title, confidence }: RatioPlotProps) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const drawn = figures.flatMap((figure): DrawnRatio[] =>
    figure.ratio !== null && figure.ratio > 0 ? [{ figure, ratio: figure.ratio }] : [],
  )
  if (drawn.length === 0) return null
  return (
    <FigureFrame
      title={title}
      file="bench-ratios"
      caption={`Dot: b ÷ a; bar: its interval. A bar that leaves out the line at 1 is a difference beyond noise, drawn in colour; between equal runs ${formatPercent(1 - confidence)} of the figures would be, by chance.`}
      csv={() => [
        ['figure', 'a', 'b', 'ratio', 'low', 'high', 'outcome'],
        ...drawn.map(({ figure }) => [
          figureTitle(figure),
          figure.a,
          figure.b,
          figure.ratio,
          figure.low,
          figure.high,
          outcomeOf(figure),
        ]),
      ]}
    >
      <div ref={holder}>
        {width === null ? null : <Drawing drawn={drawn} title={title} width={Math.min(width, widest)} />}
      </div>
    </FigureFrame>
  )
}

function Drawing({
  drawn,
  title,
  width,
}: {
  readonly drawn: readonly DrawnRatio[]
  readonly title: string
  readonly width: number
}) {
  const left = Math.max(...drawn.map(({ figure }) => figureTitle(figure).length)) * characterWidth + 12
  const right = Math.max(...drawn.map(({ figure }) => changeWords(figure).length)) * characterWidth + 16
  const ends = drawn.flatMap(({ figure, ratio }) => [figure.low ?? ratio, figure.high ?? ratio, ratio])
  const reach = Math.max(leastReach, ...ends.map(end => (end > 0 ? Math.max(end, 1 / end) : 1)))
  const x = (ratio: number) => left + ((Math.log(ratio) / Math.log(reach) + 1) / 2) * (width - left - right)
  const height = drawn.length * rowHeight + axisHeight
  const ticks =
    width < narrow ? [1 / reach, 1, reach] : [1 / reach, 1 / Math.sqrt(reach), 1, Math.sqrt(reach), reach]
  return (
    <svg
      class="figure ratios"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`${title}: ${drawn.map(({ figure }) => `${figureTitle(figure)} ${changeWords(figure)}`).join('; ')}`}
    >
      {ticks.map(tick => (
        <g key={tick}>
          <line
            class={tick === 1 ? 'same' : 'grid'}
            x1={x(tick)}
            x2={x(tick)}
            y1={0}
            y2={height - axisHeight + 4}
          />
          <text x={x(tick)} y={height - 6} text-anchor="middle">
            {tick.toFixed(2)}×
          </text>
        </g>
      ))}
      {drawn.map(({ figure, ratio }, index) => {
        const y = index * rowHeight + rowHeight / 2
        const { low, high } = figure
        const outcome = outcomeOf(figure)
        return (
          <g
            key={figureTitle(figure)}
            class={outcome === 'better' || outcome === 'worse' ? outcome : 'unclear'}
          >
            <text class="name" x={left - 12} y={y + 4} text-anchor="end">
              {figureTitle(figure)}
            </text>
            {low === null || high === null || low <= 0 ? null : (
              <line class="interval" x1={x(low)} x2={x(high)} y1={y} y2={y} />
            )}
            <circle cx={x(ratio)} cy={y} r={3.5} />
            <text x={width - right + 16} y={y + 4}>
              {changeWords(figure)}
            </text>
          </g>
        )
      })}
    </svg>
  )
}
