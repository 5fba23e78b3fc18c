/** Pools of several deployments side by side: their names, and what the deployments disagree about. */
import type { PoolSettings } from '../fleet/types.ts'
import { poolsOf } from '../report/describe-deployment.ts'
import { describeObjective } from '../report/words.ts'
import type { SimulateFlags } from './simulate-flags.ts'
import type { SimulationQuestion } from './simulate-question.ts'

/** Unique names for the pools of several deployments: h200-sxm, and h200-sxm-2 for the second of its kind. */
export function renamed(
  questions: readonly SimulationQuestion[],
  poolsOfEach: readonly (readonly PoolSettings[])[],
): readonly (readonly PoolSettings[])[] {
  if (questions.length === 1) return poolsOfEach
  const taken = new Map<string, number>()
  return poolsOfEach.map((pools, index) =>
    pools.map((pool, position) => {
      const { acceleratorId } = poolsOf(questions[index]!.deployment)[position]!
      const count = (taken.get(acceleratorId) ?? 0) + 1
      taken.set(acceleratorId, count)
      return { ...pool, name: count === 1 ? acceleratorId : `${acceleratorId}-${count}` }
    }),
  )
}

/** What the deployments of a fleet disagree about, and which of them counts. */
export function mixedNotes(questions: readonly SimulationQuestion[], flags: SimulateFlags): string[] {
  const [first, ...others] = questions
  const wordsOf = ({ planned }: SimulationQuestion) =>
    (planned?.objectives ?? []).map(describeObjective).join(', ')
  const differ = others.some(other => wordsOf(other) !== wordsOf(first!))
  return differ && flags.slo === undefined
    ? [`the files were planned for different objectives: those of ${first!.file} count; --slo says otherwise`]
    : []
}
