/**
 * Steady state of one engine replica (or one disaggregated pool) as a function of how many sequences decode.
 * Everything is parametrised by `sequences`, the mean decoding sequences per attention-data-parallel group and pipeline
 * slot; closed loops, open loops and capacity limits are then one-dimensional root searches (closed-loop.ts).
 * Derivation: docs/models/performance.md §4 (Little 1961; Pollaczek–Khinchine mean wait, Kleinrock 1975 §5.6).
 */
import type { Writable } from '../core/writable.ts'
import type { Engine, RequestShape, Speculation } from './deployment.ts'
import { enginePolicies, tokenBudget } from './engine-policy.ts'
import { idleWork, newStepSeconds, type StepModel, type StepSeconds, type StepWork } from './step-time.ts'

/** One replica at one batch size. Times in seconds. */
export interface ReplicaPoint {
  readonly sequences: number
  /** Requests completed per second by the replica. */
  readonly requestsPerSecond: number
  /** Engine step without and with prefill interference. */
  readonly decodeStepSeconds: number
  readonly stepSeconds: number
  /** Time per output token. */
  readonly tpotSeconds: number
  /** Wait for the engine, own prefill, front end; first token in steady state. */
  readonly waitSeconds: number
  readonly prefillSeconds: number
  readonly frontEndSeconds: number
  /** Of the front end: API, template and tokenizer, one request at a time. */
  readonly requestSeconds: number
  readonly ttftSeconds: number
  /** Mean requests present. */
  readonly concurrency: number
  /** Share of time in which the engine works on prompts. */
  readonly prefillShare: number
  /** Extra engine time per request due to its prompt. */
  readonly prefillExtraSeconds: number
}

export interface ReplicaQuestion {
  readonly model: StepModel
  readonly engine: Engine
  readonly shape: RequestShape
  readonly speculation: Speculation | null
  /** 'both': aggregated. 'decode': prompts are prefilled elsewhere. */
  readonly role: 'both' | 'decode'
}

/** Requests in flight seen by a request, for self-exclusion: (C − 1)/C in closed loops, 1 in open ones. */
export interface Crowd {
  readonly othersShare: number
  readonly arrivalVariation: number
  /**
   * Of the prompts of others, those that interrupt one's own decoding; absent: as many as there are others. Requests that arrive
   * together and are prefilled before anything decodes (prefill-first engines) are interrupted by those behind them only: half.
   */
  readonly interruptedShare?: number
}

/** To be written by `Replica.at`, again and again while a load is searched for. */
export function newReplicaPoint(): Writable<ReplicaPoint> {
  return {
    sequences: 0,
    requestsPerSecond: 0,
    decodeStepSeconds: 0,
    stepSeconds: 0,
    tpotSeconds: 0,
    waitSeconds: 0,
    prefillSeconds: 0,
    frontEndSeconds: 0,
    requestSeconds: 0,
    ttftSeconds: 0,
    concurrency: 0,
    prefillShare: 0,
    prefillExtraSeconds: 0,
  }
}

export class Replica {
  readonly question: ReplicaQuestion
  readonly groups: number
  readonly slots: number
  readonly #decodeScratch: StepSeconds = newStepSeconds()
  readonly #prefillScratch: StepSeconds = newStepSeconds()
  /** Written over for every step asked for: a search asks for a million, and a new object each would be half of its time. */
  readonly #decodeWork: Writable<StepWork>
  readonly #prefillWork: Writable<StepWork>
  readonly #tokensPerStep: number
  readonly #contextTokens: number
  readonly #newTokens: number
  readonly #chunks: number

  constructor(question: ReplicaQuestion) {
    this.question = question
    const { parallelism } = question.model.features
    this.groups = parallelism.attentionData
    this.slots = parallelism.attentionData * parallelism.pipeline
    const { shape, speculation, model } = question
    this.#tokensPerStep =
      speculation === null
        ? 1
        : Math.min(
            speculation.draftTokens + 1,
            1 + (speculation.acceptanceLength - 1) * model.coefficients.acceptanceScale,
          )
    // A sequence is met in proportion to how long it stays: longer outputs count more (length-biased mean).
    this.#contextTokens = shape.inputTokens + (shape.outputTokens / 2) * (1 + shape.outputVariation ** 2)
    this.#newTokens = Math.max(1, shape.inputTokens - shape.cachedTokens)
    this.#chunks = Math.max(1, Math.ceil(this.#newTokens / tokenBudget(question.engine, model.accelerator)))
    const contextTokens = this.#contextTokens
    const tokensPerSequence = 1 + (speculation?.draftTokens ?? 0)
    this.#decodeWork = { ...idleWork, contextTokens, tokensPerSequence }
    this.#prefillWork = {
      ...idleWork,
      contextTokens,
      tokensPerSequence,
      // Mean of the chunks: half of the new tokens are already there.
      prefillPastTokens: shape.cachedTokens + (this.#newTokens - this.#newTokens / this.#chunks) / 2,
    }
  }

  get contextTokens(): number {
    return this.#contextTokens
  }

  /** Tokens a sequence gains per step. */
  get tokensPerStep(): number {
    return this.#tokensPerStep
  }

  /** One decode step, seconds; parts stay in `out` until the next call. */
  decodeStep(sequences: number, out: StepSeconds = this.#decodeScratch): number {
    const work = this.#decodeWork
    // With fewer sequences than groups the fullest group still works on a whole one.
    work.sequences = Math.max(sequences, Math.min(1, sequences * this.groups))
    work.sequencesAllGroups = sequences * this.groups
    this.question.model.seconds(work, out)
    return out.total + this.draftSeconds(out)
  }

