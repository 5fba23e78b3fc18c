/** A description of an open loop, and all requests of any description. */
import { RandomSource } from '../core/random.ts'
import type { OpenLoopSpec } from './open-loop.ts'
import type { WorkloadRequest } from './request.ts'
import { createWorkload, type WorkloadSpec } from './synthetic.ts'
import { serveAlone } from './toy-server.fixture.ts'

export const open: OpenLoopSpec = {
  kind: 'open',
  arrivals: { kind: 'poisson', rate: 20 },
  lengths: { input: { kind: 'lognormal', mean: 800, cv: 1 }, output: { kind: 'gamma', mean: 150, cv: 1 } },
  requests: 500,
}

/** All requests of a workload whose requests never end. */
export function requestsOf(spec: WorkloadSpec, seed: number | string = 1, late = 0): WorkloadRequest[] {
  const workload = createWorkload(spec, new RandomSource(seed))
  const out: WorkloadRequest[] = []
  while (workload.nextUs() < Number.POSITIVE_INFINITY) workload.wake(workload.nextUs() + late, out)
  return out
}

/** All requests of a workload that are served one by one, a millisecond a token. */
export const served = (spec: WorkloadSpec) =>
  serveAlone(createWorkload(spec, new RandomSource(1)), request => 1000 * request.outputTokens).map(
    s => s.request,
  )
