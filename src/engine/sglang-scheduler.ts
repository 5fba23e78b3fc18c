/**
 * SGLang: prompts go before answers. While waiting prompts fit, a step computes prompts only (up to the chunk size; one
 * prompt at a time may be cut into chunks); otherwise all running sequences decode. Admission reserves a share
 * (new_token_ratio) of the tokens that running ones may still emit; the share decays while all goes well and jumps up when
 * memory runs out and sequences with the fewest tokens are retracted.
 * Rules: sglang/srt/managers/schedule_policy.py (PrefillAdder, read at 00550cd1), schedule_batch.py (retract_decode), and
 * the constants of environ.py: SGLANG_INIT_NEW_TOKEN_RATIO 0.7, MIN_NEW_TOKEN_RATIO_FACTOR 0.14, DECAY_STEPS 600,
 * RETRACT_DECODE_STEPS 20, CLIP_MAX_NEW_TOKENS_ESTIMATION 4096. retract_decode's order is from memory.
 * Left out: overlap scheduling, prefill delayer, sliding-window and state pools of their own.
 */
import type { Rank } from './rank.ts'
import { emitted, isDecoding, type Sequence, tokensToEmit, totalTokens } from './sequence.ts'
import type { EngineEvent } from './types.ts'

const initialRatio = 0.7
const minimumFactor = 0.14
const decaySteps = 600
const retractSteps = 20
const clipTokens = 4096
/** Longest-prefix-first is switched off for queues longer than this (SchedulePolicy._determine_active_policy). */
const longestPrefixQueueLimit = 128

export function initialNewTokenRatio(conservativeness: number): number {
  return Math.min(1, initialRatio * conservativeness)
}

export function planSglang(rank: Rank, nowUs: number, out: EngineEvent[]): void {
  const rules = rank.settings.rules
  const mixed = rules.engine === 'sglang' && rules.mixedChunk
  const conservativeness = rules.engine === 'sglang' ? rules.conservativeness : 1
  if (planPrompts(rank, nowUs, out, rules.engine === 'sglang' ? rules.policy : 'fcfs', mixed)) {
    if (mixed) addDecodes(rank, nowUs, out, conservativeness)
    return
  }
  addDecodes(rank, nowUs, out, conservativeness)
  rank.decodeOnly =
    rank.batch.length > 0 && rank.batch.length === rank.running.length && rank.batch.every(isDecoding)
}

/** A prefill batch; false when none can be formed. */
function planPrompts(
  rank: Rank,
  nowUs: number,
  out: EngineEvent[],
  policy: 'fcfs' | 'lpm',
  mixed: boolean,
): boolean {
  if (rank.chunked === null && (rank.batchIsFull || rank.waiting.size === 0)) return false
  const { settings, cache } = rank
  const blockTokens = settings.blockTokens
  let chunkBudget = settings.tokenBudget * settings.pipelineStages
  if (mixed) chunkBudget = Math.max(0, chunkBudget - rank.running.length)
  /** Tokens promised to running sequences and to those admitted in this very step. */
  let promised = 0
  for (const sequence of rank.running) {
    if (sequence === rank.chunked) continue
    promised += Math.min(left(sequence), clipTokens) * rank.newTokenRatio
  }
  const remaining = () => cache.freeBlocks() * blockTokens - promised

  const continued = rank.chunked
  if (continued !== null) {
    const wanted = totalTokens(continued) - continued.computed
    const tokens = Math.min(wanted, chunkBudget)
    if (tokens > 0 && rank.grow(continued, tokens)) {
      rank.batch.push(continued)
      rank.batchTokens.push(tokens)
      chunkBudget -= tokens
      if (tokens === wanted) {
        rank.chunked = null
        promised += Math.min(left(continued), clipTokens)
      }
    }
  }
  if (policy === 'lpm' && rank.waiting.size > 1 && rank.waiting.size <= longestPrefixQueueLimit) {
    rank.waiting.sortBy(sequence => {
      const hit = rank.lookup(sequence)
      return -(hit.deviceTokens + hit.hostTokens + hit.diskTokens)
    })
  }
  while (!rank.batchIsFull && rank.waiting.size > 0 && rank.chunked === null && chunkBudget > 0) {
    if (rank.running.length + rank.loading.length >= settings.maximumSequences) {
      rank.batchIsFull = true
      break
    }
    const sequence = rank.waiting.peek()!
    const hit = rank.lookup(sequence)
    const start = rank.startTokens(sequence, hit)
    const wanted = rank.firstTokens(sequence, start)
    const toCome = Math.min(left(sequence), clipTokens)
    const tokens = Math.min(wanted, chunkBudget)
    if (tokens < wanted && rank.startsDecoding(sequence, start)) break
    const whole = tokens === wanted
    // Taking the prefix makes its idle blocks unavailable to others: fits() counts that.
    const needed = totalTokens(sequence) + toCome
    const room = wanted + toCome + blockTokens < remaining() && rank.fits(sequence, hit, needed)
    // An empty engine takes whatever fits now: nothing could ever make more room.
    const alone = rank.running.length === 0 && rank.loading.length === 0 && rank.batch.length === 0
    if (!room && !(alone && rank.fits(sequence, hit, totalTokens(sequence)))) {
      rank.batchIsFull = true
      break
    }
    const blocks = rank.open(sequence, hit, start + tokens)
    if (blocks === null) {
      rank.batchIsFull = true
      break
    }
    sequence.blocks = blocks
    rank.waiting.shift()
    if (!rank.admit(sequence, hit, nowUs, out)) continue
    rank.batch.push(sequence)
    rank.batchTokens.push(tokens)
    chunkBudget -= tokens
    if (whole) promised += toCome
    else rank.chunked = sequence
  }
  return rank.batch.length > 0
}

