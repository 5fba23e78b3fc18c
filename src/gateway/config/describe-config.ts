/**
 * The configuration as others may see it: control plane, logs, bug reports. Every field is named here, so that a new one stays hidden
 * until somebody decides; of secrets it says only that there is one.
 */
import type { Limit } from '../tenants/index.ts'
import type { KeyRecord } from '../tenants/key-record.ts'
import type {
  DeploymentConfig,
  GatewayConfig,
  ModelConfig,
  OfferConfig,
  UpstreamSettings,
} from './gateway-config.ts'

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [field: string]: JsonValue }

/** JSON-able; amounts of money and caps beyond 2^53 as decimal texts. */
export function describeConfig(config: GatewayConfig): { readonly [field: string]: JsonValue } {
  const { ledger, authority, control } = config
  return {
    listen: { ...config.listen },
    control: { host: control.host, port: control.port, token: presence(control.token) },
    limits: { ...config.limits },
    authentication: config.authentication,
    ledger:
      ledger.kind === 'postgres' ? { kind: ledger.kind, url: publicAddress(ledger.url) } : { ...ledger },
    authority:
      authority.kind === 'redis'
        ? { kind: authority.kind, url: publicAddress(authority.url), policy: jsonOf(authority.policy) }
        : { ...authority },
    reservation: { ...config.reservation },
    billing: { ...config.billing },
    sampledDecisions: config.sampledDecisions,
    deployments: config.deployments.map(describeDeployment),
    offers: config.offers.map(describeOffer),
    models: config.models.map(describeModel),
    tenants: Object.fromEntries(
      Object.entries(config.tenants.tenants).map(([tenant, { limits, models }]) => [
        tenant,
        {
          limits: limits.map(describeLimit),
          models: Object.fromEntries(
            Object.entries(models).map(([pattern, limits]) => [pattern, limits.map(describeLimit)]),
          ),
        },
      ]),
    ),
    keys: config.tenants.keys.map(describeKey),
  }
}

function presence(secret: string | null): 'set' | null {
  return secret === null ? null : 'set'
}

/** scheme://host/path; user, password and query left out. */
function publicAddress(address: string): string {
  const url = URL.parse(address)
  return url === null ? '(not shown)' : `${url.protocol}//${url.host}${url.pathname}`
}

function describeDeployment(deployment: DeploymentConfig): JsonValue {
  const { name, upstreamModel, traits, performance, capacity, cost } = deployment
  return {
    name,
    replicas: deployment.replicas.map(replica => ({
      name: replica.name,
      url: replica.url,
      metricsUrl: replica.metricsUrl,
      events: replica.events === null ? null : { ...replica.events },
      powerUrl: replica.powerUrl,
    })),
    upstreamModel,
    upstream: describeUpstream(deployment.upstream),
    traits: { ...traits },
    cost: { ...cost, watts: cost.watts === null ? null : { ...cost.watts } },
    performance: performance === null ? null : { ...performance },
    capacity,
  }
}

function describeOffer(offer: OfferConfig): JsonValue {
  const { name, url, upstreamModel, traits, price, serviceTier, performance, capacity } = offer
  return {
    name,
    url,
    upstreamModel,
    upstream: describeUpstream(offer.upstream),
    traits: { ...traits },
    price:
      price.kind === 'book'
        ? { ...price }
        : { ...price, prices: { ...price.prices } as Record<string, string> },
    serviceTier,
    performance: performance === null ? null : { ...performance },
    capacity,
  }
}

/** Headers by name only: any of them may be a key. */
function describeUpstream(upstream: UpstreamSettings): JsonValue {
  const { apiKey, headers, passHeaders, dialect, outputLimitField, engineFields, injectUsage } = upstream
  return {
    dialect,
    apiKey: presence(apiKey),
    headers: Object.keys(headers),
    passHeaders,
    outputLimitField,
    engineFields,
    injectUsage,
    connectTimeoutMs: upstream.connectTimeoutMs,
    connections: upstream.connections,
  }
}

function describeModel(model: ModelConfig): JsonValue {
  const { alias, aliases, candidates, router, require, attempts, fallbacks, hedging, tokenizer } = model
  return {
    alias,
    aliases,
    candidates,
    router: jsonOf(router),
    require: { ...require },
    attempts: { ...attempts },
    fallbacks,
    hedging: hedging === null ? null : { ...hedging },
    tokenizer,
  }
}

function describeLimit({ measure, window, cap, alertsAt }: Limit): JsonValue {
  return { measure, window, cap: cap.toString(), alertsAt }
}

/** Digests stay behind: with a weak key they could be guessed. */
function describeKey(key: KeyRecord): JsonValue {
  return {
    id: key.id,
    tenant: key.tenant,
    visible: key.versions.map(({ visible }) => visible),
    models: key.models,
    limits: key.limits.map(describeLimit),
    tags: { ...key.tags },
    expiresMs: key.expiresMs,
    isRevoked: key.revokedMs !== null,
  }
}

function jsonOf(value: object): JsonValue {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)),
  ) as JsonValue
}
