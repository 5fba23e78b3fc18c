/** A deployment shape: everything about a deployment but how many groups of it there are and how loaded they are. */
import type { Accelerator } from '../../catalog/types.ts'
import {
  type Deployment,
  devicesPerReplica,
  offloadDevices,
  type Pool,
  type RequestShape,
  type Speculation,
} from '../../perf/deployment.ts'
import type { DeploymentQuestion } from './context.ts'
import { layoutId } from './layouts.ts'
import { type DevicePricing, usdPerHour } from './pricing.ts'

export interface DeploymentShape {
  /** Unique: h200-sxm-vllm-fp8-tp4, gb200-nvl72-trtllm-nvfp4-p2xtp4-d1xdp8ep8-mtp2. */
  readonly id: string
  /** One replica, or the smallest group of matched prefill and decode replicas. */
  readonly deployment: Deployment
  readonly accelerator: Accelerator
  readonly prefillAccelerator: Accelerator
  readonly pricing: DevicePricing
  readonly prefillPricing: DevicePricing
  /** Processors that hold the feed-forward layers of a hybrid deployment. */
  readonly offload: PricedHardware | null
  /** Devices of the pools: what the limit on devices counts. Processors beside them are counted by their price only. */
  readonly devices: number
  /** What an answer names the cheapest of: each device, engine, precision and technique, used and not used. */
  readonly traits: readonly Trait[]
}

/** Devices of one kind, with their price. */
export interface PricedHardware {
  readonly accelerator: Accelerator
  readonly pricing: DevicePricing
}

export interface Trait {
  readonly name: string
  /** The cheapest shape with this trait is part of the answer; otherwise a good one will do. */
  readonly exact: boolean
}

export function deploymentShape(
  deployment: Deployment,
  hardware: Pick<DeploymentShape, 'accelerator' | 'prefillAccelerator' | 'pricing' | 'prefillPricing'>,
  offload: PricedHardware | null = null,
): DeploymentShape {
  const { accelerator, prefillAccelerator } = hardware
  const decode = servingPool(deployment)
  const mixed = prefillAccelerator.id === accelerator.id ? '' : `${prefillAccelerator.id}+`
  const beside = offload === null ? '' : `+${offloadDevices(deployment)}x${offload.accelerator.id}`
  const { prefill, decode: serving } = devicesByPool(deployment)
  const layout =
    deployment.mode === 'aggregated'
      ? layoutId(decode.parallelism)
      : `p${poolId(deployment.prefill)}-d${poolId(deployment.decode)}`
  const speculation = deployment.speculation === null ? '' : `-${speculationId(deployment.speculation)}`
  const prefix = `${mixed}${accelerator.id}${beside}-${deployment.engine}-${deployment.precision.preset}`
  return {
    ...hardware,
    id: `${prefix}-${layout}${speculation}`,
    deployment,
    offload,
    devices: prefill + serving,
    traits: traitsOf(deployment, accelerator, prefillAccelerator, offload !== null),
  }
}

function traitsOf(
  deployment: Deployment,
  accelerator: Accelerator,
  prefill: Accelerator,
  hybrid: boolean,
): Trait[] {
  const { tensor, expert, attentionData, pipeline } = servingPool(deployment).parallelism
  const exact = [
    `engine ${deployment.engine}`,
    `precision ${deployment.precision.preset}`,
    `mode ${deployment.mode}`,
    `mixed ${prefill.id !== accelerator.id}`,
    `hybrid ${hybrid}`,
    `speculation ${deployment.speculation !== null}`,
    `expert ${expert > 1}`,
    `data ${attentionData > 1}`,
    `pipeline ${pipeline > 1}`,
    `tensor ${tensor > 1}`,
  ]
  return [
    ...exact.map(name => ({ name, exact: true })),
    { name: `accelerator ${accelerator.id}`, exact: false },
    { name: `kind ${prefill.id}+${accelerator.id} ${deployment.engine} ${deployment.mode}`, exact: false },
  ]
}

function poolId(pool: Pool): string {
  return `${pool.replicas}x${layoutId(pool.parallelism)}`
}

function speculationId(speculation: Speculation): string {
  return `${speculation.method}${speculation.draftTokens}`
}

/** The pool that generates: all of an aggregated deployment. */
export function servingPool(deployment: Deployment): Pool {
  return deployment.mode === 'aggregated' ? deployment.pool : deployment.decode
}

/** The same shape `times` over: every pool has that many more replicas. */
export function scaleDeployment(deployment: Deployment, times: number): Deployment {
  if (times === 1) return deployment
  const scaled = (pool: Pool): Pool => ({ ...pool, replicas: pool.replicas * times })
  return deployment.mode === 'aggregated'
    ? { ...deployment, pool: scaled(deployment.pool) }
    : { ...deployment, prefill: scaled(deployment.prefill), decode: scaled(deployment.decode) }
}

/** Devices by price: prefill devices apart when they are of another kind. */
export function devicesByPool(deployment: Deployment): { readonly prefill: number; readonly decode: number } {
  const count = (pool: Pool) => pool.replicas * devicesPerReplica(pool.parallelism)
  return deployment.mode === 'aggregated'
    ? { prefill: 0, decode: count(deployment.pool) }
    : { prefill: count(deployment.prefill), decode: count(deployment.decode) }
}

export function shapeUsdPerHour(shape: DeploymentShape, acceleratorWatts: number): number {
  const { deployment, offload } = shape
  const { prefill, decode } = devicesByPool(deployment)
  const beside = offloadDevices(deployment)
  const besideWatts = beside * (offload?.accelerator.tdpWatts ?? 0)
  const watts = (acceleratorWatts - besideWatts) / shape.devices
  return (
    usdPerHour(shape.pricing, decode, watts * decode) +
    (prefill === 0 ? 0 : usdPerHour(shape.prefillPricing, prefill, watts * prefill)) +
    (offload === null ? 0 : usdPerHour(offload.pricing, beside, besideWatts))
  )
}

export function questionOf(shape: DeploymentShape, requestShape: RequestShape): DeploymentQuestion {
  const { deployment, accelerator, prefillAccelerator, offload } = shape
  const question = { deployment, accelerator, prefillAccelerator, shape: requestShape }
  return offload === null ? question : { ...question, feedForwardAccelerator: offload.accelerator }
}
