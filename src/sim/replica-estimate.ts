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
            decodeSeconds: decode === undefined ? 0 : aloneSeconds(decode, shape),
          }
    return {
      ...pool,
      estimate: replicaEstimate({ role, engine, timer: pool.timer(), shape, usdPerReplicaHour, handoff }),
    }
  })
}

/** From the arrival of a cache to the first token of a request that decodes alone. */
function aloneSeconds({ engine, timer }: PoolSettings, shape: RequestShape): number {
  const own = timer()
  return (1 + own.firstTokenLagSteps) * stepTables(engine, own, meanRequest(shape)).seconds(1, 0)
}

function meanRequest({ inputTokens, cachedTokens, outputTokens }: RequestShape): MeanRequest {
  const uncachedTokens = Math.max(1, inputTokens - cachedTokens)
  return { uncachedTokens, cachedTokens: inputTokens - uncachedTokens, outputTokens: Math.max(1, outputTokens) }
}

/**
 * Predictions for every replica of a pool. Pure, and shared by them: about 100 ns a question (benchmarks/routing.ts has
 * what a decision costs). TTFT in milliseconds from the moment it is sent; TPOT in milliseconds, 0 for prefill pools, which
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

  /** A decode step with the prompts that it meets on average when as many come as go. */
  const steadyStepSeconds = (requests: number): number => {
    const perRank = Math.max(1, requests / ranks)
    const alone = tables.seconds(perRank, 0)
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

  /** Until its prompt's turn comes: steps under way, prompts before it, and a free slot. */
  const waitSeconds = (state: CandidateState, decoding: number): number => {
    const { running, waiting, pendingPromptTokens } = state
    const pending = pendingPromptTokens / ranks
    const room = mixes ? Math.max(1, budget - decoding) : budget
    const busy = running > 0 || pending > 0
    // Half of the step under way is over on average; what it computes still counts as pending.
    const under = busy ? tables.seconds(pending > 0 && !mixes ? 0 : decoding, Math.min(pending, room)) / 2 : 0
    const prompts = (pending / room) * tables.fullSeconds(mixes ? decoding : 0) - under
    const excess = running + waiting + 1 - slots
    const places = excess > 0 ? (excess / slots) * stepsOfAnswer * steadyStepSeconds(slots) : 0
    return Math.max(under, prompts, places)
  }

  return {
    ttftMs(state, inputTokens, cachedTokens) {
      const cached = role === 'decode' ? inputTokens - 1 : Math.min(cachedTokens, inputTokens - 1)
      const decoding = Math.min(state.running, slots) / ranks
      // A front end that serves one at a time has those before it: as many as wait, were they all there.
      const own = timer.ingressSeconds(inputTokens)
      const before =
        serial === 0
          ? 0
          : serial * (timer.ingressSeconds(state.pendingPromptTokens) + (state.waiting - 1) * noTokensSeconds)
      const frontEnd = own + (state.waiting > 0 ? Math.max(0, before) : 0)
      const prompt = promptSeconds(mixes ? decoding : 0, inputTokens - cached, cached)
      const after =
        handoff === null
          ? timer.firstTokenLagSteps * steadyStepSeconds(requestsWith(state))
          : handoff.seconds + handoff.secondsPerToken * inputTokens + handoff.decodeSeconds
      return 1000 * (Math.max(frontEnd, waitSeconds(state, decoding)) + prompt + after)
    },
    tpotMs(state) {
      return role === 'prefill' ? 0 : (1000 * steadyStepSeconds(requestsWith(state))) / tokensPerStep
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
        role === 'prefill'
          ? 0
          : ((outputTokens / tokensPerStep) * tables.seconds(Math.max(1, requests / ranks), 0)) / requests
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
