/**
 * The gateway's configuration as the rest of the gateway sees it: checked, defaults filled in, secrets resolved, names unique and
 * references whole. Made from YAML or JSON by readGatewayConfig; docs/reference/gateway-config.md says what each field is in the file.
 */

import type { Prices, ServiceTier } from '../../market/index.ts'
import type { RouterSpec } from '../../routing/index.ts'
import type { CacheEventEndpoints } from '../engine-state/index.ts'
import type { AllowancePolicy, TenantSection } from '../tenants/index.ts'
import type { ReservationBasis } from '../tenants/reservation.ts'

export interface GatewayConfig {
  readonly listen: ListenSettings
  readonly control: ControlSettings
  readonly limits: RequestLimits
  /** none: everybody is the tenant `anonymous`; refused unless requests come in by loopback only or `exposeWithoutKeys` is set. */
  readonly authentication: 'keys' | 'none'
  readonly ledger: LedgerSettings
  readonly authority: AuthoritySettings
  readonly reservation: ReservationBasis
  readonly billing: BillingSettings
  /** Share of decisions that go to the ledger with predictions beside results, 0 to 1. */
  readonly sampledDecisions: number
  readonly deployments: readonly DeploymentConfig[]
  readonly offers: readonly OfferConfig[]
  readonly models: readonly ModelConfig[]
  readonly tenants: TenantSection
}

export interface ListenSettings {
  readonly host: string
  readonly port: number
}

export interface ControlSettings extends ListenSettings {
  /** Of the admin API; null: only from loopback, and only reading. */
  readonly token: string | null
}

export interface RequestLimits {
  readonly bodyBytes: number
  readonly headerBytes: number
  readonly headers: number
  /** Of JSON in a body. */
  readonly depth: number
  readonly connections: number
  /** All headers must have come by then, and the whole request. Slow clients are sent away. */
  readonly headersSeconds: number
  readonly requestSeconds: number
  /** Bytes of an answer that wait for a slow client before its upstream is paused. */
  readonly waitingAnswerBytes: number
  /** A client that takes nothing for so long has gone. */
  readonly stalledClientSeconds: number
  /** When a client has gone, its stream is read on for its usage: at most so long, and so many bytes. 0: not at all. */
  readonly drainSeconds: number
  readonly drainBytes: number
}

export type LedgerSettings =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string; readonly durability: 'full' | 'normal' }
  | { readonly kind: 'postgres'; readonly url: string }

export type AuthoritySettings =
  | { readonly kind: 'memory' }
  | { readonly kind: 'redis'; readonly url: string; readonly policy: Partial<AllowancePolicy> }

export interface BillingSettings {
  /** Intervals of deployments are closed this often. */
  readonly intervalSeconds: number
}

/** Engines of one's own: equal replicas, paid by the hour. */
export interface DeploymentConfig {
  readonly name: string
  readonly replicas: readonly ReplicaConfig[]
  /** What the engine calls the model; null: as the client does. */
  readonly upstreamModel: string | null
  readonly upstream: UpstreamSettings
  readonly traits: CandidateTraits
  readonly cost: DeploymentCost
  /** What is assumed of its speed until it was measured; null: nothing, it is learnt. */
  readonly performance: PerformancePrior | null
  /** Requests a replica may hold; null: no limit. */
  readonly capacity: number | null
}

export interface ReplicaConfig {
  /** Unique within the deployment. */
  readonly name: string
  /** Base address: `http://10.0.0.7:8000`, or with the path that stands before /v1. */
  readonly url: string
  /** null: its metrics are not read. */
  readonly metricsUrl: string | null
  /** null: its engine tells nothing of its cache. */
  readonly events: CacheEventEndpoints | null
  /** Of GPUs (DCGM exporter), for energy; null: not measured. */
  readonly powerUrl: string | null
}

/** Somebody else's API, paid by the token. */
export interface OfferConfig {
  readonly name: string
  readonly url: string
  readonly upstreamModel: string | null
  readonly upstream: UpstreamSettings
  readonly traits: CandidateTraits
  /** book: by the shipped price book. own: prices of a contract, dollars per million tokens. */
  readonly price:
    | { readonly kind: 'book'; readonly provider: string; readonly model: string }
    | { readonly kind: 'own'; readonly prices: Prices; readonly ruleId: string }
  readonly serviceTier: ServiceTier
  readonly performance: PerformancePrior | null
  /** Requests under way there at most; null: no limit. */
  readonly capacity: number | null
}

