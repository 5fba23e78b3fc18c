/** Which layouts exist: what engines refuse at start-up is refused here, with the reason. */
import type { Accelerator } from '../catalog/types.ts'
import type { ModelArchitecture } from '../model/architecture.ts'
import type { Infeasible, Parallelism } from './deployment.ts'

/** Null when the layout is possible. */
export function checkLayout(
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  parallelism: Parallelism,
): Infeasible | null {
  const { tensor, pipeline, attentionData, expert } = parallelism
  for (const [name, value] of Object.entries(parallelism)) {
    if (!Number.isInteger(value) || value < 1)
      return refuse(`${name} parallelism is ${value}; it must be a whole number ≥ 1`)
  }
  if ((tensor * attentionData) % expert !== 0) {
    return refuse(
      `expert parallelism ${expert} does not divide tensor × attention-data = ${tensor * attentionData}`,
    )
  }
  if (pipeline > architecture.layers)
    return refuse(`${pipeline} pipeline stages exceed ${architecture.layers} layers`)
  for (const group of architecture.layerGroups) {
    const a = group.attention
    if ((a.kind === 'gqa' || a.kind === 'mla') && a.queryHeads % tensor !== 0) {
      return refuse(`tensor parallelism ${tensor} does not divide ${a.queryHeads} query heads`)
    }
    if (group.feedForward.kind === 'moe' && expert > group.feedForward.experts) {
      return refuse(`expert parallelism ${expert} exceeds ${group.feedForward.experts} experts`)
    }
  }
  if (accelerator.peakFlopsPerSecond.bf16 === null && accelerator.peakFlopsPerSecond.fp8 === null) {
    return {
      feasible: false,
      reason: 'format-unsupported',
      detail: `no dense matrix rate is known for ${accelerator.name}`,
      shortfall: null,
    }
  }
  return null
}

function refuse(detail: string): Infeasible {
  return { feasible: false, reason: 'layout-unsupported', detail, shortfall: null }
}
