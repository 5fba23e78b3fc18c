/** The layout a row really ran with. Dumps label one and the same layout in several ways (docs/models/measured-rows.md, rule 3). */
import type { Parallelism } from '../../perf/deployment.ts'

/** Sizes as written in a row; null where the cell is empty. */
export interface WrittenLayout {
  readonly tensor: number | null
  readonly pipeline: number | null
  readonly attentionData: number | null
  readonly moeTensor: number | null
  readonly moeExpert: number | null
}

/**
 * Rewrites three labels that cannot mean what they say, then returns the plain layout; null when no size is given.
 *  - tensor or data size n·m with experts n × m, both above 1, where the source multiplies tensor by expert size:
 *    n ranks, with expert parallelism m (`64, 8, 8` is TP8+EP8, `1, dp 64, 8, 8` is DP8+EP8);
 *  - tensor = data = n with n·n experts (vLLM): n ranks of attention data parallelism with n expert ranks;
 *  - everything else as written, an empty or zero expert size meaning 1.
 */
export function canonicalLayout(written: WrittenLayout, multipliedByExperts: boolean): Parallelism | null {
  const tensor = atLeastOne(written.tensor)
  const attentionData = atLeastOne(written.attentionData)
  const pipeline = atLeastOne(written.pipeline)
  const moeTensor = atLeastOne(written.moeTensor)
  const expert = atLeastOne(written.moeExpert)
  if (written.tensor === null && written.attentionData === null) return null
  if (tensor > 1 && tensor === attentionData && expert === tensor * attentionData) {
    return { tensor: 1, pipeline, attentionData, expert: attentionData }
  }
  const ranks = tensor * attentionData
  if (multipliedByExperts && moeTensor > 1 && expert > 1 && ranks === moeTensor * expert) {
    return attentionData > 1
      ? { tensor, pipeline, attentionData: attentionData / expert, expert }
      : { tensor: tensor / expert, pipeline, attentionData, expert }
  }
  return { tensor, pipeline, attentionData, expert }
}

/**
 * Expert sizes that cover other devices than the layout has (rule 14). Only for mixture-of-experts models: dense
 * models carry 1 × 1 whatever the layout.
 */
export function expertsMissTheDevices(written: WrittenLayout, layout: Parallelism): boolean {
  const experts = atLeastOne(written.moeTensor) * atLeastOne(written.moeExpert)
  const rewritten = atLeastOne(written.tensor) * atLeastOne(written.attentionData)
  return experts !== layout.tensor * layout.attentionData && experts !== rewritten
}

/** True when the numbers can be a layout: whole, and expert ranks divide the ranks. */
export function isPossibleLayout(layout: Parallelism): boolean {
  const sizes = [layout.tensor, layout.pipeline, layout.attentionData, layout.expert]
  const ranks = layout.tensor * layout.attentionData
  return sizes.every(size => Number.isInteger(size) && size >= 1) && ranks % layout.expert === 0
}

export { layoutText } from '../../perf/deployment.ts'

function atLeastOne(size: number | null): number {
  return size === null || size < 1 ? 1 : size
}
