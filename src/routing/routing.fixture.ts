/** Requests and candidates for tests. */
import type { TokenContent, WorkloadRequest } from '../workload/request.ts'
import type { CandidateEstimate, CandidateState } from './types.ts'

export function request(overrides: Partial<WorkloadRequest> = {}): WorkloadRequest {
  return {
    id: 0,
    arrivalUs: 0,
    inputTokens: 100,
    outputTokens: 10,
    content: null,
    session: -1,
    turn: 0,
    tenant: '',
    model: '',
    priority: 0,
    ...overrides,
  }
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
