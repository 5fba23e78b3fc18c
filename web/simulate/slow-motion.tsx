/** One replica step by step: places of the batch fill and empty while others go on. That is continuous batching. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import {
  formatCount,
  formatMilliseconds,
  formatPercent,
  formatWatts,
} from '../../src/report/format-number.ts'
import { Empty } from '../parts/states.tsx'
import type { SimulateAnswer, WatchedReplica, WatchedStep } from '../worker/protocol.ts'
import { batchAt, phasesOf, placed, preemptedIn, waitingAt } from './batch.ts'
import { Places } from './places.tsx'
import { StepStrip } from './step-strip.tsx'

const explanations: Readonly<Record<WatchedReplica['role'], string>> = {
  serve:
    'Each square is a place of the batch. Amber: a prompt being read, chunk by chunk. Blue: an answer being written, ' +
    'fuller as it goes on. A request that ends frees its place at once, and the next one takes it: the batch never waits ' +
    'for its slowest.',
  prefill:
    'Each square is a prompt. Amber: being read, chunk by chunk. Green: read; its KV cache waits for room on a decode ' +
    'replica and moves there, and keeps its blocks here until it has. No answer is written here, so no prompt waits for one.',
  decode:
    'Each square is a place of the batch. Green: room is kept for a KV cache on its way from a prefill replica. Blue: an ' +
    'answer being written, fuller as it goes on. No prompt is read here, so no answer waits for one.',
}

/** Between steps while playing. */
const playMilliseconds = 250

interface SlowMotionProps {
  readonly answer: SimulateAnswer
  /** Of the watched replica. */
  readonly name: string
}

export function SlowMotion({ answer, name }: SlowMotionProps) {
  const { steps, role } = answer.watched
  const requests = useMemo(() => placed(answer.watched.requests), [answer])
  const [index, setIndex] = useState(0)
  const [playing, setPlaying] = useState(false)
  // The fullest moment within reach of the start is where there is something to see.
  useEffect(() => {
    setIndex(busiest(steps, role))
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
  const members = batchAt(requests, atUs, phasesOf[role])
  const waiting = waitingAt(requests, atUs)
  const preempted = preemptedIn(requests, step.startUs, step.endUs)
  const places = Math.max(...requests.map(({ place }) => place), 0) + 1
  return (
    <>
      <h3>{name.charAt(0).toUpperCase() + name.slice(1)} in slow motion</h3>
      <p class="soft">{explanations[role]}</p>
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
      <Places members={members} places={places} phases={phasesOf[role]} />
      <StepStrip steps={steps} index={index} onGo={go} />
    </>
  )
}

function busiest(steps: readonly WatchedStep[], role: WatchedReplica['role']): number {
  const early = steps.slice(0, 400)
  let best = 0
  for (const [index, step] of early.entries()) {
    // Pools that are apart never do both.
    const mixed = role !== 'serve' || (step.prefillTokens > 0 && step.decodeSequences > 0)
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