/** How an upstream is spoken to. */
export interface UpstreamSettings {
  readonly dialect: 'openai' | 'anthropic'
  /** Sent as `Authorization: Bearer` (openai) or `x-api-key` (anthropic); null: none. Never logged. */
  readonly apiKey: string | null
  /** Fixed further headers, values may be secrets. */
  readonly headers: Readonly<Record<string, string>>
  /** Client headers passed on beside the usual ones. */
  readonly passHeaders: readonly string[]
  /** How the output is limited there. */
  readonly outputLimitField: 'max_tokens' | 'max_completion_tokens'
  /** An engine that knows top_k and other fields of vLLM, SGLang, llama.cpp. */
  readonly engineFields: boolean
  /** Usage of streams that did not ask for it is asked for, and taken out again. false for servers that refuse stream_options. */
  readonly injectUsage: boolean
  readonly connectTimeoutMs: number
  readonly connections: number | null
}

/** What filters ask about. null: not known. */
export interface CandidateTraits {
  readonly region: string | null
  readonly quantization: string | null
  readonly contextTokens: number | null
  /** Most it writes in one answer; null: up to its context. */
  readonly outputTokens: number | null
  /** What its operator may do with prompts, from strict to loose. */
  readonly dataPolicy: DataPolicy | null
}

/** own: they stay on one's own machines. no-retention < no-training < any. */
export const dataPolicies = ['own', 'no-retention', 'no-training', 'any'] as const
export type DataPolicy = (typeof dataPolicies)[number]

/** What a deployment costs: money per replica and hour, from a price of its own or from a catalog entry; with where it is from. */
export interface DeploymentCost {
  readonly usdPerReplicaHour: number
  readonly devicesPerReplica: number
  /** What stands behind it, for bills and reports: `configuration`, or id of a price in the catalog. */
  readonly priceRuleId: string
  /** Where the price leaves energy out: dollars per kilowatt-hour, overheads (PUE) included. null: it is in the price. */
  readonly energyUsdPerKilowattHour: number | null
  /** Of a replica, where power is not measured: watts when idle, decoding, computing prompts. null: unknown. */
  readonly watts: { readonly idle: number; readonly decode: number; readonly prefill: number } | null
}

/** Of one replica or offer. */
export interface PerformancePrior {
  /** From sent to the first token of a short prompt with nobody else there. */
  readonly ttftMs: number
  /** Beside it, per prompt token to compute. */
  readonly msPerPromptToken: number
  readonly tpotMs: number
}

/** An alias that clients ask for, and who may serve it. */
export interface ModelConfig {
  readonly alias: string
  /** Further names for it. */
  readonly aliases: readonly string[]
  /** Names of deployments and offers. */
  readonly candidates: readonly string[]
  readonly router: RouterSpec
  /** What candidates must be; a request may ask for more (x-tokenwright-require), never for less. */
  readonly require: Requirements
  readonly attempts: AttemptSettings
  /** Aliases tried in order when no candidate of this one can answer. */
  readonly fallbacks: readonly string[]
  readonly hedging: HedgingSettings | null
  /** Blocks of prompts are named by bytes unless a tokenizer is given: `o200k`, `cl100k`, or the engine's own `/tokenize`. */
  readonly tokenizer: 'bytes' | 'o200k' | 'cl100k' | 'engine'
}

/** null: nothing is asked. */
export interface Requirements {
  readonly regions: readonly string[] | null
  readonly quantizations: readonly string[] | null
  /** This or stricter. */
  readonly dataPolicy: DataPolicy | null
  /** Of input and output at the price in force or expected, dollars per million tokens. */
  readonly maximumInputUsdPerMillionTokens: number | null
  readonly maximumOutputUsdPerMillionTokens: number | null
}

export interface AttemptSettings {
  /** In all, the first included; only before the first byte of an answer. */
  readonly maximum: number
  /** Until the first token of an answer. */
  readonly firstTokenTimeoutMs: number
  /** Between two pieces of an answer. */
  readonly gapTimeoutMs: number
  readonly totalTimeoutMs: number
  /** Failures in a row after which a candidate is left out, and for how long at first; doubled each time up to the longest. */
  readonly cooldownAfter: number
  readonly cooldownSeconds: number
  readonly longestCooldownSeconds: number
}

/** A second attempt beside the first that has not answered in time; the gateway pays for the loser. */
export interface HedgingSettings {
  /** No first token after so many milliseconds. */
  readonly afterMs: number
  /** Only if the second attempt is expected to cost at most so many dollars. */
  readonly maximumUsd: number
}
