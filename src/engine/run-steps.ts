/** What the steps of a run do when they end: tokens are emitted, blocks committed, whoever is complete leaves. */
import { assert } from '../core/assert.ts'
import type { Rank } from './rank.ts'
import { emitted, isDecoding, type Sequence, tokensToEmit, tokenUnit, totalTokens } from './sequence.ts'
import type { SequenceBook } from './sequence-book.ts'
import { decayNewTokenRatio, initialNewTokenRatio } from './sglang-scheduler.ts'
import { runJoules, type StepRun, stepEndUs } from './step-run.ts'
import type { EngineEvent, StepTimer } from './types.ts'

/** Whose steps they are. */
export interface StepOwner {
  readonly ranks: readonly Rank[]
  readonly timer: StepTimer
  readonly book: SequenceBook
}

/** Applies steps done + 1 to k of the run, and tells of them. */
export function applySteps(owner: StepOwner, run: StepRun, k: number, out: EngineEvent[]): void {
  const count = k - run.done
  if (count <= 0) return
  const { ranks } = owner
  const startUs = run.done === 0 ? run.startUs : stepEndUs(run, run.done)
  const atUs = stepEndUs(run, k)
  let outputTokens = 0
  for (const rank of ranks) outputTokens += applyToRank(owner.book, rank, run, count, atUs, out)
  const joules = runJoules(run, k) - runJoules(run, run.done)
  run.done = k
  const last = k === run.steps
  const delayJoules = last ? run.delayUs * 1e-6 * owner.timer.idleWatts : 0
  let waiting = 0
  let running = 0
  let used = 0
  for (const rank of ranks) {
    waiting += rank.waiting.size
    running += rank.running.length
    used += 1 - rank.cache.freeBlocks() / rank.cache.totalBlocks
  }
  out.push({
    kind: 'steps',
    startUs,
    atUs,
    steps: count,
    firstStepUs: stepEndUs(run, run.done - count + 1) - startUs,
    decodeSequences: run.decodeSequences,
    prefillTokens: run.prefillTokens * count,
    outputTokens,
    joules: joules + delayJoules,
    prefillUs: (atUs - startUs) * run.prefillShare,
    waiting,
    running,
    cacheUse: used / ranks.length,
  })
}

/** Tokens and cache of one rank after `count` more steps of the run, at atUs; returns the tokens emitted. */
function applyToRank(
  book: SequenceBook,
  rank: Rank,
  run: StepRun,
  count: number,
  atUs: number,
  out: EngineEvent[],
): number {
  let outputTokens = 0
  let ends = 0
  const { batch, batchTokens } = rank
  for (let index = 0; index < batch.length; index++) {
    const sequence = batch[index]!
    if (sequence.state !== 'running') continue
    const before = emitted(sequence)
    if (isDecoding(sequence)) {
      const limit = tokensToEmit(sequence) * tokenUnit
      // The first step of a run was granted its blocks when it was planned.
      if (count > 1 || run.done > 0) {
        const gained = (count - 1) * rank.unitsPerStep
        const tokens =
          sequence.request.inputTokens +
          Math.floor((sequence.emittedUnits + gained) / tokenUnit) +
          rank.draftTokens
        const granted = rank.cache.grow(sequence.blocks!, tokens)
        assert(granted, 'a run was planned for which blocks do not suffice')
      }
      sequence.emittedUnits = Math.min(limit, sequence.emittedUnits + count * rank.unitsPerStep)
      sequence.computed = totalTokens(sequence) - 1
      rank.cache.commit(sequence.blocks!, sequence.computed, true)
    } else {
      sequence.computed += batchTokens[index]!
      rank.cache.commit(sequence.blocks!, sequence.computed)
      rank.setPending(sequence, totalTokens(sequence) - sequence.computed)
      if (sequence.computed < totalTokens(sequence)) continue
      // The end of the prompt samples one token, speculation or not.
      sequence.emittedUnits = Math.floor(sequence.emittedUnits / tokenUnit) * tokenUnit + tokenUnit
    }
    outputTokens += emitted(sequence) - before
    if (!sequence.firstTokenTold && before === 0) {
      sequence.firstTokenTold = true
      if (sequence.request.role !== 'prefill')
        out.push({ kind: 'first-token', requestId: sequence.request.id, atUs })
    }
    if (emitted(sequence) >= tokensToEmit(sequence)) ends++
  }
  const { rules } = rank.settings
  if (rules.engine === 'sglang' && rank.decodeOnly && (count > 1 || run.done > 0)) {
    const decays = run.done > 0 ? count : count - 1
    decayNewTokenRatio(rank, decays, initialNewTokenRatio(rules.conservativeness))
  }
  if (ends > 0) endComplete(book, rank, atUs, out)
  return outputTokens
}

/** Sequences that have all their tokens leave the batch. */
function endComplete(book: SequenceBook, rank: Rank, atUs: number, out: EngineEvent[]): void {
  const complete: Sequence[] = []
  const staying: Sequence[] = []
  for (const sequence of rank.running) {
    if (emitted(sequence) >= tokensToEmit(sequence)) complete.push(sequence)
    else staying.push(sequence)
  }
  rank.running = staying
  rank.batchIsFull = false
  for (const sequence of complete) {
    if (sequence.request.role !== 'prefill') {
      book.end(sequence, 'served', '', atUs, out)
      continue
    }
    sequence.state = 'held'
    rank.held.set(sequence.request.id, sequence)
    out.push({
      kind: 'prefilled',
      requestId: sequence.request.id,
      atUs,
      cacheTokens: sequence.request.inputTokens,
    })
  }
}
