/**
 * Synthetic workloads, declared in JSON and made request by request. Same description and seed, same requests; every
 * concern, user and session has a random stream of its own, so that a change in one does not shift the others.
 * Formulas, sources and defaults: docs/models/workload.md.
 */
import type { RandomSource } from '../core/random.ts'
import { type ClosedLoopSpec, createClosedLoop } from './closed-loop.ts'
import { createMix, createPhases, type MixSpec, type PhasesSpec } from './composites.ts'
import { createOpenLoop, type OpenLoopSpec } from './open-loop.ts'
import {
  type SyntheticWorkload,
  WarmupMarks,
  type WorkloadContext,
  type WorkloadPart,
} from './request-emitter.ts'
import { createSessions, type SessionsSpec } from './sessions.ts'
import { checkedKind } from './spec-checks.ts'

export type WorkloadSpec =
  | OpenLoopSpec
  | ClosedLoopSpec
  | SessionsSpec
  | MixSpec<WorkloadSpec>
  | PhasesSpec<WorkloadSpec>

/**
 * Checks the description and starts the workload at time 0. Faults are usage errors that name the field. Requests are made
 * when they are due; only those in flight in closed loops and sessions are remembered.
 */
export function createWorkload(spec: WorkloadSpec, random: RandomSource): SyntheticWorkload {
  const context: WorkloadContext = {
    stream: (...names) => random.stream('workload', ...names),
    numbers: { requests: 0, sessions: 0, blocks: 0, warmups: new WarmupMarks() },
    startUs: 0,
    warmup: false,
  }
  const part = createPart(spec, 'workload', context)
  return {
    totalRequests: part.totalRequests,
    nextUs: () => part.nextUs(),
    accept: (nowUs, end, out) => part.accept(nowUs, end, out),
    wake: (nowUs, out) => part.wake(nowUs, out),
    isWarmup: requestId => context.numbers.warmups.has(requestId),
  }
}

function createPart(spec: WorkloadSpec, where: string, context: WorkloadContext): WorkloadPart {
  checkedKind(spec, where, 'workload', ['open', 'closed', 'sessions', 'mix', 'phases'])
  switch (spec.kind) {
    case 'open':
      return createOpenLoop(spec, where, context)
    case 'closed':
      return createClosedLoop(spec, where, context)
    case 'sessions':
      return createSessions(spec, where, context)
    case 'mix':
      return createMix(spec, where, context, createPart)
    case 'phases':
      return createPhases(spec, where, context, createPart)
  }
}