  /** Draft passes of a step: each costs about one layer and the head (DeepSeek-V3 §2.2: one MTP layer). */
  draftSeconds(step: StepSeconds): number {
    const drafts = this.question.speculation?.draftTokens ?? 0
    if (drafts === 0) return 0
    const { features, coefficients, accelerator } = this.question.model
    const body = step.total - step.stepOverhead - step.sequenceOverhead
    const head =
      features.headWeightBytes / (accelerator.memoryBandwidthBytesPerSecond * coefficients.mbuWeights)
    return drafts * coefficients.draftCost * (body / Math.max(1, features.layers) + head)
  }

  /** A step in which one prompt chunk per aligned group is prefilled beside `sequences` decodes. */
  prefillStep(
    sequences: number,
    alignedGroups: number,
    prompts: number,
    out: StepSeconds = this.#prefillScratch,
  ): number {
    const work = this.#prefillWork
    const tokens = (this.#newTokens / this.#chunks) * prompts
    work.sequences = sequences === 0 ? 0 : Math.max(sequences, Math.min(1, sequences * this.groups))
    work.sequencesAllGroups = sequences * this.groups
    work.prefillTokens = tokens
    work.prefillTokensAllGroups = tokens * alignedGroups
    work.promptsCompleted = prompts / this.#chunks
    return this.question.model.seconds(work, out)
  }

  get chunks(): number {
    return this.#chunks
  }

  /** Groups that prefill in the same step, given that one does: independent arrivals per step and group. */
  alignedGroups(sequences: number): number {
    if (this.groups === 1) return 1
    const steps = Math.max(1, this.question.shape.outputTokens - 1) / this.#tokensPerStep
    const chance = 1 - Math.exp((-sequences / steps) * this.#chunks)
    const some = 1 - (1 - chance) ** this.groups
    return some <= 1e-12 ? 1 : (this.groups * chance) / some
  }

  /** Steady state with `sequences` decoding per slot, written into `out`. */
  at(sequences: number, crowd: Crowd, out: Writable<ReplicaPoint> = newReplicaPoint()): ReplicaPoint {
    const { model, shape, engine, role } = this.question
    const c = model.coefficients
    const stages = model.features.parallelism.pipeline
    const steps = Math.max(1e-9, shape.outputTokens - 1) / this.#tokensPerStep
    const decodeStepSeconds = this.decodeStep(sequences)
    /** Requests that finish (and so start) per step period. */
    const turnover = (sequences * this.slots) / steps
    let extra = 0
    let own = 0
    let aligned = 1
    if (role === 'both') {
      aligned = this.alignedGroups(sequences)
      const mixed = enginePolicies[engine].batching === 'mixed'
      const step = this.prefillStep(mixed ? sequences : 0, aligned, 1)
      extra = this.#chunks * (mixed ? Math.max(0, step - decodeStepSeconds) : step)
      own = this.#chunks * step
    }
    const extraPerRequest = extra / (aligned * stages)
    const stepSeconds =
      decodeStepSeconds + turnover * extraPerRequest * (crowd.interruptedShare ?? crowd.othersShare)
    const requestsPerSecond = turnover / stepSeconds
    const prefillShare = Math.min(0.999, requestsPerSecond * extraPerRequest)
    let waitSeconds = 0
    if (role === 'both') {
      const variation = (crowd.arrivalVariation ** 2 + shape.inputVariation ** 2) / 2
      const queue = (prefillShare / (1 - prefillShare)) * extraPerRequest * variation
      waitSeconds = (stepSeconds / 2 + queue) * crowd.othersShare
    }
    const requestSeconds = 1e-3 * c.requestMilliseconds + 1e-6 * c.promptTokenMicroseconds * shape.inputTokens
    const frontEndSeconds = requestSeconds + c.firstTokenLagSteps * stepSeconds
    const ttftSeconds = waitSeconds + own + frontEndSeconds
    const tpotSeconds = stepSeconds / this.#tokensPerStep
    out.sequences = sequences
    out.requestsPerSecond = requestsPerSecond
    out.decodeStepSeconds = decodeStepSeconds
    out.stepSeconds = stepSeconds
    out.tpotSeconds = tpotSeconds
    out.waitSeconds = waitSeconds
    out.prefillSeconds = own
    out.frontEndSeconds = frontEndSeconds
    out.requestSeconds = requestSeconds
    out.ttftSeconds = ttftSeconds
    out.concurrency = requestsPerSecond * (ttftSeconds + tpotSeconds * (shape.outputTokens - 1))
    out.prefillShare = prefillShare
    out.prefillExtraSeconds = extraPerRequest
    return out
  }

  /**
   * Mean wait and prefill of `concurrency` prompts that arrive at once, as every fixed-concurrency benchmark starts:
   * batches up to the token budget, all groups aligned, mean over the batches.
   */
  burstSeconds(concurrency: number): number {
    const perGroup = Math.max(1, concurrency / this.slots)
    const budget = tokenBudget(this.question.engine, this.question.model.accelerator)
    const promptsPerStep = Math.max(1, Math.min(perGroup, Math.floor(budget / this.#newTokens)))
    const batches = Math.ceil(perGroup / promptsPerStep)
    const aligned = Math.min(this.groups, Math.max(1, concurrency))
    const step = this.prefillStep(0, aligned, promptsPerStep) * this.#chunks
    return (step * (batches + 1)) / 2
  }
}
