/**
 * predictWith of perf/ with the part that does not depend on the load done once: layout, features, memory and step model
 * of each pool. A search asks each deployment at five loads on average; prepared-prediction.test.ts keeps the two equal.
 */
import type { LocalCoefficients } from '../perf/coefficients.ts'
import type { Infeasible, Load } from '../perf/deployment.ts'
import { solveDisaggregated } from '../perf/disaggregated.ts'
import { solveReplica } from '../perf/operating-point.ts'
import { type PredictInput, preparePool } from '../perf/predict.ts'
import { summariseAggregated, summariseDisaggregated } from '../perf/summarise-performance.ts'
import type { LoadPredictor } from './search/context.ts'

export function preparePrediction(
  input: Omit<PredictInput, 'load'>,
  coefficients: LocalCoefficients,
): LoadPredictor {
  const { deployment, shape, accelerator } = input
  if (deployment.mode === 'aggregated') {
    const { replicas, parallelism } = deployment.pool
    const pool = preparePool(input, accelerator, parallelism, 'both', coefficients)
    if ('feasible' in pool) return () => pool
    return load => {
      const solved = solveReplica(pool.replica, load, replicas, pool.memory.maximumSequences)
      return 'overload' in solved
        ? overload(solved.maximumRequestsPerSecond * replicas, load)
        : summariseAggregated(pool, replicas, solved)
    }
  }
  const decode = preparePool(input, accelerator, deployment.decode.parallelism, 'decode', coefficients)
  if ('feasible' in decode) return () => decode
  const prefillAccelerator = input.prefillAccelerator ?? accelerator
  const prefill = preparePool(input, prefillAccelerator, deployment.prefill.parallelism, 'both', coefficients)
  if ('feasible' in prefill) return () => prefill
  const prefillReplicas = deployment.prefill.replicas
  const decodeReplicas = deployment.decode.replicas
  return load => {
    const solved = solveDisaggregated({
      prefill: prefill.replica,
      prefillReplicas,
      decode: decode.replica,
      decodeReplicas,
      maximumDecodeSequences: decode.memory.maximumSequences,
      shape,
      load,
    })
    return 'overload' in solved
      ? overload(solved.maximumRequestsPerSecond, load)
      : summariseDisaggregated(prefill, prefillReplicas, decode, decodeReplicas, solved)
  }
}

function overload(maximum: number, load: Load): Infeasible {
  const asked = load.kind === 'open' ? load.requestsPerSecond : 0
  return {
    feasible: false,
    reason: 'overload',
    detail: `${asked.toPrecision(3)} requests/s asked, ${maximum.toPrecision(3)} sustained`,
    shortfall: asked - maximum,
  }
}
