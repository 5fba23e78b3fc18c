/**
 * Prefill and decode in pools of their own: the best few pools of each kind (pool-probe.ts) are paired, and the number of
 * replicas per pool follows from matching their rates (DistServe, OSDI '24 §4; AIConfigurator rate matching). The pairing
 * is the one part of the search that is greedy; ratios and loads of the pairs are searched in full.
 */
import { devicesPerReplica } from '../../perf/deployment.ts'
import type { PlanRequest } from '../types.ts'
import { pairShape } from './pair-shape.ts'
import type { PoolChoice, PoolProbe } from './pool-probe.ts'
import type { DeploymentShape } from './shape.ts'

const ratiosKept = 2
const mostReplicas = { prefill: 16, decode: 6 }

/** All pairs of kept pools, each at its best ratios of replicas. */
export function pairedShapes(request: PlanRequest, prefill: PoolProbe, decode: PoolProbe): DeploymentShape[] {
  return prefill
    .prefillPools()
    .flatMap(first =>
      decode
        .decodePools()
        .flatMap(second =>
          matchedReplicas(first, second, request).map(({ prefillReplicas, decodeReplicas }) =>
            pairShape(
              decode.choice,
              first.hardware,
              second.hardware,
              { parallelism: first.parallelism, replicas: prefillReplicas },
              { parallelism: second.parallelism, replicas: decodeReplicas },
              second.speculation,
            ),
          ),
        ),
    )
}

interface Ratio {
  readonly prefillReplicas: number
  readonly decodeReplicas: number
}

/** Replica counts whose rates match best for the money; with a demand, those that carry it are tried as well. */
function matchedReplicas(prefill: PoolChoice, decode: PoolChoice, request: PlanRequest): Ratio[] {
  const prefillDevices = devicesPerReplica(prefill.parallelism)
  const decodeDevices = devicesPerReplica(decode.parallelism)
  const usd = (ratio: Ratio) =>
    ratio.prefillReplicas * prefill.usdPerRequest * prefill.requestsPerSecond +
    ratio.decodeReplicas * decode.usdPerRequest * decode.requestsPerSecond
  const fits = (ratio: Ratio) =>
    ratio.prefillReplicas * prefillDevices + ratio.decodeReplicas * decodeDevices <= request.maximumDevices
  const found: { ratio: Ratio; usdPerRequest: number }[] = []
  for (let decodeReplicas = 1; decodeReplicas <= mostReplicas.decode; decodeReplicas++) {
    const wanted = (decodeReplicas * decode.requestsPerSecond) / prefill.requestsPerSecond
    for (const prefillReplicas of new Set([Math.max(1, Math.floor(wanted)), Math.ceil(wanted)])) {
      const ratio = { prefillReplicas, decodeReplicas }
      // 4 : 2 is two groups of 2 : 1.
      if (prefillReplicas > mostReplicas.prefill || commonDivisor(prefillReplicas, decodeReplicas) > 1)
        continue
      if (!fits(ratio)) continue
      const rate = Math.min(
        prefillReplicas * prefill.requestsPerSecond,
        decodeReplicas * decode.requestsPerSecond,
      )
      found.push({ ratio, usdPerRequest: usd(ratio) / rate })
    }
  }
  // Equal ratios in larger groups gain nothing: the smaller one comes first and wins ties.
  found.sort(
    (a, b) =>
      Math.round((a.usdPerRequest / b.usdPerRequest - 1) * 1e6) ||
      a.ratio.decodeReplicas - b.ratio.decodeReplicas ||
      a.ratio.prefillReplicas - b.ratio.prefillReplicas,
  )
  const kept = found.slice(0, ratiosKept).map(entry => entry.ratio)
  const demand = request.requestsPerSecond
  if (demand !== null) {
    const exact = {
      prefillReplicas: Math.max(1, Math.ceil(demand / prefill.requestsPerSecond)),
      decodeReplicas: Math.max(1, Math.ceil(demand / decode.requestsPerSecond)),
    }
    const known = kept.some(
      r => r.prefillReplicas === exact.prefillReplicas && r.decodeReplicas === exact.decodeReplicas,
    )
    if (!known && fits(exact)) kept.push(exact)
  }
  return kept
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}
