/** Checks a router's specification as it comes from a file or a command line; every fault names the field and the way out. */
import { z } from 'zod'
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { type PolicyKind, policyKinds, type RouterSpec } from './router-spec.ts'
import { scorerNames } from './scorers.ts'

const share = z.number().min(0).max(1)
const amount = z.number().min(0)
const positive = z.number().positive()
const count = z.int().min(1)

const index = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('estimated'),
    blockTokens: count.exactOptional(),
    capacityTokens: positive.exactOptional(),
    ttlSeconds: positive.nullable().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('events'),
    blockTokens: count.exactOptional(),
    tierWeights: z.strictObject({ device: share, host: share, disk: share }).exactOptional(),
    predictionSeconds: positive.nullable().exactOptional(),
  }),
])

const limits = z.strictObject({
  weight: positive.exactOptional(),
  requestsPerSecond: positive.nullable().exactOptional(),
  requestBurst: z.number().min(1).nullable().exactOptional(),
  tokensPerMinute: positive.nullable().exactOptional(),
  tokenBurst: z.number().min(1).nullable().exactOptional(),
})

const admission = z.strictObject({
  maximumWaiting: z.int().min(0).nullable().exactOptional(),
  maximumWaitSeconds: positive.nullable().exactOptional(),
  ttftMs: positive.nullable().exactOptional(),
  margin: positive.exactOptional(),
  shedAbovePriority: z.number().nullable().exactOptional(),
  inputWeight: amount.exactOptional(),
  outputWeight: amount.exactOptional(),
  limits: limits.exactOptional(),
  tenants: z.record(z.string(), limits).exactOptional(),
  retrySeconds: positive.exactOptional(),
})

const options = {
  saturation: z
    .strictObject({
      waiting: amount.exactOptional(),
      cacheUse: share.exactOptional(),
      whenAll: z.enum(['ignore', 'refuse']).exactOptional(),
    })
    .nullable()
    .exactOptional(),
  refusal: z
    .strictObject({
      noCandidate: z.enum(['reject', 'wait']).exactOptional(),
      full: z.enum(['reject', 'wait']).exactOptional(),
      retryAfterSeconds: positive.exactOptional(),
    })
    .exactOptional(),
  admission: admission.nullable().exactOptional(),
}

const by = z.enum(['requests', 'pending-tokens']).exactOptional()

const schemas = {
  'round-robin': z.strictObject({ kind: z.literal('round-robin'), ...options }),
  random: z.strictObject({ kind: z.literal('random'), ...options }),
  'least-loaded': z.strictObject({ kind: z.literal('least-loaded'), by, ...options }),
  'two-choices': z.strictObject({ kind: z.literal('two-choices'), by, ...options }),
  'prefix-aware': z.strictObject({
    kind: z.literal('prefix-aware'),
    index: index.exactOptional(),
    matchThreshold: share.exactOptional(),
    imbalanceRequests: amount.exactOptional(),
    imbalanceRatio: z.number().min(1).exactOptional(),
    ...options,
  }),
  'kv-aware': z.strictObject({
    kind: z.literal('kv-aware'),
    index: index.exactOptional(),
    temperature: amount.exactOptional(),
    overlapWeight: amount.exactOptional(),
    blockTokens: count.exactOptional(),
    ...options,
  }),
  'session-affinity': z.strictObject({
    kind: z.literal('session-affinity'),
    key: z.enum(['session', 'tenant']).exactOptional(),
    loadFactor: z.number().min(1).exactOptional(),
    ...options,
  }),
  cost: z.strictObject({
    kind: z.literal('cost'),
    index: index.nullable().exactOptional(),
    ttftMs: positive.nullable(),
    tpotMs: positive.nullable(),
    otherwise: z.enum(['least-violation', 'reject']).exactOptional(),
    margin: positive.exactOptional(),
    errorFactor: z.number().min(1).exactOptional(),
    priceTolerance: amount.exactOptional(),
    reuseWeight: amount.exactOptional(),
    reuseSeconds: positive.exactOptional(),
    outputTokens: positive.nullable().exactOptional(),
    ...options,
  }),
  weighted: z.strictObject({
    kind: z.literal('weighted'),
    index: index.nullable().exactOptional(),
    scorers: z
      .array(z.strictObject({ scorer: z.enum(scorerNames), weight: positive }))
      .min(1)
      .exactOptional(),
    picker: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('best') }),
        z.strictObject({ kind: z.literal('softmax'), temperature: amount }),
        z.strictObject({ kind: z.literal('two-choices') }),
        z.strictObject({ kind: z.literal('random') }),
      ])
      .exactOptional(),
    ...options,
  }),
} satisfies Readonly<Record<PolicyKind, z.ZodType<RouterSpec>>>

/**
 * A router's specification: an object as in RouterSpec, or the name of a policy for its defaults. Throws a TokenwrightError
 * ('usage') that names the field; `where` says where the value came from.
 */
export function parseRouterSpec(value: unknown, where = 'router'): RouterSpec {
  const spec = typeof value === 'string' ? { kind: value } : value
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new TokenwrightError('usage', 'a router is the name of a policy or an object with a "kind"', {
      where,
      fix: `take one of: ${policyKinds.join(', ')}`,
    })
  }
  const kind = 'kind' in spec ? spec.kind : undefined
  const schema = policyKinds.find(name => name === kind)
  if (schema === undefined) throw unknownPolicy(kind, where)
  const result = schemas[schema].safeParse(spec)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw new TokenwrightError('usage', `router ${schema}: ${issue.message}`, {
    where: [where, ...issue.path.map(String)].join('.'),
    fix: issue.path[0] === 'admission' ? admissionFix(issue.path) : fixOf(schema),
  })
}

function unknownPolicy(kind: unknown, where: string): TokenwrightError {
  const near = typeof kind === 'string' ? nearestNames(kind, policyKinds, 1) : []
  const said =
    kind === undefined ? 'a router needs a "kind"' : `no routing policy is called ${JSON.stringify(kind)}`
  return new TokenwrightError('usage', said, {
    where: `${where}.kind`,
    fix: near.length > 0 ? `did you mean ${near[0]}?` : `take one of: ${policyKinds.join(', ')}`,
  })
}

function admissionFix(path: readonly PropertyKey[]): string {
  const ofTenant = path[1] === 'limits' || path[1] === 'tenants'
  const fields = Object.keys((ofTenant ? limits : admission).shape).join(', ')
  return `fields of ${ofTenant ? 'limits, for all and by tenant' : 'admission'}: ${fields}; see docs/models/routing.md#admission`
}

function fixOf(kind: PolicyKind): string {
  if (kind === 'cost')
    return 'cost needs ttftMs and tpotMs in milliseconds, null for no objective; see docs/models/routing.md'
  return `fields of ${kind}: ${Object.keys(schemas[kind].shape).join(', ')}; see docs/models/routing.md`
}
