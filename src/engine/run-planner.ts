/** From planned batches to a run of steps with times and joules: asks the timer for the run's first and last step. */
import { assert } from '../core/assert.ts'
import type { Rank } from './rank.ts'
import { tokenUnit } from './sequence.ts'
import { type StepRun, stepAt, stepEndUs } from './step-run.ts'
import type { RankWork, StepCost, StepTimer } from './types.ts'

/** A run longer than this is cut: nobody waits for more, and durations stay exact in doubles. */
const longestRun = 1_000_000

export class RunPlanner {
  /** Steps take so many times as long as the timer says. */
  slowFactor = 1
  readonly #ranks: readonly Rank[]
  readonly #works: readonly RankWork[]
  readonly #timer: StepTimer
  readonly #cost: StepCost = { seconds: 0, joules: 0 }

  constructor(ranks: readonly Rank[], timer: StepTimer) {
    this.#ranks = ranks
    this.#works = ranks.map(rank => rank.work)
    this.#timer = timer
  }

  /** The run that begins at nowUs; `decodeOnly`: further steps would be planned alike until a sequence ends. */
  start(nowUs: number, decodeOnly: boolean, nextLoadUs: number): StepRun {
    let steps = decodeOnly ? longestRun : 1
    let decodeSequences = 0
    let prefillTokens = 0
    for (const rank of this.#ranks) {
      rank.describe()
      if (steps > 1 && rank.batch.length > 0) steps = rank.decodeRun(steps)
      decodeSequences += rank.work.decodeSequences
      for (let chunk = 0; chunk < rank.work.chunks; chunk++) prefillTokens += rank.work.chunkTokens[chunk]!
    }
    const first = this.#price()
    const prefillShare = prefillTokens > 0 ? this.#prefillShare(first.seconds, decodeSequences) : 0
    let slopeUs = 0
    let slopeJoules = 0
    if (steps > 1) {
      for (const rank of this.#ranks) {
        const tokens = (rank.unitsPerStep * (steps - 1)) / tokenUnit
        rank.work.decodeContextTokens += rank.work.decodeSequences * tokens
      }
      const last = this.#price()
      slopeUs = ((last.seconds - first.seconds) * 1e6) / (steps - 1)
      slopeJoules = (last.joules - first.joules) / (steps - 1)
    }
    const run: StepRun = {
      startUs: nowUs,
      steps,
      done: 0,
      // A step takes time: at least one microsecond, or the clock would stand still.
      firstUs: Math.max(1, first.seconds * 1e6),
      slopeUs: Math.max(0, slopeUs),
      firstJoules: first.joules,
      slopeJoules,
      prefillShare,
      delayUs: 0,
      decodeSequences,
      prefillTokens,
    }
    // Tokens from slower tiers join at the first step boundary after they have arrived.
    if (steps > 1 && nextLoadUs < stepEndUs(run, steps)) run.steps = stepAt(run, nextLoadUs)
    return run
  }

  #price(): StepCost {
    const cost = this.#cost
    this.#timer.step(this.#works, cost)
    assert(cost.seconds >= 0 && Number.isFinite(cost.seconds), 'a step takes a finite time')
    return { seconds: cost.seconds * this.slowFactor, joules: cost.joules * this.slowFactor }
  }

  /** Share of a step that its prompts are responsible for: what it takes beyond the same step without them. */
  #prefillShare(seconds: number, decodeSequences: number): number {
    if (decodeSequences === 0 || seconds <= 0) return 1
    const chunks = this.#works.map(work => work.chunks)
    for (const work of this.#works) work.chunks = 0
    const without = this.#price().seconds
    for (const [index, work] of this.#works.entries()) work.chunks = chunks[index]!
    return Math.min(1, Math.max(0, 1 - without / seconds))
  }
}
