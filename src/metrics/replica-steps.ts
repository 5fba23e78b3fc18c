/**
 * What the steps of one engine instance add up to, and the gaps between the tokens they emit. Steps come in order for one
 * instance, but several instances need not be in step with each other.
 *
 * Gaps as steps show them: a sequence that decodes in a step and decoded before waited since the end of that earlier step,
 * so prompt-only steps and stalls in between count. One that starts to decode waited since the last step, which gave it
 * its first token. Gaps that no step shows (a preempted sequence; a cache on its way to a decode pool) are taken as one step
 * or left out; TPOT has them in full.
 */
import type { Distribution } from './distribution.ts'
import { interTokenLatencyMs } from './inter-token-latency.ts'
import { microsecondsPerSecond } from './time-units.ts'

/** What an engine instance holds. */
export interface ReplicaState {
  readonly waiting: number
  readonly running: number
  /** Share of cache blocks in use. */
  readonly cacheUse: number
}

/** How an engine instance works, as far as its steps do not tell. */
export interface StepFacts {
  /** Tokens a decoding sequence gains a step: 1 without speculation. */
  readonly tokensPerSequence: number
  /**
   * Its sequences come from a prefill pool: what lies before their first step here is not shown by steps of this
   * instance, so that step adds no gap.
   */
  readonly handedOver: boolean
}

/** Equal steps in a row of one engine instance, and its state after them; an engine's `steps` event is one. */
export interface StepsSample extends ReplicaState {
  readonly startUs: number
  readonly atUs: number
  readonly steps: number
  readonly decodeSequences: number
  readonly prefillTokens: number
  readonly outputTokens: number
  readonly joules: number
  readonly prefillUs: number
}

/** Totals of one engine instance. */
export interface ReplicaUsage {
  readonly replica: number
  readonly steps: number
  /** Time in which a step ran, and in steps added up: more where pipeline stages overlap. */
  readonly busySeconds: number
  readonly stepSeconds: number
  /** The part of stepSeconds that is due to prompts. */
  readonly prefillSeconds: number
  readonly prefillTokens: number
  readonly outputTokens: number
  /** In steps, without idle power. */
  readonly stepJoules: number
}

export class ReplicaSteps {
  /** Up to when its levels have been told; NaN before the first. For RunMetrics. */
  toldUs = Number.NaN
  /** State after the last step, or as set since. */
  waiting = 0
  running = 0
  cacheUse = 0
  facts: StepFacts = { tokensPerSequence: 1, handedOver: false }
  /** Power while no step runs, and since when no step has; for RunMetrics. */
  idleWatts = 0
  idleFromUs = 0
  #steps = 0
  #busyUs = 0
  #stepUs = 0
  #prefillUs = 0
  #prefillTokens = 0
  #outputTokens = 0
  #joules = 0
  /** Ends of the last step and of the last one that decoded; Infinity before the first: no pause since. */
  #endedUs = Number.POSITIVE_INFINITY
  #decodedUs = Number.POSITIVE_INFINITY
  /** Sequences that decoded in it and may go on. */
  #goingOn = 0

  /** Adds steps, and their gaps to `gaps`. */
  add(sample: StepsSample, gaps: Distribution): void {
    const durationUs = sample.atUs - sample.startUs
    if (sample.decodeSequences > 0) this.#addGaps(sample, durationUs / sample.steps, gaps)
    this.#steps += sample.steps
    const overlapUs = this.#endedUs < sample.atUs ? Math.max(0, this.#endedUs - sample.startUs) : 0
    this.#busyUs += durationUs - overlapUs
    this.#stepUs += durationUs
    this.#prefillUs += sample.prefillUs
    this.#prefillTokens += sample.prefillTokens
    this.#outputTokens += sample.outputTokens
    this.#joules += sample.joules
    this.#endedUs = sample.atUs
    this.idleFromUs = sample.atUs
    if (sample.decodeSequences > 0) {
      this.#decodedUs = sample.atUs
      this.#goingOn = sample.decodeSequences
    }
    this.setState(sample)
  }

  /** What it holds now; who no longer runs does not go on. */
  setState(state: ReplicaState): void {
    this.waiting = state.waiting
    this.running = state.running
    this.cacheUse = state.cacheUse
    this.#goingOn = Math.min(this.#goingOn, state.running)
  }

  #addGaps(sample: StepsSample, stepUs: number, gaps: Distribution): void {
    const { decodeSequences, steps, startUs } = sample
    const { tokensPerSequence, handedOver } = this.facts
    const known = Math.min(this.#goingOn, decodeSequences)
    const started = handedOver ? 0 : decodeSequences - known
    // Pipeline stages overlap: a step may begin before the last one ended, its sequences waited one step.
    const knownPauseUs = known > 0 ? Math.max(0, startUs - this.#decodedUs) : 0
    const startedPauseUs = started > 0 && this.running > 0 ? Math.max(0, startUs - this.#endedUs) : 0
    const add = (gapUs: number, count: number) =>
      gaps.add(interTokenLatencyMs(gapUs, tokensPerSequence), count)
    // Back to back, as most steps are, all gaps are alike: one entry instead of three.
    if (knownPauseUs + startedPauseUs === 0) add(stepUs, decodeSequences * (steps - 1) + known + started)
    else {
      add(stepUs + knownPauseUs, known)
      add(stepUs + startedPauseUs, started)
      add(stepUs, decodeSequences * (steps - 1))
    }
  }

  usage(replica: number): ReplicaUsage {
    return {
      replica,
      steps: this.#steps,
      busySeconds: this.#busyUs / microsecondsPerSecond,
      stepSeconds: this.#stepUs / microsecondsPerSecond,
      prefillSeconds: this.#prefillUs / microsecondsPerSecond,
      prefillTokens: this.#prefillTokens,
      outputTokens: this.#outputTokens,
      stepJoules: this.#joules,
    }
  }
}
