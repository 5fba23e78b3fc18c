/** One replica step by step: places of the batch fill and empty while others go on. That is continuous batching. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import {
  formatCount,
  formatMilliseconds,
  formatPercent,
  formatWatts,
} from '../../src/report/format-number.ts'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { useWidth } from '../figures/use-width.ts'
import { Empty } from '../parts/states.tsx'
import type { SimulateAnswer, WatchedStep } from '../worker/protocol.ts'
import { type BatchMember, batchAt, placed, preemptedIn, waitingAt } from './batch.ts'

/** Between steps while playing. */
const playMilliseconds = 250

export function SlowMotion({ answer }: { readonly answer: SimulateAnswer }) {
  const { steps } = answer
  const requests = useMemo(() => placed(answer.requests), [answer])
  const [index, setIndex] = useState(0)
  const [playing, setPlaying] = useState(false)
  // The fullest moment within reach of the start is where there is something to see.
  useEffect(() => {
    setIndex(busiest(steps))
    setPlaying(false)
  }, [answer])
  useEffect(() => {
    if (!playing) return
    const timer = setInterval(
      () => setIndex(now => (now + 1 < steps.length ? now + 1 : now)),
      playMilliseconds,
    )
    return () => clearInterval(timer)
  }, [playing, steps])
  const step = steps[Math.min(index, steps.length - 1)]
  if (step === undefined) return <Empty>The replica took no step.</Empty>
  const go = (to: number) => setIndex(Math.min(steps.length - 1, Math.max(0, to)))
  // In the middle of the step: its work is what is being done.
  const atUs = (step.startUs + step.endUs) / 2
  const members = batchAt(requests, atUs)
  const waiting = waitingAt(requests, atUs)
  const preempted = preemptedIn(requests, step.startUs, step.endUs)
  const places = Math.max(...requests.map(({ place }) => place), 0) + 1
  return (
    <>
      <h2>The first replica in slow motion</h2>
      <p class="soft">
        Each square is a place of the batch. Amber: a prompt being read, chunk by chunk. Blue: an answer being
        written, fuller as it goes on. A request that ends frees its place at once, and the next one takes it:
        the batch never waits for its slowest.
      </p>
      <fieldset class="player">
        <legend class="hidden">Steps</legend>
        <button type="button" onClick={() => go(index - 1)}>
          Back
        </button>
        <button type="button" aria-pressed={playing} onClick={() => setPlaying(!playing)}>
          {playing ? 'Pause' : 'Play'}
        </button>
        <button type="button" onClick={() => go(index + 1)}>
          Step
        </button>
        <input
          type="range"
          aria-label="Step of the engine"
          aria-valuetext={`step ${index + 1} of ${steps.length}`}
          min={0}
          max={steps.length - 1}
          value={index}
          onInput={event => go(Number(event.currentTarget.value))}
        />
      </fieldset>
      <p class="step-words">
        <strong>
          Step {formatCount(index + 1)} of {formatCount(steps.length)}
        </strong>
        , {formatMilliseconds(step.startUs / 1000)} into the run,{' '}
        {formatMilliseconds((step.endUs - step.startUs) / 1000)} long: {words(step)}. {waiting} waiting, KV
        cache {formatPercent(step.cacheUse)} in use, {formatWatts(watts(step))}.
        {preempted.length > 0 ? ` Preempted: request ${preempted.map(({ id }) => id).join(', ')}.` : ''}
      </p>
      <Places members={members} places={places} />
      <StepStrip steps={steps} index={index} onGo={go} />
    </>
  )
}

function busiest(steps: readonly WatchedStep[]): number {
  const early = steps.slice(0, 400)
  let best = 0
  for (const [index, step] of early.entries()) {
    const mixed = step.prefillTokens > 0 && step.decodeSequences > 0
    if (mixed && step.running > (early[best]?.running ?? 0)) best = index
  }
  return best
}

function words({ decodeSequences, prefillTokens }: WatchedStep): string {
  const parts = [
    ...(prefillTokens > 0 ? [`${formatCount(prefillTokens)} prompt tokens read`] : []),
    ...(decodeSequences > 0 ? [`${formatCount(decodeSequences)} answers one step further`] : []),
  ]
  return parts.join(', ') || 'nothing to do'
}

function watts({ joules, startUs, endUs }: WatchedStep): number {
  return endUs > startUs ? (joules / (endUs - startUs)) * 1e6 : 0
}

interface PlacesProps {
  readonly members: readonly BatchMember[]
  readonly places: number
}

const square = 22
const gap = 4

function Places({ members, places }: PlacesProps) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const columns = Math.max(1, Math.floor(((width ?? 320) + gap) / (square + gap)))
  const rows = Math.ceil(places / columns)
  const height = rows * (square + gap)
  const byPlace = new Map(members.map(member => [member.request.place, member]))
  return (
    <div ref={holder}>
      <svg
        class="places"
        width={width ?? 320}
        height={height}
        viewBox={`0 0 ${width ?? 320} ${height}`}
        role="img"
        aria-label={`${members.filter(({ phase }) => phase === 'prefill').length} reading their prompt, ${members.filter(({ phase }) => phase === 'decode').length} writing, ${places - members.length} places free`}
      >
        {Array.from({ length: places }, (_, place) => {
          const x = (place % columns) * (square + gap)
          const y = Math.floor(place / columns) * (square + gap)
          const member = byPlace.get(place)
          const filled = member ? Math.max(3, member.progress * square) : 0
          return (
            <g key={place}>
              <rect
                class={member ? `place ${member.phase}` : 'place'}
                x={x + 0.5}
                y={y + 0.5}
                width={square - 1}
                height={square - 1}
                rx={3}
              />
              {member ? (
                <rect
                  class={`fill ${member.phase}`}
                  x={x}
                  y={y + square - filled}
                  width={square}
                  height={filled}
                  rx={3}
                >
                  <title>{`Request ${member.request.id}: ${formatCount(member.request.inputTokens)} in, ${formatCount(member.request.outputTokens)} out; ${member.phase}, ${formatPercent(member.progress)}`}</title>
                </rect>
              ) : null}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

interface StepStripProps {
  readonly steps: readonly WatchedStep[]
  readonly index: number
  readonly onGo: (index: number) => void
}

const stripHeight = 150
const left = 46

/** The steps around the present one: prompt tokens upwards, sequences decoding downwards. */
function StepStrip({ steps, index, onGo }: StepStripProps) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder) ?? 640
  const shown = Math.max(30, Math.floor((width - left) / 8))
  const from = Math.max(0, Math.min(index - Math.floor(shown / 2), steps.length - shown))
  const window = steps.slice(from, from + shown)
  const most = (of: (step: WatchedStep) => number) => Math.max(1, ...window.map(of))
  const mostPrompt = most(step => step.prefillTokens)
  const mostDecode = most(step => step.decodeSequences)
  const middle = stripHeight / 2
  const reach = middle - 18
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
          <text x={left - 6} y={middle - reach + 4} text-anchor="end">
            {formatCount(mostPrompt)}
          </text>
          <text x={left - 6} y={middle + reach + 4} text-anchor="end">
            {formatCount(mostDecode)}
          </text>
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
