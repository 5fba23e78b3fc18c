/** The whole file, field by field. What a field means and its default: docs/reference/gateway-config.md (a test compares). */
import { z } from 'zod'
import {
  alias,
  amount,
  count,
  countOrZero,
  name,
  port,
  positive,
  share,
  shortFor,
  text,
  timerMs,
  timerSeconds,
  timerSecondsOrZero,
} from './config-values.ts'
import { dataPolicies } from './gateway-config.ts'
import { deploymentSchema, offerSchema } from './upstream-schema.ts'

/** A gibibyte: a request is held in memory as a whole. */
const largestBody = 1024 ** 3

const listen = { host: text.optional(), port: port.optional() }

const limits = z.strictObject({
  bodyBytes: z.int().min(1).max(largestBody).optional(),
  headerBytes: count.optional(),
  headers: count.optional(),
  depth: z.int().min(1).max(1000).optional(),
  connections: count.optional(),
  headersSeconds: timerSeconds.optional(),
  requestSeconds: timerSeconds.optional(),
  waitingAnswerBytes: count.optional(),
  stalledClientSeconds: timerSeconds.optional(),
  drainSeconds: timerSecondsOrZero.optional(),
  drainBytes: countOrZero.optional(),
})

const ledger = shortFor(
  'kind',
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('memory') }),
    z.strictObject({
      kind: z.literal('sqlite'),
      path: text.optional(),
      durability: z.enum(['full', 'normal']).optional(),
    }),
    z.strictObject({ kind: z.literal('postgres'), url: text }),
  ]),
)

/** As AllowancePolicy; divisors are whole numbers in the file and bigint in the code. */
const divisor = z.int().min(1).max(1_000_000_000)
const allowances = z.strictObject({
  leaseTermMs: timerMs.min(100).optional(),
  minimumDivisor: divisor.optional(),
  shareDivisor: divisor.optional(),
  expired: z.enum(['charge', 'return']).optional(),
  whenAway: shortFor(
    'kind',
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('closed') }),
      z.strictObject({ kind: z.literal('open'), divisor }),
    ]),
  ).optional(),
  holdMs: timerMs.min(1000).optional(),
})

const authority = shortFor(
  'kind',
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('memory') }),
    z.strictObject({ kind: z.literal('redis'), url: text, policy: allowances.optional() }),
  ]),
)

const reservation = shortFor(
  'kind',
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('worst-case') }),
    z.strictObject({ kind: z.literal('expected'), margin: z.number().min(1).max(1000) }),
  ]),
)

const attempts = z.strictObject({
  maximum: z.int().min(1).max(100).optional(),
  firstTokenTimeoutMs: timerMs.optional(),
  gapTimeoutMs: timerMs.optional(),
  totalTimeoutMs: timerMs.optional(),
  cooldownAfter: count.optional(),
  cooldownSeconds: timerSeconds.optional(),
  longestCooldownSeconds: timerSeconds.optional(),
})

const require = z.strictObject({
  regions: z.array(text).min(1).optional(),
  quantizations: z.array(text).min(1).optional(),
  dataPolicy: z.enum(dataPolicies).optional(),
  maximumInputUsdPerMillionTokens: amount.optional(),
  maximumOutputUsdPerMillionTokens: amount.optional(),
})

const model = z.strictObject({
  aliases: z.array(alias).optional(),
  candidates: z.array(name).min(1),
  /** Checked by parseRouterSpec of src/routing. */
  policy: z.unknown().optional(),
  objectives: z
    .strictObject({ ttftMs: positive.nullable().optional(), tpotMs: positive.nullable().optional() })
    .optional(),
  /** Checked by parseRouterSpec too. */
  admission: z.unknown().optional(),
  require: require.optional(),
  attempts: attempts.optional(),
  fallbacks: z.array(alias).optional(),
  hedging: z.strictObject({ afterMs: timerMs, maximumUsd: amount }).optional(),
  tokenizer: z.enum(['bytes', 'o200k', 'cl100k', 'engine']).optional(),
})

export const configSchema = z.strictObject({
  listen: z.strictObject(listen).optional(),
  control: z.strictObject({ ...listen, token: text.optional() }).optional(),
  limits: limits.optional(),
  authentication: z.enum(['keys', 'none']).optional(),
  exposeWithoutKeys: z.boolean().optional(),
  ledger: ledger.optional(),
  authority: authority.optional(),
  reservation: reservation.optional(),
  billing: z.strictObject({ intervalSeconds: timerSeconds.min(1).optional() }).optional(),
  sampledDecisions: share.optional(),
  deployments: z.record(name, deploymentSchema).optional(),
  offers: z.record(name, offerSchema).optional(),
  models: z.record(alias, model),
  /** Both checked by readTenantSection. */
  tenants: z.unknown().optional(),
  keys: z.unknown().optional(),
})

export type ConfigEntry = z.infer<typeof configSchema>
export type ModelEntry = ConfigEntry['models'][string]
