/**
 * Which attention-data-parallel rank a request goes to. vLLM's coordinator: 4 × waiting + running, the least
 * (DPLBAsyncMPClient, from memory). SGLang's controller goes round (load_balance_method round_robin). TensorRT-LLM is taken
 * as the least running and waiting (assumed). Ties go round.
 */
import type { Rank } from './rank.ts'
import type { SchedulerRules } from './settings.ts'

/** @param turn submissions so far */
export function chooseRank(ranks: readonly Rank[], rules: SchedulerRules, turn: number): number {
  const count = ranks.length
  if (count === 1) return 0
  const start = turn % count
  if (rules.engine === 'sglang') return start
  const weight = rules.engine === 'vllm' ? 4 : 1
  let best = start
  let least = Number.POSITIVE_INFINITY
  for (let step = 0; step < count; step++) {
    const index = (start + step) % count
    const rank = ranks[index]!
    const score = weight * rank.waiting.size + rank.running.length + rank.loading.length
    if (score < least) {
      least = score
      best = index
    }
  }
  return best
}
