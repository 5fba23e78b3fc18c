/** From a specification that makes sense to a router: no schema is needed, so that a page can do it. */
import type { RandomSource } from '../core/random.ts'
import { AdmissionRouter } from './admission/admission-router.ts'
import { admissionSettings } from './admission/admission-spec.ts'
import { CandidateColumns } from './candidate-columns.ts'
import type { Picker, Ranking } from './decision-view.ts'
import { type SaturationSettings, saturationDefaults } from './filters.ts'
import { createPicker, type PickerSpec } from './pickers.ts'
import { rankAlike, rankByLoad } from './policies/by-load.ts'
import { costDefaults, rankByCost } from './policies/cost-under-objectives.ts'
import { kvAwareDefaults, rankByKvCost } from './policies/kv-aware.ts'
import { prefixAwareDefaults, rankByPrefix } from './policies/prefix-aware.ts'
import { rankBySession, sessionAffinityDefaults } from './policies/session-affinity.ts'
import { rankByWeights, weightedDefaults } from './policies/weighted.ts'
import { PolicyRouter } from './policy-router.ts'
import {
  createPrefixIndex,
  type PrefixIndex,
  type PrefixIndexSpec,
  prefixIndexDefaults,
} from './prefix-index.ts'
import { type PolicySpec, type RouterSpec, refusalDefaults } from './router-spec.ts'

export type CreatedRouter = PolicyRouter | AdmissionRouter

/** What a router may share with whoever made it. */
export interface RouterParts {
  /** In the place of the index of the specification, where its policy looks at caches. */
  readonly index: PrefixIndex
  /** By which the index knows candidates. */
  readonly columns: CandidateColumns
}

/** As createRouter, of a specification that was checked, or that the program wrote itself. */
export function routerOfSpec(
  checked: RouterSpec,
  random: RandomSource,
  name = 'router',
  parts: RouterParts | null = null,
): CreatedRouter {
  const pick = (picker: PickerSpec) => createPicker(picker, random.stream(name))
  const { ranking, picker, index } = policyParts(checked, pick, parts?.index ?? null)
  const { kind, admission } = checked
  const refusal = { ...refusalDefaults, ...checked.refusal }
  const policy = new PolicyRouter({
    kind,
    ranking,
    picker,
    index,
    columns: parts?.columns ?? new CandidateColumns(),
    saturation: saturationOf(checked),
    refusal,
  })
  if (admission === undefined || admission === null) return policy
  const { retryAfterSeconds } = refusal
  return new AdmissionRouter(policy, admissionSettings(admission), { retryAfterSeconds, policy: kind })
}

function saturationOf({ saturation, admission }: RouterSpec): SaturationSettings | null {
  if (admission === undefined || admission === null)
    return saturation === undefined || saturation === null ? null : { ...saturationDefaults, ...saturation }
  return saturation === null ? null : { ...saturationDefaults, whenAll: 'refuse', ...saturation }
}

interface PolicyParts {
  readonly ranking: Ranking
  readonly picker: Picker
  readonly index: PrefixIndex | null
}

type Pick = (spec: PickerSpec) => Picker

/** Whether the policy looks at caches. */
export function usesPrefixIndex(spec: RouterSpec): boolean {
  const { kind } = spec
  if (kind === 'cost' || kind === 'weighted') return spec.index !== null
  return kind === 'prefix-aware' || kind === 'kv-aware'
}

function policyParts(spec: PolicySpec, pick: Pick, given: PrefixIndex | null): PolicyParts {
  switch (spec.kind) {
    case 'round-robin':
      return { ranking: rankAlike, picker: pick({ kind: 'best' }), index: null }
    case 'random':
      return { ranking: rankAlike, picker: pick({ kind: 'random' }), index: null }
    case 'least-loaded':
      return { ranking: rankByLoad(spec.by ?? 'requests'), picker: pick({ kind: 'best' }), index: null }
    case 'two-choices':
      return {
        ranking: rankByLoad(spec.by ?? 'requests'),
        picker: pick({ kind: 'two-choices' }),
        index: null,
      }
    case 'prefix-aware':
      return {
        ranking: rankByPrefix({ ...prefixAwareDefaults, ...spec }),
        picker: pick({ kind: 'best' }),
        index: given ?? createPrefixIndex(spec.index ?? { kind: 'estimated' }),
      }
    case 'kv-aware':
      return kvAwareParts(spec, pick, given)
    case 'session-affinity':
      return {
        ranking: rankBySession({ ...sessionAffinityDefaults, ...spec }),
        picker: pick({ kind: 'best' }),
        index: null,
      }
    case 'cost':
      return {
        ranking: rankByCost({ ...costDefaults, ...spec }),
        picker: pick({ kind: 'best' }),
        index: optionalIndex(spec.index, given),
      }
    case 'weighted': {
      const weighted = spec.scorers ?? weightedDefaults
      return {
        ranking: rankByWeights(weighted),
        picker: pick(spec.picker ?? { kind: 'best' }),
        index: optionalIndex(spec.index, given),
      }
    }
  }
}

function kvAwareParts(
  spec: PolicySpec & { kind: 'kv-aware' },
  pick: Pick,
  given: PrefixIndex | null,
): PolicyParts {
  const indexSpec: PrefixIndexSpec = spec.index ?? { kind: 'events' }
  const blockTokens = spec.blockTokens ?? indexSpec.blockTokens ?? prefixIndexDefaults.blockTokens
  const overlapWeight = spec.overlapWeight ?? kvAwareDefaults.overlapWeight
  return {
    ranking: rankByKvCost({ overlapWeight, blockTokens }),
    picker: pick({ kind: 'softmax', temperature: spec.temperature ?? kvAwareDefaults.temperature }),
    index: given ?? createPrefixIndex(indexSpec),
  }
}

/** Left out: estimated. null: caches do not count. */
function optionalIndex(
  spec: PrefixIndexSpec | null | undefined,
  given: PrefixIndex | null,
): PrefixIndex | null {
  return spec === null ? null : (given ?? createPrefixIndex(spec ?? { kind: 'estimated' }))
}
