/**
 * TensorRT-LLM in-flight batching: a capacity scheduler decides who may hold cache, a micro-batch scheduler who computes.
 * GUARANTEED_NO_EVICT admits a request only when the blocks that all admitted ones need to their very end leave room for its
 * own; nobody is ever paused. MAX_UTILIZATION admits whoever fits now and pauses the request admitted last when blocks run
 * out. Answers are computed before prompts within max_num_tokens; without chunked context a prompt goes whole or waits.
 * Rules: cpp/tensorrt_llm/batch_manager/capacityScheduler.cpp (read at 02a10fed); the order answers before prompts is that of
 * microBatchScheduler.cpp, from memory.
 * Left out: skipping a request whose prefix an admitted one is about to compute, waits for attention-data-parallel balance,
 * encoder and LoRA limits.
 */
import type { Rank } from './rank.ts'
import { isDecoding, type Sequence, tokensToEmit, totalTokens } from './sequence.ts'
import type { EngineEvent } from './types.ts'

export function planTrtllm(rank: Rank, nowUs: number, out: EngineEvent[]): void {
  const { settings } = rank
  const rules = settings.rules
  const evicts = rules.engine === 'trtllm' && rules.policy === 'max-utilization'
  const chunked = rules.engine === 'trtllm' && rules.chunkedContext
  let budget = settings.tokenBudget * settings.pipelineStages
  let paused = false
  let prompts = false

  const decodeTokens = 1 + rank.draftTokens
  for (let index = 0; index < rank.running.length; index++) {
    const sequence = rank.running[index]!
    if (!isDecoding(sequence)) continue
    let granted = rank.grow(sequence, decodeTokens)
    while (!granted) {
      const victim = rank.running[rank.running.length - 1]!
      rank.running.pop()
      rank.preempt(victim, nowUs, out)
      paused = true
      if (victim === sequence) break
      granted = rank.grow(sequence, decodeTokens)
    }
    if (!granted) break
    rank.batch.push(sequence)
    rank.batchTokens.push(decodeTokens)
    budget -= decodeTokens
  }

  // Prompts under way: those cut into chunks, and those back from slower tiers.
  for (const sequence of rank.running) {
    if (budget <= 0) break
    if (isDecoding(sequence)) continue
    const wanted = totalTokens(sequence) - sequence.computed
    const tokens = Math.min(wanted, budget)
    if (!rank.grow(sequence, tokens)) continue
    rank.batch.push(sequence)
    rank.batchTokens.push(tokens)
    budget -= tokens
    prompts = true
  }

  let stable = true
  let reserved = evicts ? 0 : blocksToEnd(rank)
  while (!paused && rank.waiting.size > 0 && budget > 0) {
    if (rank.running.length + rank.loading.length >= settings.maximumSequences) break
    const sequence = rank.waiting.peek()!
    const hit = rank.lookup(sequence)
    const total = totalTokens(sequence)
    const start = rank.startTokens(sequence, hit)
    const wanted = rank.firstTokens(sequence, start)
    if (!chunked && wanted > budget && rank.batch.length > 0) break
    const tokens = chunked ? Math.min(wanted, budget) : wanted
    if (tokens < wanted && rank.startsDecoding(sequence, start)) break
    if (evicts) {
      if (!rank.fits(sequence, hit, total)) break
    } else {
      const end = endTokens(rank, sequence)
      if (!rank.fits(sequence, hit, end, reserved)) break
      reserved += Math.ceil(end / settings.blockTokens) - Math.ceil((start + tokens) / settings.blockTokens)
    }
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
  rank.decodeOnly = !prompts && stable && !paused && rank.batch.length === rank.running.length
}

/** Tokens a sequence holds at its end: its last token's keys are never computed, drafts may be ahead. */
function endTokens(rank: Rank, sequence: Sequence): number {
  // A prefill pool's part ends with the prompt: no answer, no drafts (as in request-limits.ts).
  if (sequence.request.role === 'prefill') return sequence.request.inputTokens
  return sequence.request.inputTokens + tokensToEmit(sequence) - 1 + rank.draftTokens
}

/** Blocks that those admitted will still take. */
function blocksToEnd(rank: Rank): number {
  let blocks = 0
  for (const sequence of rank.running)
    blocks += rank.cache.blocksNeeded(sequence.blocks!, endTokens(rank, sequence))
  for (const sequence of rank.loading)
    blocks += rank.cache.blocksNeeded(sequence.blocks!, endTokens(rank, sequence))
  return blocks
}
