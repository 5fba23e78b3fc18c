/** From a specification to a router. */
import type { RandomSource } from '../core/random.ts'
import { AdmissionRouter } from './admission/admission-router.ts'
import { admissionSettings } from './admission/admission-spec.ts'
import { parseRouterSpec } from './check-router-spec.ts'
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

/**
 * The router of a specification. The same specification, seed and calls give the same decisions. `name` tells the random
 * streams of several routers of one run apart. Throws a TokenwrightError ('usage') for a specification that makes no sense.
 */
export function createRouter(spec: RouterSpec, random: RandomSource, name = 'router'): CreatedRouter {
  const checked = parseRouterSpec(spec, name)
  const { ranking, picker, index } = policyParts(checked, pick => createPicker(pick, random.stream(name)))
  const { kind, admission } = checked
  const refusal = { ...refusalDefaults, ...checked.refusal }
  const policy = new PolicyRouter({
    kind,
    ranking,
    picker,
    index,
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

function policyParts(spec: PolicySpec, pick: (spec: PickerSpec) => Picker): PolicyParts {
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
        index: createPrefixIndex(spec.index ?? { kind: 'estimated' }),
      }
    case 'kv-aware':
      return kvAwareParts(spec, pick)
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
        index: optionalIndex(spec.index),
      }
    case 'weighted': {
      const weighted = spec.scorers ?? weightedDefaults
      return {
        ranking: rankByWeights(weighted),
        picker: pick(spec.picker ?? { kind: 'best' }),
        index: optionalIndex(spec.index),
      }
    }
  }
}

function kvAwareParts(
  spec: PolicySpec & { kind: 'kv-aware' },
  pick: (spec: PickerSpec) => Picker,
): PolicyParts {
  const indexSpec: PrefixIndexSpec = spec.index ?? { kind: 'events' }
  const blockTokens = spec.blockTokens ?? indexSpec.blockTokens ?? prefixIndexDefaults.blockTokens
  const overlapWeight = spec.overlapWeight ?? kvAwareDefaults.overlapWeight
  return {
    ranking: rankByKvCost({ overlapWeight, blockTokens }),
    picker: pick({ kind: 'softmax', temperature: spec.temperature ?? kvAwareDefaults.temperature }),
    index: createPrefixIndex(indexSpec),
  }
}

/** Left out: estimated. null: caches do not count. */
function optionalIndex(spec: PrefixIndexSpec | null | undefined): PrefixIndex | null {
  return spec === null ? null : createPrefixIndex(spec ?? { kind: 'estimated' })
}
