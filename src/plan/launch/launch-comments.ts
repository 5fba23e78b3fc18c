/** What a reader of a launch file should know before running it. */
import type { LaunchPlan, PoolPlan } from './launch-plan.ts'

/** Stands for a draft model: which one is the user's choice. */
export const draftCheckpoint = 'DRAFT_CHECKPOINT'

export function launchComments(plan: LaunchPlan, pool: PoolPlan): string[] {
  const { precision, speculation } = plan.deployment
  const replicas = pool.pool.replicas
  const role = pool.role === 'aggregated' ? 'replica' : `${pool.role} replica`
  const comments = [
    `Written by tokenwright: ${plan.modelId} on ${pool.ranks} × ${pool.accelerator.name} per ${role}.`,
  ]
  if (replicas > 1)
    comments.push(
      pool.role === 'aggregated'
        ? `Start ${replicas} of them behind one load balancer (least outstanding requests).`
        : `Start ${replicas} of them.`,
    )
  if (plan.needsQuantisedCheckpoint) {
    comments.push(
      precision.preset === 'fp8'
        ? 'Weights are quantised to FP8 while loading; a published FP8 checkpoint is more accurate.'
        : `The prediction is for ${precision.preset} weights: replace the model by a checkpoint in ${precision.preset}.`,
    )
  }
  if (speculation !== null) {
    comments.push(
      `Speculation was planned with ${speculation.acceptanceLength} tokens per step (${speculation.acceptanceSource}).`,
    )
    if (speculation.method !== 'mtp')
      comments.push(`Replace ${draftCheckpoint} by a ${speculation.method} draft trained for the model.`)
  }
  if (plan.contextWarning !== null)
    comments.push(`Context is limited to ${plan.maximumModelTokens} tokens: ${plan.contextWarning}.`)
  return comments
}
