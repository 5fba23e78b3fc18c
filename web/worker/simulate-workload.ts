/** What is asked of a simulated fleet: a made-up load, or a trace file that somebody brought. */
import type { RandomSource } from '../../src/core/random.ts'
import type { RequestShape } from '../../src/perf/deployment.ts'
import type { DistributionSpec } from '../../src/workload/distribution-spec.ts'
import type { Workload } from '../../src/workload/request.ts'
import { createWorkload, type WorkloadSpec } from '../../src/workload/synthetic.ts'
import { traceWorkload } from '../../src/workload/trace-workload.ts'
import type { SimulatedWorkload, SimulateQuestion } from './protocol.ts'
import { readTraceText, statisticsOf } from './trace-text.ts'

export interface RunWorkload {
  readonly workload: Workload
  readonly shape: RequestShape
  readonly notes: readonly string[]
}

export function runWorkload({ workload, requests }: SimulateQuestion, random: RandomSource): RunWorkload {
  return workload.kind === 'trace' ? recorded(workload, requests, random) : madeUp(workload, requests, random)
}

function recorded(
  trace: Extract<SimulatedWorkload, { kind: 'trace' }>,
  requests: number,
  random: RandomSource,
): RunWorkload {
  const table = readTraceText(trace)
  const replay = traceWorkload(table, { maximumRequests: requests }, random)
  return { workload: replay.workload, shape: statisticsOf(table).shape, notes: replay.notes }
}

function madeUp(
  workload: Exclude<SimulatedWorkload, { kind: 'trace' }>,
  requests: number,
  random: RandomSource,
): RunWorkload {
  const { kind, amount, inputTokens, outputTokens, variation, prefixShare } = workload
  const shared = {
    lengths: { input: lengthOf(inputTokens, variation), output: lengthOf(outputTokens, variation) },
    requests,
    ...(prefixShare > 0 ? { prefix: { groups: 1, share: prefixShare } } : {}),
  }
  const spec: WorkloadSpec =
    kind === 'closed'
      ? { kind, users: Math.max(1, Math.round(amount)), ...shared }
      : { kind, arrivals: { kind: 'poisson', rate: amount }, ...shared }
  return {
    workload: createWorkload(spec, random),
    shape: {
      inputTokens,
      outputTokens,
      cachedTokens: prefixShare * inputTokens,
      inputVariation: variation,
      outputVariation: variation,
    },
    notes: [],
  }
}

/** Lognormal with the stated mean and spread: lengths are positive and right-skewed. */
function lengthOf(mean: number, variation: number): DistributionSpec {
  return variation === 0
    ? { kind: 'constant', value: Math.max(1, Math.round(mean)) }
    : {
        kind: 'lognormal',
        mean: Math.max(1, mean),
        cv: variation,
        minimum: 1,
        maximum: Math.ceil(10 * mean + 100),
      }
}
