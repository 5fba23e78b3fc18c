/** Names of the groups that rows are held out, judged and compared in. */
import type { Deployment, Pool } from '../../perf/deployment.ts'
import { layoutText } from './canonical-layout.ts'

/** Configuration group: model × accelerator × engine × precision × layout × mode × speculation. */
export function groupOf(modelId: string, deployment: Deployment): string {
  const acceleratorId =
    deployment.mode === 'aggregated' ? deployment.pool.acceleratorId : deployment.decode.acceleratorId
  const layout =
    deployment.mode === 'aggregated'
      ? poolText(deployment.pool)
      : `${poolText(deployment.prefill)} + ${poolText(deployment.decode)}`
  const speculation = deployment.speculation?.method ?? 'no speculation'
  return [
    modelId,
    acceleratorId,
    deployment.engine,
    deployment.precision.preset,
    layout,
    deployment.mode,
    speculation,
  ].join(' | ')
}

/** Decision group: model × accelerator × nominal lengths. */
export function decisionGroupOf(
  modelId: string,
  acceleratorId: string,
  inputTokens: number,
  outputTokens: number,
): string {
  return `${modelId} | ${acceleratorId} | ${inputTokens}x${outputTokens}`
}

function poolText(pool: Pool): string {
  const layout = layoutText(pool.parallelism)
  return pool.replicas === 1 ? layout : `${pool.replicas}×${layout}`
}