/** All running sequences decode one step; retracts until their tokens fit. */
function addDecodes(rank: Rank, nowUs: number, out: EngineEvent[], conservativeness: number): void {
  const decoding = rank.running.filter(
    sequence => sequence !== rank.chunked && !rank.batch.includes(sequence) && isDecoding(sequence),
  )
  if (decoding.length === 0) {
    takeLoaded(rank)
    return
  }
  const tokens = 1 + rank.draftTokens
  const needed = () =>
    decoding.reduce(
      (sum, sequence) => sum + rank.cache.blocksNeeded(sequence.blocks!, sequence.computed + tokens),
      0,
    )
  let retracted = false
  while (decoding.length > 1 && needed() > rank.cache.freeBlocks()) {
    const victim = retractionVictim(decoding)
    decoding.splice(decoding.indexOf(victim), 1)
    rank.running.splice(rank.running.indexOf(victim), 1)
    rank.preempt(victim, nowUs, out)
    rank.batchIsFull = false
    retracted = true
  }
  if (needed() > rank.cache.freeBlocks()) {
    // The only one left and a chunked prompt or a load holds the rest: it waits for that to end, or starts anew.
    const last = decoding.pop()!
    rank.running.splice(rank.running.indexOf(last), 1)
    rank.preempt(last, nowUs, out)
    rank.batchIsFull = false
    return
  }
  const initial = initialNewTokenRatio(conservativeness)
  if (retracted) {
    let done = 0
    let wanted = 0
    for (const sequence of decoding) {
      done += emitted(sequence)
      wanted += tokensToEmit(sequence)
    }
    rank.newTokenRatio = Math.min(1, (done + retractSteps * decoding.length) / wanted)
  }
  for (const sequence of decoding) {
    rank.grow(sequence, tokens)
    rank.batch.push(sequence)
    rank.batchTokens.push(tokens)
  }
  if (!retracted) decayNewTokenRatio(rank, 1, initial)
}

/** One decay per decode step; called again for steps that are skipped over. */
export function decayNewTokenRatio(rank: Rank, steps: number, initial: number): void {
  const minimum = initial * minimumFactor
  rank.newTokenRatio = Math.max(minimum, rank.newTokenRatio - (steps * (initial - minimum)) / decaySteps)
}

/** Sequences back from slower tiers compute the rest of their prompt. */
function takeLoaded(rank: Rank): void {
  let budget = rank.settings.tokenBudget * rank.settings.pipelineStages
  for (const sequence of rank.running) {
    if (budget <= 0 || rank.batch.includes(sequence) || isDecoding(sequence)) continue
    const tokens = Math.min(budget, totalTokens(sequence) - sequence.computed)
    if (!rank.grow(sequence, tokens)) continue
    rank.batch.push(sequence)
    rank.batchTokens.push(tokens)
    budget -= tokens
  }
}

/** Fewest emitted tokens first, of those the longest prompt. */
function retractionVictim(decoding: readonly Sequence[]): Sequence {
  let victim = decoding[0]!
  for (const sequence of decoding) {
    const fewer = emitted(sequence) - emitted(victim)
    if (fewer < 0 || (fewer === 0 && sequence.request.inputTokens >= victim.request.inputTokens))
      victim = sequence
  }
  return victim
}

function left(sequence: Sequence): number {
  return Math.max(0, tokensToEmit(sequence) - emitted(sequence))
}
