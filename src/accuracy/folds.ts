/** How measured points are held out: by configuration group, by whole model, by whole accelerator; never random rows. */
import type { PreparedPoint } from './evaluate-point.ts'

export type FoldKind = 'configuration' | 'model' | 'accelerator'

export const foldKinds: readonly FoldKind[] = ['configuration', 'model', 'accelerator']

/** Folds of the configuration split. */
const configurationFolds = 5

/**
 * Name of the fold a point is held out in. Configuration groups are the same in every file (files overlap, so a group
 * must leave as a whole from all of them) and spread over five folds by a hash of their name.
 */
export function foldOf(kind: FoldKind, prepared: PreparedPoint): string {
  const { cell } = prepared
  switch (kind) {
    case 'configuration':
      return `fold ${hash(configurationGroup(prepared)) % configurationFolds}`
    case 'model':
      return cell.modelKey
    case 'accelerator':
      return cell.acceleratorId
  }
}

/** Model × accelerator × engine × precision × layout × mode × speculation, independent of file and load. */
export function configurationGroup(prepared: PreparedPoint): string {
  const { deployment } = prepared.point
  const { cell } = prepared
  const layout = (p: { tensor: number; pipeline: number; attentionData: number; expert: number }) =>
    `t${p.tensor}p${p.pipeline}d${p.attentionData}e${p.expert}`
  const pools =
    deployment.mode === 'aggregated'
      ? layout(deployment.pool.parallelism)
      : `${deployment.prefill.replicas}x${layout(deployment.prefill.parallelism)}-${deployment.decode.replicas}x${layout(deployment.decode.parallelism)}`
  return [
    cell.modelId,
    cell.acceleratorId,
    deployment.engine,
    deployment.precision.preset,
    pools,
    deployment.speculation === null ? 'plain' : deployment.speculation.method,
  ].join('|')
}

/** FNV-1a, 32 bit: a stable spread that does not depend on row order. */
export function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    value ^= text.charCodeAt(i)
    value = Math.imul(value, 0x01000193) >>> 0
  }
  return value >>> 0
}
