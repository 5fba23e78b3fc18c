/**
 * What a replica of the twin will do with one more request, for routers and admission: TTFT, TPOT and dollars from the step
 * times of its own pool and from what a router sees of it (requests waiting and running, prompt tokens to compute). Nothing
 * of the future is known: who comes next, how long answers will be. Equations: docs/models/routing.md#predictions-in-the-twin.
 */
import type { EngineSettings } from '../engine/settings.ts'
import type { StepTimer } from '../engine/types.ts'
import type { PoolSettings } from '../fleet/types.ts'
import type { RequestShape } from '../perf/deployment.ts'
import type { CandidateEstimate, CandidateState } from '../routing/types.ts'
import { type MeanRequest, stepBudget, stepTables } from './replica-estimate-tables.ts'

export interface EstimateInput {
  readonly role: PoolSettings['role']
  readonly engine: EngineSettings
  readonly timer: StepTimer
  /** Mean lengths of the workload. */
  readonly shape: RequestShape
  readonly usdPerReplicaHour: number
  /** Prefill pools: from the end of the prompt to the first token. */
  readonly handoff: Handoff | null
}

export interface Handoff {
  /** Fixed, and per prompt token, with the links to itself. */
  readonly seconds: number
  readonly secondsPerToken: number
  /** Of one decode step: the first token is told after it. */
  readonly decodeSeconds: number
}

/** The same pools; their replicas predict. */
export function withEstimates(pools: readonly PoolSettings[], shape: RequestShape): PoolSettings[] {
  const decode = pools.find(({ role }) => role === 'decode')
  return pools.map(pool => {
    const { role, engine, usdPerReplicaHour, handoffSeconds, cacheBytesPerToken, linkBytesPerSecond } = pool
    const handoff: Handoff | null =
      role !== 'prefill'
        ? null
        : {
            seconds: handoffSeconds,
            secondsPerToken: cacheBytesPerToken / linkBytesPerSecond,
            decodeSeconds: decode === undefined ? 0 : firstDecodeSeconds(decode, shape),
          }
    return {
      ...pool,
      estimate: replicaEstimate({ role, engine, timer: pool.timer(), shape, usdPerReplicaHour, handoff }),
    }
  })
}

/** From the arrival of a cache to the first token of a request that decodes alone. */
function firstDecodeSeconds({ engine, timer }: PoolSettings, shape: RequestShape): number {
  const own = timer()
  return (1 + own.firstTokenLagSteps) * stepTables(engine, own, meanRequest(shape)).seconds(1, 0)
}

function meanRequest({ inputTokens, cachedTokens, outputTokens }: RequestShape): MeanRequest {
  const uncachedTokens = Math.max(1, inputTokens - cachedTokens)
  return {
    uncachedTokens,
    cachedTokens: inputTokens - uncachedTokens,
    outputTokens: Math.max(1, outputTokens),
  }
}

/**
 * Predictions for every replica of a pool. Pure, and shared by them; 0.1 to 0.5 µs a question. TTFT in milliseconds from the moment it is sent; TPOT in milliseconds, 0 for prefill pools, which
 * do not decode; dollars of the engine time it takes.
 */
