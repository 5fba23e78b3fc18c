/** A request inside an engine: how far it has come and what it holds. */
import type { SequenceBlocks } from './cache/key-value-cache.ts'
import type { EngineRequest } from './types.ts'

/** Emitted tokens are counted in 1/65536 so that a speculating step may emit 2.4 tokens and many steps add up exactly. */
export const tokenUnit = 65_536

export interface Sequence {
  readonly request: EngineRequest
  /** Order of arrival at the engine: earlier goes first. */
  readonly order: number
  readonly rank: number
  /** Tokens emitted, in tokenUnits; a decoding pool starts with the first one. */
  emittedUnits: number
  /** Tokens whose keys and values are computed. */
  computed: number
  /** Its blocks; null while it waits without any. */
  blocks: SequenceBlocks | null
  state: 'waiting' | 'loading' | 'running' | 'held' | 'ended'
  /** While loading: when the tokens from slower tiers have arrived, µs. */
  readyUs: number
  /** Whether the first token's time was told. */
  firstTokenTold: boolean
  preemptions: number
  /** Prompt tokens not yet computed, as counted in its rank's total. */
  pending: number
}

/** Whole tokens emitted. */
export function emitted(sequence: Sequence): number {
  return Math.floor(sequence.emittedUnits / tokenUnit)
}

/** Tokens it consists of now: prompt and what was emitted. */
export function totalTokens(sequence: Sequence): number {
  return sequence.request.inputTokens + emitted(sequence)
}

/** Tokens it is to emit here: a prefill pool samples the first one only. */
export function tokensToEmit(sequence: Sequence): number {
  return sequence.request.role === 'prefill' ? 1 : sequence.request.outputTokens
}

/**
 * Decoding: everything but the last emitted token is computed. A preempted sequence decodes again when its prompt and its
 * answer so far are recomputed.
 */
export function isDecoding(sequence: Sequence): boolean {
  return sequence.computed >= totalTokens(sequence) - 1 && sequence.emittedUnits > 0
}
