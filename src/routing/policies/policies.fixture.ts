/** Asks a router where requests go. */
import { RandomSource } from '../../core/random.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import { type CreatedRouter, createRouter } from '../create-router.ts'
import type { RouterSpec } from '../router-spec.ts'
import type { CandidateState } from '../types.ts'

export const make = (spec: RouterSpec) => createRouter(spec, new RandomSource('policies'))

/** Where it goes; nothing is told of it afterwards. */
export function choose(
  router: CreatedRouter,
  asked: WorkloadRequest,
  fleet: readonly CandidateState[],
): number {
  const decision = router.route(0, asked, fleet)
  return decision.kind === 'send' ? decision.candidateId : -1
}

/** Where it goes, and it does go there. */
export function send(
  router: CreatedRouter,
  asked: WorkloadRequest,
  fleet: readonly CandidateState[],
): number {
  const id = choose(router, asked, fleet)
  router.sent(0, asked, id)
  return id
}

export const range = (count: number) => Array.from({ length: count }, (_, index) => index)
