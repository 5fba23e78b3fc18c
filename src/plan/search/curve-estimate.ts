/**
 * What a curve can be at best between two loads that were predicted, without predicting more. Step time is close to
 * linear in the batch (bytes read and products grow with it), so TPOT and end-to-end latency are interpolated linearly in
 * the concurrency and throughput follows from Little's law; `optimism` covers the rest. Used only to decide where to look.
 */

import { measuredValueMs } from '../objectives.ts'
import type { Objective } from '../types.ts'
import type { LoadCurve, OperatingPoint } from './load-curve.ts'

export interface CurveEstimate {
  readonly tokensPerSecondPerUser: number
  readonly cost: number
  readonly totalTokensPerSecondPerDevice: number
}

/** A stretch over this factor of concurrency may be this much better than the straight line; shorter ones less. */
const widestFactor = 64
const widestOptimism = 0.15

export function estimateAt(
  curve: LoadCurve,
  light: OperatingPoint,
  heavy: OperatingPoint,
  concurrency: number,
): CurveEstimate {
  const share = (concurrency - light.concurrency) / (heavy.concurrency - light.concurrency)
  const between = (a: number, b: number) => a + (b - a) * share
  const tpotMs = between(light.performance.tpot.meanMs, heavy.performance.tpot.meanMs)
  const seconds = between(
    light.concurrency / light.performance.requestsPerSecond,
    heavy.concurrency / heavy.performance.requestsPerSecond,
  )
  const width = Math.log(heavy.concurrency / light.concurrency)
  const place = Math.log(concurrency / light.concurrency) / width
  // The ends were predicted: room for surprise only in between.
  const better = 1 + widestOptimism * Math.min(1, width / Math.log(widestFactor)) * 4 * place * (1 - place)
  const requestsPerSecond = (concurrency / seconds) * better
  return {
    tokensPerSecondPerUser: (1000 / tpotMs) * better ** 0.5,
    cost: curve.cost.perMillionTokens(
      requestsPerSecond,
      Math.min(light.usdPerHour, heavy.usdPerHour),
      curve.shape.devices,
    ),
    totalTokensPerSecondPerDevice:
      requestsPerSecond *
      (light.performance.totalTokensPerSecondPerDevice / light.performance.requestsPerSecond),
  }
}

/** A load no smaller than the largest within the TPOT objectives; TTFT bends too much to be interpolated. */
export function optimisticLoad(
  light: OperatingPoint,
  heavy: OperatingPoint,
  objectives: readonly Objective[],
): number {
  let load = heavy.concurrency
  for (const objective of objectives) {
    if (objective.metric !== 'tpot') continue
    const a = measuredValueMs(objective, light.performance)
    const b = measuredValueMs(objective, heavy.performance)
    if (b <= objective.limitMs || b <= a) continue
    const share = Math.min(1, ((objective.limitMs - a) / (b - a)) * (1 + widestOptimism))
    load = Math.min(load, light.concurrency + share * (heavy.concurrency - light.concurrency))
  }
  return Math.max(load, light.concurrency)
}
