/**
 * How many groups a demand needs: replicas = ceil(rate ÷ rate of one group within the objectives), then checked, and if
 * need be raised, at the open-loop load that the demand really is (arrivals do not wait for completions).
 */
import type { Deployment, Load, Performance } from '../../perf/deployment.ts'
import { tightestObjective } from '../objectives.ts'
import type { Objective, PlanRequest } from '../types.ts'
import type { PlanContext } from './context.ts'
import { groupsNeeded, type OperatingPoint } from './load-curve.ts'
import { questionOf, scaleDeployment } from './shape.ts'

/** A shape with its number of groups and its load: ready to be priced exactly. */
export interface SizedDeployment {
  readonly point: OperatingPoint
  readonly groups: number
  readonly deployment: Deployment
  readonly load: Load
  readonly performance: Performance
  readonly predictions: number
}

/** Open-loop queues may ask for a few more groups than the closed loop; beyond this many tries the shape is given up. */
const mostTries = 12

export type SizingFault = { readonly devicesNeeded: number | null; readonly predictions: number }

export function sizeDeployment(
  point: OperatingPoint,
  request: PlanRequest,
  context: PlanContext,
  objectives: readonly Objective[],
): SizedDeployment | SizingFault {
  const { shape, concurrency, performance } = point
  if (request.requestsPerSecond === null) {
    const load: Load = { kind: 'closed', concurrency, requests: null }
    return { point, groups: 1, deployment: shape.deployment, load, performance, predictions: 0 }
  }
  const load: Load = {
    kind: 'open',
    requestsPerSecond: request.requestsPerSecond,
    arrivalVariation: request.arrivalVariation ?? 1,
  }
  let groups = groupsNeeded(request.requestsPerSecond, performance.requestsPerSecond)
  for (let tries = 1; tries <= mostTries; tries++) {
    if (groups * shape.devices > request.maximumDevices) {
      return { devicesNeeded: groups * shape.devices, predictions: tries - 1 }
    }
    const deployment = scaleDeployment(shape.deployment, groups)
    const predict = context.predictor({ ...questionOf(shape, request.shape), deployment })
    const result = predict(load)
    const met = result.feasible && (tightestObjective(objectives, result)?.ratio ?? 0) <= 1
    if (met) return { point, groups, deployment, load, performance: result, predictions: tries }
    groups += Math.max(1, Math.ceil(groups * 0.04))
  }
  return { devicesNeeded: null, predictions: mostTries }
}
