/** What a router is, as JSON: for deployment files, sweeps and reports. Whatever is left out has a documented default. */
import type { AdmissionSpec } from './admission/admission-spec.ts'
import type { SaturationSettings } from './filters.ts'
import type { PickerSpec } from './pickers.ts'
import type { LoadMeasure } from './policies/by-load.ts'
import type { CostSettings } from './policies/cost-under-objectives.ts'
import type { KvAwareSettings } from './policies/kv-aware.ts'
import type { PrefixAwareSettings } from './policies/prefix-aware.ts'
import type { SessionAffinitySettings } from './policies/session-affinity.ts'
import type { WeightedScorer } from './policies/weighted.ts'
import type { RefusalSettings } from './policy-router.ts'
import type { PrefixIndexSpec } from './prefix-index.ts'

export type RouterSpec = PolicySpec & RouterOptions

/** What every policy takes. */
export interface RouterOptions {
  /**
   * Leave saturated candidates out; left out or null: only readiness, model and capacity count. {} takes the defaults.
   * With admission, left out means {}, and whenAll is 'refuse' unless it says otherwise: without, nobody would ever wait.
   */
  readonly saturation?: Partial<SaturationSettings> | null
  readonly refusal?: Partial<RefusalSettings>
  /** A queue in front; left out or null: none. {} takes the defaults. Not for routers of decode pools: their requests are in. */
  readonly admission?: AdmissionSpec | null
}

export type PolicySpec =
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'random' }
  | { readonly kind: 'least-loaded'; readonly by?: LoadMeasure }
  /** Power of two choices. */
  | { readonly kind: 'two-choices'; readonly by?: LoadMeasure }
  | ({ readonly kind: 'prefix-aware'; readonly index?: PrefixIndexSpec } & Partial<PrefixAwareSettings>)
  | ({
      readonly kind: 'kv-aware'
      readonly index?: PrefixIndexSpec
      readonly temperature?: number
    } & Partial<KvAwareSettings>)
  | ({ readonly kind: 'session-affinity' } & Partial<SessionAffinitySettings>)
  /** Objectives are not optional: null says that there is none. */
  | ({ readonly kind: 'cost'; readonly index?: PrefixIndexSpec | null } & Pick<
      CostSettings,
      'ttftMs' | 'tpotMs'
    > &
      Partial<CostSettings>)
  | {
      readonly kind: 'weighted'
      readonly index?: PrefixIndexSpec | null
      readonly scorers?: readonly WeightedScorer[]
      readonly picker?: PickerSpec
    }

export type PolicyKind = PolicySpec['kind']

export const policyKinds: readonly PolicyKind[] = [
  'round-robin',
  'random',
  'least-loaded',
  'two-choices',
  'prefix-aware',
  'kv-aware',
  'session-affinity',
  'cost',
  'weighted',
]

/** Assumed: turn away at once, and let clients ask again after a second. Queues are admission's business (admission/). */
export const refusalDefaults: RefusalSettings = {
  noCandidate: 'reject',
  full: 'reject',
  retryAfterSeconds: 1,
}
