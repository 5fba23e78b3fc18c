/**
 * vLLM V1: one token budget for prompts and answers; running sequences go first, in order of admission; prompts are computed
 * in chunks beside them; when blocks run out the sequence admitted last (or of lowest priority) is preempted and recomputed
 * later; waiting ones are admitted only in steps without preemption and only if their whole prompt fits.
 * Rules: vllm/v1/core/sched/scheduler.py, Scheduler.schedule() (read at 00024d31) and scheduler_reserve_full_isl (default
 * true as recorded by vLLM 0.19.0 in its resolved configuration).
 * Left out: the one-step lookahead of asynchronous scheduling, encoder inputs, LoRA limits, structured output.
 */
import type { Rank } from './rank.ts'
import { isDecoding, type Sequence, totalTokens } from './sequence.ts'
import type { EngineEvent } from './types.ts'

export function planVllm(rank: Rank, nowUs: number, out: EngineEvent[]): void {
  const { settings } = rank
  const rules = settings.rules
  const threshold = rules.engine === 'vllm' ? rules.longPrefillTokenThreshold : 0
  const byPriority = rules.engine === 'vllm' && rules.policy === 'priority'
  let budget = settings.tokenBudget * settings.pipelineStages
  let preempted = false
  let prompts = false

  for (let index = 0; index < rank.running.length && budget > 0; index++) {
    const sequence = rank.running[index]!
    const decoding = isDecoding(sequence)
    let tokens = decoding ? 1 + rank.draftTokens : totalTokens(sequence) - sequence.computed
    if (threshold > 0) tokens = Math.min(tokens, threshold)
    if (decoding && budget < tokens) break
    tokens = Math.min(tokens, budget)
    let granted = rank.grow(sequence, tokens)
    while (!granted) {
      preempted = true
      const victim = byPriority ? lowestPriority(rank.running) : rank.running[rank.running.length - 1]!
      const position = rank.running.indexOf(victim)
      rank.running.splice(position, 1)
      const planned = rank.batch.indexOf(victim)
      if (planned >= 0) {
        budget += rank.batchTokens[planned]!
        rank.batch.splice(planned, 1)
        rank.batchTokens.splice(planned, 1)
        index--
      }
      rank.preempt(victim, nowUs, out)
      if (victim === sequence) break
      granted = rank.grow(sequence, tokens)
    }
    if (!granted) break
    rank.batch.push(sequence)
    rank.batchTokens.push(tokens)
    budget -= tokens
    if (!decoding) prompts = true
  }

  let stable = true
  if (!preempted) {
    while (rank.waiting.size > 0 && budget > 0) {
      if (rank.running.length + rank.loading.length >= settings.maximumSequences) break
      const sequence = rank.waiting.peek()!
      const hit = rank.lookup(sequence)
      const total = totalTokens(sequence)
      const start = rank.startTokens(sequence, hit)
      let tokens = rank.firstTokens(sequence, start)
      if (threshold > 0) tokens = Math.min(tokens, threshold)
      tokens = Math.min(tokens, budget)
      if (tokens < rank.firstTokens(sequence, start) && rank.startsDecoding(sequence, start)) break
      if (!rank.fits(sequence, hit, Math.max(total, start + tokens))) break
      sequence.blocks = rank.open(sequence, hit, start + tokens)
      if (sequence.blocks === null) break
      rank.waiting.shift()
      stable = false
      if (!rank.admit(sequence, hit, nowUs, out)) continue
      rank.batch.push(sequence)
      rank.batchTokens.push(tokens)
      budget -= tokens
      if (!isDecoding(sequence)) prompts = true
    }
  }
  // With waiting ones refused for good (limit or blocks) the next decode steps are planned alike until something ends.
  rank.decodeOnly = !prompts && stable && !preempted && rank.batch.length === rank.running.length
}

function lowestPriority(running: readonly Sequence[]): Sequence {
  let victim = running[0]!
  for (const sequence of running) {
    const { priority } = sequence.request
    if (priority > victim.request.priority) victim = sequence
    else if (priority === victim.request.priority && sequence.order > victim.order) victim = sequence
  }
  return victim
}
