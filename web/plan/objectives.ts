/** The objectives' text with one limit read or changed; what it says beside that stays. */
import { parseObjectives } from '../../src/plan/objectives.ts'
import type { Objective } from '../../src/plan/types.ts'
import { formatLimit } from '../../src/report/format-number.ts'

/** Null when the text cannot be read: then only the text itself can be edited. */
export function readObjectives(text: string): Objective[] | null {
  try {
    return parseObjectives(text)
  } catch {
    return null
  }
}

export function objectiveText(objectives: readonly Objective[]): string {
  return objectives
    .map(
      ({ metric, statistic, limitMs }) => `${metric} ${statistic} < ${formatLimit(limitMs).replace(' ', '')}`,
    )
    .join(', ')
}

/** With the first limit of a metric set, added, or (null) taken away. */
export function withLimit(
  objectives: readonly Objective[],
  metric: Objective['metric'],
  limitMs: number | null,
  statistic: Objective['statistic'],
): Objective[] {
  const place = objectives.findIndex(objective => objective.metric === metric)
  const rest = objectives.filter((_, index) => index !== place)
  if (limitMs === null) return rest
  const changed = { metric, statistic, limitMs }
  return place < 0 ? [...objectives, changed] : objectives.with(place, changed)
}
