/**
 * Step times from the performance model (perf/step-time.ts): each rank's own batch with the tokens all ranks send through
 * the experts, the slowest rank as barrier; watts from what the time of each rank is spent on, waiting for the barrier
 * included. Equations: docs/models/performance.md §2 and docs/models/engine.md.
 */
import type { Speculation } from '../../perf/deployment.ts'
import { boardWatts } from '../../perf/power.ts'
import type { PreparedPool } from '../../perf/prepare-pool.ts'
import { prefillAttentionWork } from '../../perf/rank-features.ts'
import { newStepSeconds, type StepWork } from '../../perf/step-time.ts'
import type { RankWork, StepCost, StepTimer } from '../types.ts'

export interface PerformanceTimerOptions {
  /** Multiplies the time of steps with prompts: coefficient prefillPoolWork for prefill pools, 1 elsewhere. */
  readonly prefillWork: number
  /**
   * The next step is prepared while the device works on this one (vLLM's asynchronous scheduling): host time shows only
   * where it is longer than the device's.
   */
  readonly overlapsHost: boolean
  /** StepTimer.ingressSerialShare; left out: 0. */
  readonly ingressSerialShare?: number
}

/** A timer for one instance of a pool; it keeps scratch, so instances do not share it. */
export function performanceTimer(
  pool: PreparedPool,
  speculation: Speculation | null,
  options: PerformanceTimerOptions = { prefillWork: 1, overlapsHost: false },
): StepTimer {
  const { model } = pool.replica.question
  const { features, coefficients, accelerator } = model
  const { tensor, attentionData, pipeline } = features.parallelism
  const devicesPerRank = tensor * pipeline
  const tokensPerSequence = 1 + (speculation?.draftTokens ?? 0)
  const besideWatts = pool.beside?.watts ?? 0
  const idleWatts =
    attentionData * devicesPerRank * boardWatts(accelerator.tdpWatts, coefficients, noWork) + besideWatts
  const step = newStepSeconds()
  const work: { -readonly [Key in keyof StepWork]: StepWork[Key] } = {
    sequences: 0,
    sequencesAllGroups: 0,
    contextTokens: 0,
    tokensPerSequence,
    prefillTokens: 0,
    prefillTokensAllGroups: 0,
    prefillPastTokens: 0,
    prefillAttentionFlops: null,
    promptsCompleted: 0,
  }
  const busy = { memory: 0, compute: 0, other: 0 }
  const memorySeconds = new Float64Array(attentionData)
  const computeSeconds = new Float64Array(attentionData)
  const otherSeconds = new Float64Array(attentionData)

  return {
    idleWatts,
    firstTokenLagSteps: coefficients.firstTokenLagSteps,
    ingressSeconds: inputTokens =>
      1e-3 * coefficients.requestMilliseconds + 1e-6 * coefficients.promptTokenMicroseconds * inputTokens,

    ingressSerialShare: options.ingressSerialShare ?? 0,

    step(ranks: readonly RankWork[], out: StepCost): void {
      let allSequences = 0
      let allPrefill = 0
      for (const rank of ranks) {
        allSequences += rank.decodeSequences
        for (let chunk = 0; chunk < rank.chunks; chunk++) allPrefill += rank.chunkTokens[chunk]!
      }
      // Micro-batches of a pipeline are in flight together: each takes its share of sequences and prompt tokens.
      work.sequencesAllGroups = allSequences / pipeline
      work.prefillTokensAllGroups = allPrefill / pipeline
      let slowest = 0
      for (let index = 0; index < ranks.length; index++) {
        const rank = ranks[index]!
        work.sequences = rank.decodeSequences / pipeline
        work.contextTokens = rank.decodeSequences === 0 ? 0 : rank.decodeContextTokens / rank.decodeSequences
        work.promptsCompleted = rank.promptsCompleted / pipeline
        let prefill = 0
        let attention = 0
        for (let chunk = 0; chunk < rank.chunks; chunk++) {
          const tokens = rank.chunkTokens[chunk]!
          prefill += tokens
          attention += prefillAttentionWork(
            features.prefillAttentionFlops,
            rank.chunkPastTokens[chunk]!,
            tokens,
          )
        }
        work.prefillTokens = prefill / pipeline
        work.prefillAttentionFlops = attention / pipeline
        let seconds = model.seconds(work, step)
        if (rank.decodeSequences > 0) seconds += pool.replica.draftSeconds(step)
        const host = step.stepOverhead + step.sequenceOverhead
        if (options.overlapsHost) seconds = Math.max(seconds - host, host)
        const scale = prefill > 0 ? options.prefillWork : 1
        seconds *= scale
        memorySeconds[index] = step.memoryBusy * scale
        computeSeconds[index] = step.computeBusy * scale
        otherSeconds[index] = seconds - (step.memoryBusy + step.computeBusy) * scale
        slowest = Math.max(slowest, seconds)
      }
      let watts = besideWatts
      for (let index = 0; index < ranks.length; index++) {
        busy.memory = memorySeconds[index]! / slowest
        busy.compute = computeSeconds[index]! / slowest
        busy.other = Math.max(0, otherSeconds[index]! / slowest)
        watts += devicesPerRank * boardWatts(accelerator.tdpWatts, coefficients, busy)
      }
      out.seconds = slowest
      out.joules = slowest * watts
    },
  }
}

const noWork = { memory: 0, compute: 0, other: 0 }
