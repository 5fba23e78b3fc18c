/** A workload that is ready to be run, with what is said of it. */
import { parseCount, parseDurationMs } from '../core/parse-quantity.ts'
import type { RandomSource } from '../core/random.ts'
import type { Load, RequestShape } from '../perf/deployment.ts'
import type { WorkloadFacts } from '../report/simulation-report.ts'
import type { Workload } from '../workload/request.ts'
import { createWorkload, type WorkloadSpec } from '../workload/synthetic.ts'

export interface PreparedWorkload {
  /** A new run of it. */
  readonly workload: Workload
  readonly facts: WorkloadFacts
  /** Mean lengths and their spread. */
  readonly shape: RequestShape
  /** The same as the analytic model calls it; null where it has no name for it. */
  readonly load: Load | null
  readonly warmUp: { readonly requests: number; readonly seconds: number }
  readonly isWarmUp: ((requestId: number) => boolean) | null
  /** Some prompts begin like others. */
  readonly shares: boolean
  readonly notes: readonly string[]
}

/** A synthetic workload as the flags or a file describe it. */
export interface DescribedWorkload {
  readonly spec: WorkloadSpec
  readonly facts: Omit<WorkloadFacts, 'spec' | 'trace'>
  readonly shape: RequestShape
  readonly load: Load | null
  readonly shares: boolean
  readonly notes: readonly string[]
}

export function preparedWorkload(described: DescribedWorkload, random: RandomSource): PreparedWorkload {
  const workload = createWorkload(described.spec, random)
  return {
    ...described,
    workload,
    facts: { ...described.facts, spec: described.spec, trace: null },
    warmUp: { requests: 0, seconds: 0 },
    isWarmUp: id => workload.isWarmup(id),
  }
}

/** `100` requests or `30s`; null when nothing is said. */
export function warmUpOf(
  text: string | undefined,
): { readonly requests: number; readonly seconds: number } | null {
  if (text === undefined) return null
  return /^\s*[\d_]+\s*[kM]?\s*$/.test(text)
    ? { requests: parseCount(text, '--warmup', { minimum: 0 }), seconds: 0 }
    : { requests: 0, seconds: parseDurationMs(text, '--warmup') / 1000 }
}