export function replicaEstimate(input: EstimateInput): CandidateEstimate {
  const { role, engine, timer, usdPerReplicaHour, handoff } = input
  const { ranks } = engine
  const mean = meanRequest(input.shape)
  const tables = stepTables(engine, timer, mean)
  const budget = stepBudget(engine)
  const slots = runningLimit(engine, mean)
  const tokensPerStep = engine.speculation?.tokensPerStep ?? 1
  const usdPerSecond = usdPerReplicaHour / 3600
  // SGLang computes prompts in steps of their own unless it mixes chunks; decoding stands still meanwhile.
  const mixes = engine.rules.engine !== 'sglang' || engine.rules.mixedChunk
  const serial = timer.ingressSerialShare ?? 0
  const noTokensSeconds = timer.ingressSeconds(0)
  const typicalChunk = Math.min(mean.uncachedTokens, budget)
  const stepsOfAnswer = mean.outputTokens / tokensPerStep
  // A first token that is handed over late leaves less time for the others: what clients measure as TPOT is shorter.
  const lag = timer.firstTokenLagSteps
  const countedShare = stepsOfAnswer > 1 + lag ? (stepsOfAnswer - 1 - lag) / (stepsOfAnswer - 1) : 0
  const tpotShare = (1000 * (role === 'prefill' ? 0 : countedShare)) / tokensPerStep

  /** A decode step without prompts, of so many requests in all. */
  const aloneSeconds = (requests: number): number => tables.seconds(Math.max(1, requests / ranks), 0)

  /** A decode step with the prompts that it meets on average when as many come as go. */
  const steadyStepSeconds = (requests: number): number => {
    const perRank = Math.max(1, requests / ranks)
    const alone = aloneSeconds(requests)
    const extra = tables.seconds(mixes ? perRank : 0, typicalChunk) - (mixes ? alone : 0)
    const others = Math.max(0, requests - 1) / ranks
    const chunks = (others * mean.uncachedTokens) / (stepsOfAnswer * typicalChunk)
    // The slowest rank is the barrier: one prompt on any of them holds up all.
    return alone + extra * (chunks < 1 ? 1 - (1 - chunks) ** ranks : chunks)
  }

  /** Steps that compute one prompt, beside so many decoding sequences. */
  const promptSeconds = (decoding: number, tokens: number, past: number): number => {
    const room = mixes ? Math.max(1, budget - decoding) : budget
    const whole = Math.floor(tokens / room)
    const rest = tokens - whole * room
    let seconds = 0
    if (whole > 0)
      seconds +=
        whole * (tables.seconds(decoding, room) + tables.pastSeconds(room, past + ((whole - 1) / 2) * room))
    if (rest > 0) seconds += tables.seconds(decoding, rest) + tables.pastSeconds(rest, past + whole * room)
    return seconds
  }

  /** Requests that run with one more, itself included. */
  const requestsWith = (state: CandidateState): number => Math.min(slots, state.running + state.waiting + 1)

  /** Of the step under way: half of it is over on average. */
  const restOfStepSeconds = ({ running, pendingPromptTokens }: CandidateState, decoding: number): number => {
    const pending = pendingPromptTokens / ranks
    if (running === 0 && pending === 0) return 0
    const tokens = Math.min(pending, mixes ? Math.max(1, budget - decoding) : budget)
    return tables.seconds(tokens > 0 && !mixes ? 0 : decoding, tokens) / 2
  }

  /** Until its prompt's turn comes: the step under way, prompts before it, a free place. */
  const waitSeconds = (state: CandidateState, decoding: number, rest: number): number => {
    const room = mixes ? Math.max(1, budget - decoding) : budget
    const steps = state.pendingPromptTokens / ranks / room
    // What the step under way computes still counts as pending.
    const prompts = steps * tables.fullSeconds(mixes ? decoding : 0) - rest
    const excess = state.running + state.waiting + 1 - slots
    const places = excess > 0 ? (excess / slots) * stepsOfAnswer * steadyStepSeconds(slots) : 0
    return Math.max(rest, prompts, places)
  }

  /** A front end that serves one at a time has those before it: as many as wait, were they all there. */
  const frontEndSeconds = ({ waiting, pendingPromptTokens }: CandidateState, inputTokens: number): number => {
    const own = timer.ingressSeconds(inputTokens)
    if (serial === 0 || waiting === 0) return own
    return own + serial * (timer.ingressSeconds(pendingPromptTokens) + (waiting - 1) * noTokensSeconds)
  }

  /** From the end of the prompt's last step: steps that others' prompts, which came meanwhile, make longer. */
  const lagSeconds = (requests: number, decoding: number, sinceSeconds: number): number => {
    if (lag === 0) return 0
    const alone = aloneSeconds(requests)
    const steady = steadyStepSeconds(requests)
    const behind = (1 - alone / steady) * sinceSeconds
    const most = Math.max(steady, tables.fullSeconds(mixes ? decoding : 0))
    const first = Math.min(1, lag)
    return first * Math.min(most, alone + behind) + (lag - first) * steady
  }

  return {
    ttftMs(state, inputTokens, cachedTokens) {
      const cached = role === 'decode' ? inputTokens - 1 : Math.min(cachedTokens, inputTokens - 1)
      const decoding = mixes ? Math.min(state.running, slots) / ranks : 0
      const requests = requestsWith(state)
      const rest = restOfStepSeconds(state, Math.min(state.running, slots) / ranks)
      const before = Math.max(frontEndSeconds(state, inputTokens), waitSeconds(state, decoding, rest))
      // Who comes before the step under way ends is packed into the same step, up to its budget.
      const promptShare = 1 - aloneSeconds(requests) / steadyStepSeconds(requests)
      const prompt = promptSeconds(decoding, inputTokens - cached, cached) + promptShare * rest
      const after =
        handoff === null
          ? lagSeconds(requests, decoding, before + prompt)
          : handoff.seconds + handoff.secondsPerToken * inputTokens + handoff.decodeSeconds
      return 1000 * (before + prompt + after)
    },
    tpotMs(state) {
      return tpotShare * steadyStepSeconds(requestsWith(state))
    },
    marginalUsd(state, inputTokens, cachedTokens, outputTokens) {
      const cached = role === 'decode' ? inputTokens - 1 : Math.min(cachedTokens, inputTokens - 1)
      const requests = requestsWith(state)
      const decoding = mixes ? (requests - 1) / ranks : 0
      const tokens = inputTokens - cached
      // What the prompt adds to steps that decode anyway; a rank's prompt holds up every rank.
      const steps = Math.ceil(tokens / Math.max(1, budget - decoding))
      const prompt = promptSeconds(decoding, tokens, cached) - steps * tables.seconds(decoding, 0)
      const answer =
        role === 'prefill' ? 0 : ((outputTokens / tokensPerStep) * aloneSeconds(requests)) / requests
      return usdPerSecond * (Math.max(0, prompt) + answer)
    },
  }
}

/** Requests of the mean length that fit into sequence slots and cache. */
function runningLimit(engine: EngineSettings, mean: MeanRequest): number {
  const { ranks, maximumSequences, blocksPerRank, blockTokens } = engine
  const tokensEach = mean.uncachedTokens + mean.cachedTokens + mean.outputTokens / 2
  const byCache = Math.max(1, Math.floor((blocksPerRank * blockTokens) / tokensEach))
  return ranks * Math.min(maximumSequences, byCache)
}
