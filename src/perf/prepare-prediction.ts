/**
 * A deployment made ready once, then asked at many loads: layout, features, memory and step model of each pool do not
 * depend on the load. predict() asks once; a search asks each deployment at five loads on average.
 */
import type { LocalCoefficients } from './coefficients.ts'
import type { Infeasible, Load, PerformanceResult } from './deployment.ts'
import { solveDisaggregated } from './disaggregated.ts'
import { prepareHybridPool } from './hybrid-pool.ts'
import { solveReplica } from './operating-point.ts'
import type { PredictInput } from './predict.ts'
import { preparePool } from './prepare-pool.ts'
import { summariseAggregated, summariseDisaggregated } from './summarise-performance.ts'

/** Coefficients of the cell of each pool's own accelerator; aggregated deployments have a serving pool only. */
export interface PoolCoefficients {
  readonly serving: LocalCoefficients
  readonly prefill: LocalCoefficients
}

export type LoadPredictor = (load: Load) => PerformanceResult

export type PredictionInput = Omit<PredictInput, 'load' | 'modelId' | 'coefficients'>

export function preparePrediction(input: PredictionInput, coefficients: PoolCoefficients): LoadPredictor {
  return input.deployment.mode === 'aggregated'
    ? prepareAggregated(input, coefficients.serving)
    : prepareDisaggregated(input, coefficients)
}

function prepareAggregated(input: PredictionInput, coefficients: LocalCoefficients): LoadPredictor {
  const { deployment, accelerator } = input
  if (deployment.mode !== 'aggregated') throw new Error('assertion failed: an aggregated deployment')
  const { replicas, parallelism } = deployment.pool
  const pool = deployment.feedForwardOffload
    ? prepareHybridPool(input, deployment.feedForwardOffload, coefficients)
    : preparePool(input, accelerator, parallelism, 'both', coefficients)
  if ('feasible' in pool) return () => pool
  return load => {
    const solved = solveReplica(pool.replica, load, replicas, pool.memory.maximumSequences)
    return 'overload' in solved
      ? overload(solved.maximumRequestsPerSecond * replicas, load)
      : summariseAggregated(pool, replicas, solved)
  }
}

function prepareDisaggregated(input: PredictionInput, coefficients: PoolCoefficients): LoadPredictor {
  const { deployment, shape, accelerator, prefillAccelerator = accelerator } = input
  if (deployment.mode !== 'disaggregated') throw new Error('assertion failed: a disaggregated deployment')
  const { parallelism, replicas: decodeReplicas } = deployment.decode
  const decode = preparePool(input, accelerator, parallelism, 'decode', coefficients.serving)
  if ('feasible' in decode) return () => decode
  const { parallelism: prefillLayout, replicas: prefillReplicas } = deployment.prefill
  const prefill = preparePool(input, prefillAccelerator, prefillLayout, 'both', coefficients.prefill)
  if ('feasible' in prefill) return () => prefill
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
