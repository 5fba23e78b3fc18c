/**
 * What does a serving engine do with these requests, step by step? Continuous batching by the rules of vLLM, SGLang and
 * TensorRT-LLM over their prefix caches, as a state machine that is told the time.
 * Assumes: step times from whoever makes the timer (perf/, a recording, constants); what docs/models/engine.md lists as left out.
 */
export { createEngine } from './engine.ts'
export type { EngineSettings, SchedulerRules, TierSettings } from './settings.ts'
export { type LinearTimes, linearTimer } from './timers/linear-timer.ts'
export { performanceTimer } from './timers/performance-timer.ts'
export type { Engine, EngineEvent, EngineInput, RankWork, StepCost, StepTimer } from './types.ts'
