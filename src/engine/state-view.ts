/** What an engine shows of itself between calls, as of its last planned step: so that drivers that skip steps and those that do not see the same. */
import type { Rank } from './rank.ts'
import { totalTokens } from './sequence.ts'
import type { StepRun } from './step-run.ts'
import type { EngineState } from './types.ts'

export type StateView = { -readonly [Name in keyof EngineState]: EngineState[Name] }

export function emptyState(): StateView {
  return {
    waiting: 0,
    running: 0,
    pendingPromptTokens: 0,
    runningTokens: 0,
    cacheUse: 0,
    preemptions: 0,
  }
}

export function refreshState(state: StateView, ranks: readonly Rank[], run: StepRun | null): void {
  state.waiting = 0
  state.running = 0
  state.pendingPromptTokens = 0
  state.preemptions = 0
  let used = 0
  for (const rank of ranks) {
    state.waiting += rank.waiting.size
    state.running += rank.running.length + rank.loading.length
    state.pendingPromptTokens += rank.pendingPromptTokens
    state.preemptions += rank.preemptions
    used += 1 - rank.cache.freeBlocks() / rank.cache.totalBlocks
  }
  // While a run is under way its growth is not shown: a driver that skips could not know it.
  if (run === null || run.done === 0) state.cacheUse = used / ranks.length
  let tokens = 0
  for (const rank of ranks) for (const sequence of rank.running) tokens += totalTokens(sequence)
  state.runningTokens = tokens
}
