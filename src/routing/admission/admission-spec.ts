/** What admission is, as JSON: part of a router's specification. docs/models/routing.md#admission explains each field. */

/** What one tenant may have. JSON-able. */
export interface TenantLimits {
  /** Its share against that of other tenants while requests wait. */
  readonly weight: number
  /** null: no limit. */
  readonly requestsPerSecond: number | null
  /** Requests at once; null: those of one second, at least one. */
  readonly requestBurst: number | null
  /** Prompt tokens and tokens asked for; null: no limit. */
  readonly tokensPerMinute: number | null
  /** Tokens at once; null: those of one minute. */
  readonly tokenBurst: number | null
}

/** JSON-able. */
export interface AdmissionSettings {
  /** Requests that may wait; 0: none; null: any number. */
  readonly maximumWaiting: number | null
  /** How long one may wait; null: for ever. */
  readonly maximumWaitSeconds: number | null
  /** Objective for the first token, the wait included; who cannot have it is turned away. null: none. */
  readonly ttftMs: number | null
  /** Predictions count as so many times as long: room for their error. */
  readonly margin: number
  /** Requests with a higher number (less urgent) never wait; null: all may. */
  readonly shedAbovePriority: number | null
  /** What a token of the prompt and of the answer counts in the books of fairness. */
  readonly inputWeight: number
  readonly outputWeight: number
  /** Of every tenant, unless `tenants` says otherwise, field by field. */
  readonly limits: TenantLimits
  readonly tenants: Readonly<Record<string, Partial<TenantLimits>>>
  /** Until who is next asks again by itself. */
  readonly retrySeconds: number
}

/** Left out fields have the defaults. {} is a line of 100 requests that wait a minute at most. */
export type AdmissionSpec = Partial<Omit<AdmissionSettings, 'limits'>> & {
  readonly limits?: Partial<TenantLimits>
}

/**
 * maximumWaiting 100 and maximumWaitSeconds 60: --queue-size and --queue-timeout-secs of the Shepherd Model Gateway, once the SGLang
 * router (its metrics reference, "Admission Queue Metrics", read 2026-11).
 * inputWeight 1 and outputWeight 2: virtual token counters, Sheng et al., OSDI 2024 (Ying1123/VTC-artifact,
 * slora/server/router/vtc_oracle_req_queue.py, commit 122cb7a: input_price, output_price).
 * shedAbovePriority null: llm-d-router's flow control lets sheddable requests wait like others (pkg/epp/flowcontrol/README.md,
 * commit 7c6ba75); without it, its negative priorities, here above 0, are turned away while the pool is saturated.
 * margin 1 and retrySeconds 0.05: assumed; predictions are taken at their word, and a look twenty times a second finds within a few engine
 * steps that a queue got shorter, which nobody tells of.
 */
export const admissionDefaults: Omit<AdmissionSettings, 'limits' | 'tenants'> = {
  maximumWaiting: 100,
  maximumWaitSeconds: 60,
  ttftMs: null,
  margin: 1,
  shedAbovePriority: null,
  inputWeight: 1,
  outputWeight: 2,
  retrySeconds: 0.05,
}

/** Equal shares and no limits. */
export const limitDefaults: TenantLimits = {
  weight: 1,
  requestsPerSecond: null,
  requestBurst: null,
  tokensPerMinute: null,
  tokenBurst: null,
}

/** The settings of a specification. */
export function admissionSettings(spec: AdmissionSpec): AdmissionSettings {
  return {
    ...admissionDefaults,
    ...spec,
    limits: { ...limitDefaults, ...spec.limits },
    tenants: spec.tenants ?? {},
  }
}
