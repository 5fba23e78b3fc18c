/** Engine steps of one replica as events of a trace: tracks of steps, and counters of what the engine holds. */
import type { StepsEvent } from '../engine/types.ts'
import { type CounterEvent, mainTrack, type TraceEvent, trackName } from './chrome-trace-event.ts'

export class StepTracks {
  readonly #pid: number
  /** When the last step of each track ends. Pipeline stages overlap, and slices of one track may not. */
  readonly #ends: number[] = []
  #waiting = 0
  #running = 0
  #cachePercent = 0

  constructor(pid: number) {
    this.#pid = pid
  }

  add(event: StepsEvent, out: TraceEvent[]): void {
    const { startUs, atUs } = event
    const dur = atUs - startUs
    out.push({
      ph: 'X',
      name: stepName(event),
      cat: 'step',
      pid: this.#pid,
      tid: mainTrack + this.#trackFrom(startUs, atUs, out),
      ts: startUs,
      dur,
      args: {
        steps: event.steps,
        decodeSequences: event.decodeSequences,
        prefillTokens: event.prefillTokens,
        outputTokens: event.outputTokens,
        joules: rounded(event.joules),
        ...(dur > 0 ? { watts: rounded((event.joules / dur) * 1e6) } : {}),
        waitingAfter: event.waiting,
        runningAfter: event.running,
        cachePercentAfter: percent(event.cacheUse),
      },
    })
    this.count(atUs, event.waiting, event.running, event.cacheUse, out)
  }

  /** What the engine holds from atUs on. */
  count(atUs: number, waiting: number, running: number, cacheUse: number, out: TraceEvent[]): void {
    if (waiting !== this.#waiting || running !== this.#running)
      out.push(this.#counter('requests', atUs, { waiting, running }))
    const cachePercent = percent(cacheUse)
    if (cachePercent !== this.#cachePercent)
      out.push(this.#counter('cache in use', atUs, { percent: cachePercent }))
    this.#waiting = waiting
    this.#running = running
    this.#cachePercent = cachePercent
  }

  #counter(name: string, ts: number, args: CounterEvent['args']): CounterEvent {
    return { ph: 'C', name, pid: this.#pid, tid: mainTrack, ts, args }
  }

  /** The first track that is free from startUs on. */
  #trackFrom(startUs: number, endUs: number, out: TraceEvent[]): number {
    const free = this.#ends.findIndex(end => end <= startUs)
    const track = free < 0 ? this.#ends.length : free
    if (free < 0) {
      const name = track === 0 ? 'engine steps' : `engine steps, overlapping ${track}`
      out.push(...trackName(this.#pid, mainTrack + track, name))
    }
    this.#ends[track] = endUs
    return track
  }
}

function stepName({ prefillTokens, decodeSequences }: StepsEvent): string {
  if (prefillTokens === 0) return 'decode'
  return decodeSequences === 0 ? 'prefill' : 'prefill + decode'
}

/** Six digits tell all there is to know of joules and watts, and keep files small. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}

/** Hundredths of a per cent: finer changes of a cache are not worth an event. */
function percent(share: number): number {
  return Math.round(share * 10_000) / 100
}
