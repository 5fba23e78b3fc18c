/** A pool whose feed-forward layers run on low-latency processors beside it: checked and made ready to be asked. */
import type { LocalCoefficients } from './coefficients.ts'
import type { FeedForwardOffload, Infeasible } from './deployment.ts'
import {
  fewestOffloadDevices,
  type HybridDevices,
  HybridStepModel,
  offloadedFeedForward,
  withoutFeedForward,
} from './hybrid.ts'
import type { PredictInput } from './predict.ts'
import { type PreparedPool, preparePool } from './prepare-pool.ts'

export function prepareHybridPool(
  input: Omit<PredictInput, 'load' | 'modelId' | 'coefficients'>,
  { acceleratorId, devices }: FeedForwardOffload,
  coefficients: LocalCoefficients,
): PreparedPool | Infeasible {
  const { architecture, accelerator, deployment, feedForwardAccelerator: device } = input
  if (deployment.mode !== 'aggregated' || device?.id !== acceleratorId) {
    throw new Error(`assertion failed: the facts of ${acceleratorId} come with the deployment`)
  }
  const { parallelism } = deployment.pool
  if (parallelism.pipeline > 1 || parallelism.expert > 1) {
    return refuse('pipeline and expert parallelism have no place where the pool only computes attention')
  }
  if (accelerator.scaleOutBytesPerSecond === null) {
    return refuse(
      `the network of ${accelerator.name} is not known, so nothing can be handed to ${device.name}`,
    )
  }
  const feedForward = offloadedFeedForward(architecture, deployment.precision, device)
  if (feedForward === null) {
    const detail = `${device.name} has no matrix products for ${deployment.precision.preset} weights`
    return { feasible: false, reason: 'format-unsupported', detail, shortfall: null }
  }
  const domain = device.scaleUp.domainDevices
  if (devices > domain && devices % domain !== 0) {
    return refuse(`beyond one domain of ${domain}, ${device.name} comes in whole domains`)
  }
  const fewest = fewestOffloadDevices(feedForward.bytes, device)
  if (devices < fewest) {
    return {
      feasible: false,
      reason: 'weights-exceed-memory',
      detail: `${(feedForward.bytes / 1e9).toFixed(1)} GB of feed-forward weights need ${fewest} × ${device.name}, not ${devices}`,
      shortfall: feedForward.bytes - devices * device.memoryBytes,
    }
  }
  const offload: HybridDevices = { accelerator: device, devices, feedForward }
  const pool = preparePool(
    { ...input, architecture: withoutFeedForward(architecture) },
    accelerator,
    parallelism,
    'both',
    coefficients,
    features => new HybridStepModel(features, accelerator, coefficients, offload),
  )
  // SRAM and compiled schedules: the processors are taken to draw their full rating whatever they do.
  return 'feasible' in pool ? pool : { ...pool, beside: { devices, watts: devices * device.tdpWatts } }
}

function refuse(detail: string): Infeasible {
  return { feasible: false, reason: 'layout-unsupported', detail, shortfall: null }
}
