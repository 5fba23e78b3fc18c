/** A candidate with all that is known of it: load, health, speed, tokens. Lives as long as its configuration stays. */

import type { PriceBook } from '../../market/index.ts'
import type { CandidateEstimate } from '../../routing/index.ts'
import type {
  DeploymentConfig,
  OfferConfig,
  PerformancePrior,
  ReplicaConfig,
} from '../config/gateway-config.ts'
import { Breaker } from './breaker.ts'
import type { CandidateLoad } from './candidate-load.ts'
import { createEstimate, type Moment } from './estimate.ts'
import { LearntSpeed } from './learnt-speed.ts'
import { LearntTokens } from './learnt-tokens.ts'
import { createOfferPricing, type OfferPricing, type PriceAlarm } from './offer-pricing.ts'
import { createReplicaPricing, type ReplicaPricing } from './replica-pricing.ts'
import type { Candidate } from './types.ts'

/** Where a candidate comes from, of the configuration. */
export type CandidateSource =
  | { readonly kind: 'replica'; readonly deployment: DeploymentConfig; readonly replica: ReplicaConfig }
  | { readonly kind: 'offer'; readonly offer: OfferConfig }

export interface CandidateEntry {
  readonly candidate: Candidate
  readonly source: CandidateSource
  /** Equal: the same configuration. */
  readonly key: string
  readonly load: CandidateLoad
  readonly breaker: Breaker
  readonly speed: LearntSpeed
  readonly tokens: LearntTokens
  readonly estimate: CandidateEstimate
  readonly offerPricing: OfferPricing | null
  readonly replicaPricing: ReplicaPricing | null
  /** Aliases that may send there. */
  readonly aliases: Set<string>
  /** Whether its events tell all it holds. */
  isTold: boolean
  /** Raised and not over, by name. */
  readonly alarms: Map<string, string>
}

export interface EntrySettings {
  readonly id: number
  readonly load: CandidateLoad
  readonly book: PriceBook
  readonly moment: Moment
  readonly onAlarm: (name: string, detail: string) => void
  /** The one of this name and address before, whose speed stays true though its price or key changed. */
  readonly before: CandidateEntry | null
}

export function createEntry(source: CandidateSource, settings: EntrySettings): CandidateEntry {
  const { id, load, book, moment, before } = settings
  const alarms = new Map<string, string>()
  const onAlarm = (name: PriceAlarm, detail: string) => {
    alarms.set(name, detail)
    settings.onAlarm(name, detail)
  }
  const { url, performance } = partsOf(source)
  const same = before !== null && before.candidate.url === url
  const speed = same ? before.speed : new LearntSpeed(performance, source.kind)
  const tokens = same ? before.tokens : new LearntTokens()
  const offerPricing =
    source.kind === 'offer' ? createOfferPricing(source.offer, book, moment.nowMs, onAlarm) : null
  const replicaPricing =
    source.kind === 'replica' ? createReplicaPricing(source.deployment.cost, speed) : null
  const owner = source.kind === 'offer' ? source.offer : source.deployment
  const candidate: Candidate = {
    id,
    name: nameOf(source),
    target:
      source.kind === 'offer'
        ? { kind: 'offer', offer: source.offer.name }
        : { kind: 'deployment', deployment: source.deployment.name, replica: source.replica.name },
    url,
    upstream: owner.upstream,
    upstreamModel: owner.upstreamModel,
    traits: owner.traits,
    pricing: (offerPricing ?? replicaPricing)!,
  }
  return {
    candidate,
    source,
    key: keyOf(source),
    load,
    breaker: new Breaker(),
    speed,
    tokens,
    estimate: createEstimate(speed, tokens, offerPricing, replicaPricing, moment),
    offerPricing,
    replicaPricing,
    aliases: new Set(),
    isTold: false,
    alarms,
  }
}

export function nameOf(source: CandidateSource): string {
  return source.kind === 'offer' ? source.offer.name : `${source.deployment.name}/${source.replica.name}`
}

/** Candidates with equal keys are the same. Siblings of a replica are no part of it. */
export function keyOf(source: CandidateSource): string {
  if (source.kind === 'offer') return JSON.stringify(source.offer)
  return JSON.stringify([{ ...source.deployment, replicas: null }, source.replica])
}

function partsOf(source: CandidateSource): { url: string; performance: PerformancePrior | null } {
  return source.kind === 'offer'
    ? { url: source.offer.url, performance: source.offer.performance }
    : { url: source.replica.url, performance: source.deployment.performance }
}
