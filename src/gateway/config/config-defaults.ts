/**
 * What holds where the file says nothing, and why. "Assumed" is said where no measurement and no document stands behind a number.
 * docs/reference/gateway-config.md repeats every one of them; a test compares.
 */
import { defaultHeaderLimits, defaultScanLimits } from '../wire/index.ts'
import type {
  AttemptSettings,
  BillingSettings,
  LedgerSettings,
  ListenSettings,
  RequestLimits,
} from './gateway-config.ts'

/** Loopback: nobody else may send requests on one's bill until somebody says so. Ports are free of well-known use (chosen). */
export const defaultListen: ListenSettings = { host: '127.0.0.1', port: 4000 }
export const defaultControl: ListenSettings = { host: '127.0.0.1', port: 4001 }

/**
 * bodyBytes, depth, headerBytes, headers: what src/gateway/wire reads by default.
 * headersSeconds 60 and requestSeconds 300: Node's server.headersTimeout and requestTimeout (Node 24).
 * stalledClientSeconds 60: send_timeout of nginx (from memory).
 * connections, waitingAnswerBytes: assumed; ten thousand sockets with a quarter of a megabyte each would be 2.5 GB at worst.
 * drainSeconds, drainBytes: assumed; a stream that has ended for its client is worth seconds of waiting for exact usage, not minutes
 * of generation.
 */
export const defaultLimits: RequestLimits = {
  bodyBytes: defaultScanLimits.bodyBytes,
  headerBytes: defaultHeaderLimits.bytes,
  headers: defaultHeaderLimits.count,
  depth: defaultScanLimits.depth,
  connections: 10_000,
  headersSeconds: 60,
  requestSeconds: 300,
  waitingAnswerBytes: 256 * 1024,
  stalledClientSeconds: 60,
  drainSeconds: 5,
  drainBytes: 1024 * 1024,
}

/** Beside the configuration file. */
export const defaultLedgerFile = 'tokenwright-ledger.sqlite'
/** full: a request that was acknowledged survives a loss of power (docs/models/ledger.md measures what it costs). */
export const defaultDurability: Extract<LedgerSettings, { kind: 'sqlite' }>['durability'] = 'full'

/** The upper end of what docs/models/ledger.md advises: ten seconds to a minute. */
export const defaultBilling: BillingSettings = { intervalSeconds: 60 }

/** Assumed: a tenth of decisions shows within an hour how far predictions are off, and adds a few numbers to an event. */
export const defaultSampledDecisions = 0.1

/** Assumed: connections within a continent take a few hundred milliseconds at worst; retries elsewhere should not wait longer. */
export const defaultConnectTimeoutMs = 5000

/**
 * Assumed: three attempts, two minutes until a first token, one between two tokens. totalTimeoutMs: the default time-out of OpenAI's
 * clients, ten minutes (openai-node 7, client.ts, DEFAULT_TIMEOUT). cooldownAfter 3 and cooldownSeconds 5: LiteLLM's allowed_fails and
 * cooldown_time (from memory). longestCooldownSeconds: assumed.
 */
export const defaultAttempts: AttemptSettings = {
  maximum: 3,
  firstTokenTimeoutMs: 120_000,
  gapTimeoutMs: 60_000,
  totalTimeoutMs: 600_000,
  cooldownAfter: 3,
  cooldownSeconds: 5,
  longestCooldownSeconds: 300,
}

/**
 * Assumed: what somebody who reads along takes as prompt (two seconds) and does not outrun (ten tokens a second). Without any
 * objective the cheapest candidate would get everything, however long it takes there.
 */
export const defaultObjectives = { ttftMs: 2000, tpotMs: 100 } as const

/** Where these providers answer: the base addresses of openai-node and anthropic-sdk-typescript (client.ts of both). */
export const providerAddresses: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com',
  anthropic: 'https://api.anthropic.com',
}

/** Where the price is the catalog's and the file names no tier: the tier `plan` takes as well. */
export const defaultPriceTier = 'reserved'
