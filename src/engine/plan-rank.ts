/** The next step of one rank by the rules of its engine. */
import type { Rank } from './rank.ts'
import { planSglang } from './sglang-scheduler.ts'
import { planTrtllm } from './trtllm-scheduler.ts'
import type { EngineEvent } from './types.ts'
import { planVllm } from './vllm-scheduler.ts'

export function planRank(rank: Rank, nowUs: number, out: EngineEvent[]): void {
  switch (rank.settings.rules.engine) {
    case 'vllm':
      planVllm(rank, nowUs, out)
      break
    case 'sglang':
      planSglang(rank, nowUs, out)
      break
    case 'trtllm':
      planTrtllm(rank, nowUs, out)
      break
  }
}
