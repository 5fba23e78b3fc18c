/** The steps around the present one: prompt tokens upwards, sequences decoding downwards. */
import { useRef } from 'preact/hooks'
import { formatCount } from '../../src/report/format-number.ts'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { useWidth } from '../figures/use-width.ts'
import type { WatchedStep } from '../worker/protocol.ts'

interface StepStripProps {
  readonly steps: readonly WatchedStep[]
  readonly index: number
  readonly onGo: (index: number) => void
}

const stripHeight = 150
const left = 46
/** Above and below the bars. */
const edge = 18

export function StepStrip({ steps, index, onGo }: StepStripProps) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder) ?? 640
  const shown = Math.max(30, Math.floor((width - left) / 8))
  const from = Math.max(0, Math.min(index - Math.floor(shown / 2), steps.length - shown))
  const window = steps.slice(from, from + shown)
  const most = (of: (step: WatchedStep) => number) => Math.max(1, ...window.map(of))
  const mostPrompt = most(step => step.prefillTokens)
  const mostDecode = most(step => step.decodeSequences)
  // A prefill replica writes nothing, and a decode replica reads nothing: what there is takes the whole height.
  const sides = [steps.some(step => step.prefillTokens > 0), steps.some(step => step.decodeSequences > 0)]
  const middle = sides[0] === sides[1] ? stripHeight / 2 : sides[0] ? stripHeight - edge : edge
  const reach = Math.max(middle, stripHeight - middle) - edge
  const pitch = (width - left) / shown
  return (
    <FigureFrame
      title="Steps around it"
      file="steps"
      csv={() => [
        [
          'step',
          'startUs',
          'endUs',
          'prefillTokens',
          'decodeSequences',
          'outputTokens',
          'running',
          'waiting',
          'cacheUse',
          'joules',
        ],
        ...steps.map((step, number) => [
          number + 1,
          step.startUs,
          step.endUs,
          step.prefillTokens,
          step.decodeSequences,
          step.outputTokens,
          step.running,
          step.waiting,
          step.cacheUse,
          step.joules,
        ]),
      ]}
      caption="Amber: prompt tokens read in a step. Blue: sequences that decode in it. Click a step to go there."
    >
      <div ref={holder}>
        <svg
          class="figure strip"
          width={width}
          height={stripHeight}
          viewBox={`0 0 ${width} ${stripHeight}`}
          role="img"
          aria-label={`Steps ${from + 1} to ${from + window.length}: up to ${mostPrompt} prompt tokens and ${mostDecode} decoding sequences in a step`}
        >
          {sides[0] ? (
            <text x={left - 6} y={middle - reach + 4} text-anchor="end">
              {formatCount(mostPrompt)}
            </text>
          ) : null}
          {sides[1] ? (
            <text x={left - 6} y={middle + reach + 4} text-anchor="end">
              {formatCount(mostDecode)}
            </text>
          ) : null}
          <line class="axis" x1={left} x2={width} y1={middle} y2={middle} />
          {window.map((step, offset) => {
            const x = left + offset * pitch
            const up = (step.prefillTokens / mostPrompt) * reach
            const down = (step.decodeSequences / mostDecode) * reach
            return (
              // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has the slider above
              <g key={from + offset} onClick={() => onGo(from + offset)}>
                <rect class="hit" x={x} y={0} width={pitch} height={stripHeight} />
                {from + offset === index ? (
                  <rect class="now" x={x} y={0} width={pitch} height={stripHeight} />
                ) : null}
                <rect class="prefill" x={x + 1} y={middle - up} width={pitch - 2} height={up} />
                <rect class="decode" x={x + 1} y={middle} width={pitch - 2} height={down} />
              </g>
            )
          })}
        </svg>
      </div>
    </FigureFrame>
  )
}
