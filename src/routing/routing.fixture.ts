/** Requests and candidates for tests. */
import type { CacheEvent } from '../engine/types.ts'
import { plainRequest, type TokenContent, type WorkloadRequest } from '../workload/request.ts'
import type { CandidateEstimate, CandidateState } from './types.ts'

export function request(overrides: Partial<WorkloadRequest> = {}): WorkloadRequest {
  return { ...plainRequest, id: 0, arrivalUs: 0, inputTokens: 100, outputTokens: 10, ...overrides }
}

/** A prompt of whole content blocks. */
export function prompt(id: number, blockIds: readonly number[], tokensPerBlock = 16): WorkloadRequest {
  return request({
    id,
    inputTokens: blockIds.length * tokensPerBlock,
    content: content(blockIds, tokensPerBlock),
  })
}

export function content(blockIds: readonly number[], tokensPerBlock = 16): TokenContent {
  return { blockIds, tokensPerBlock }
}

type StoredBlocks = Extract<CacheEvent, { kind: 'blocks-stored' }>

/** Blocks that begin a prompt, in the cache of a device. */
export function stored(hashes: readonly number[], more: Partial<StoredBlocks> = {}): CacheEvent {
  return {
    kind: 'blocks-stored',
    atUs: 0,
    requestId: 0,
    hashes,
    parentHash: null,
    firstBlock: 0,
    tier: 'device',
    ...more,
  }
}

export function candidate(id: number, overrides: Partial<CandidateState> = {}): CandidateState {
  return {
    id,
    ready: true,
    waiting: 0,
    running: 0,
    pendingPromptTokens: 0,
    cacheUse: 0,
    capacity: Number.POSITIVE_INFINITY,
    estimate: null,
    ...overrides,
  }
}

/** So many idle candidates, ids from 0. */
export function candidates(count: number): CandidateState[] {
  return Array.from({ length: count }, (_, id) => candidate(id))
}

/** Always the same answer. */
export function estimate(ttftMs: number, tpotMs: number, usd: number): CandidateEstimate {
  return { ttftMs: () => ttftMs, tpotMs: () => tpotMs, marginalUsd: () => usd }
}
