/** A small world for engine tests: settings with few blocks, requests, and a loop that drives one engine in virtual time. */
import type { TokenContent } from '../workload/request.ts'
import { createEngine } from './engine.ts'
import type { EngineSettings } from './settings.ts'
import { constantTimes, linearTimer } from './timers/linear-timer.ts'
import type { Engine, EngineEvent, EngineInput, EngineRequest, StepTimer } from './types.ts'

export const smallSettings: EngineSettings = {
  rules: { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 },
  ranks: 1,
  pipelineStages: 1,
  blocksPerRank: 100,
  blockTokens: 16,
  tokenBudget: 256,
  maximumSequences: 8,
  maximumContextTokens: 4096,
  maximumWaiting: Number.POSITIVE_INFINITY,
  prefixCaching: true,
  tiers: [],
  speculation: null,
  skipEvents: true,
  cacheEvents: false,
}

/** Steps of 10 ms, 20 µs per prompt token, 100 µs per decoding sequence, 10 ns per token of context. */
export const smallTimer: StepTimer = linearTimer({
  ...constantTimes,
  promptTokenSeconds: 20e-6,
  sequenceSeconds: 100e-6,
  contextTokenSeconds: 10e-9,
  busyWatts: 500,
  idleWatts: 100,
})

export function request(
  id: number,
  inputTokens: number,
  outputTokens: number,
  more: Partial<EngineRequest> = {},
): EngineRequest {
  return { id, inputTokens, outputTokens, content: null, priority: 0, role: 'serve', ...more }
}

/** Content whose blocks of 16 tokens are the given ids. */
export function content(...blockIds: readonly number[]): TokenContent {
  return { tokensPerBlock: 16, blockIds }
}

export interface TimedInput {
  readonly atUs: number
  readonly input: EngineInput
}

export function submitAt(atUs: number, submitted: EngineRequest): TimedInput {
  return { atUs, input: { kind: 'submit', request: submitted } }
}

/** Feeds inputs in order of time (before wakes of the same time) until nothing is due; every event in order. */
export function drive(
  settings: EngineSettings,
  inputs: readonly TimedInput[],
  timer: StepTimer = smallTimer,
  afterEach: (engine: Engine) => void = () => {},
): { readonly events: EngineEvent[]; readonly engine: Engine } {
  const engine = createEngine(settings, timer)
  const events: EngineEvent[] = []
  let next = 0
  for (let turn = 0; turn < 1_000_000; turn++) {
    const inputUs = inputs[next]?.atUs ?? Number.POSITIVE_INFINITY
    const engineUs = engine.nextUs()
    if (inputUs === Number.POSITIVE_INFINITY && engineUs === Number.POSITIVE_INFINITY)
      return { events, engine }
    if (inputUs <= engineUs) engine.accept(inputUs, inputs[next++]!.input, events)
    else engine.wake(engineUs, events)
    afterEach(engine)
  }
  throw new Error('the engine does not come to rest')
}

/** Events of one kind. */
export function ofKind<Kind extends EngineEvent['kind']>(
  events: readonly EngineEvent[],
  kind: Kind,
): Extract<EngineEvent, { kind: Kind }>[] {
  return events.filter((event): event is Extract<EngineEvent, { kind: Kind }> => event.kind === kind)
}
