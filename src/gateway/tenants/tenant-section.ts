/** Tenants and keys of the gateway's configuration: read from parsed YAML or JSON, every fault named by its path. */
import { z } from 'zod'
import { TokenwrightError } from '../../core/errors.ts'
import { nanoUsdFromDecimal, nanoUsdFromNumber } from '../../core/money.ts'
import { checkCap, type Limit, type Measure } from './account.ts'
import { type KeyRecord, newKeyRecord } from './key-record.ts'
import { hashPattern, visiblePattern, withoutKeys } from './virtual-key.ts'
import { windowNames } from './window.ts'

const count = z.int().nonnegative()
const limit = z.strictObject({
  per: z.enum(windowNames),
  requests: count.optional(),
  inputTokens: count.optional(),
  outputTokens: count.optional(),
  totalTokens: count.optional(),
  /** Dollars; as text exact to the nano-dollar. */
  usd: z.union([z.number().nonnegative(), z.string().regex(/^\d+(?:\.\d{1,9})?$/)]).optional(),
  alertsAt: z.array(z.number().gt(0).lte(1)).default([]),
})
const name = z.string().regex(/^[\w.@:-]{1,100}$/, 'letters, digits and . @ : _ - only, 100 at most')
const pattern = z.string().min(1).max(200)
const limited = { limits: z.array(limit).default([]) }
const tenant = z.strictObject({
  ...limited,
  models: z.record(pattern, z.strictObject(limited)).default({}),
})
const moment = z.iso.datetime({ offset: true }).or(z.iso.date())
const key = z.strictObject({
  id: name,
  tenant: name,
  hash: z.string().regex(hashPattern, 'sha256: or hmac-sha256: and 64 hexadecimal digits'),
  visible: z.string().regex(visiblePattern, 'tw- and the first eight characters'),
  /** While the key is rotated: the version before, and when it ends. */
  previous: z
    .strictObject({
      hash: z.string().regex(hashPattern),
      visible: z.string().regex(visiblePattern),
      ends: moment,
    })
    .optional(),
  models: z.array(pattern).optional(),
  tags: z.record(z.string(), z.string()).default({}),
  expires: moment.optional(),
  revoked: z.boolean().default(false),
  ...limited,
})
const section = z.strictObject({
  tenants: z.record(name, tenant).default({}),
  keys: z.array(key).default([]),
})

export interface TenantLimits {
  readonly limits: readonly Limit[]
  /** By alias or glob; aliases that fit one pattern share its account. */
  readonly models: Readonly<Record<string, readonly Limit[]>>
}

export interface TenantSection {
  readonly tenants: Readonly<Record<string, TenantLimits>>
  readonly keys: readonly KeyRecord[]
}

/**
 * @param value parsed; `where` names its file for errors.
 * @throws TokenwrightError with the path of the first fault. A key pasted in the place of its digest is not repeated.
 */
export function readTenantSection(value: unknown, where: string): TenantSection {
  const result = section.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]!
    throw new TokenwrightError('usage', withoutKeys(issue.message), {
      where: withoutKeys([where, ...issue.path.map(String)].join('.')),
      fix: 'see docs/models/tenants.md for the fields of tenants and keys',
    })
  }
  const tenants: Record<string, TenantLimits> = {}
  for (const [id, { limits, models }] of Object.entries(result.data.tenants)) {
    const at = `${where}.tenants.${id}`
    tenants[id] = {
      limits: readLimits(limits, at),
      models: Object.fromEntries(
        Object.entries(models).map(([alias, { limits }]) => [alias, readLimits(limits, `${at}.${alias}`)]),
      ),
    }
  }
  const seen = new Set<string>()
  const keys = result.data.keys.map(entry => {
    const at = `${where}.keys.${entry.id}`
    if (seen.has(entry.id)) throw fault(at, 'two keys have the same id', 'give each an id of its own')
    seen.add(entry.id)
    if (!Object.hasOwn(tenants, entry.tenant)) {
      throw fault(at, `there is no tenant ${entry.tenant}`, 'add it under tenants, or correct the name')
    }
    return readKey(entry, at)
  })
  return { tenants, keys }
}

function readKey(entry: z.infer<typeof key>, at: string): KeyRecord {
  const { id, hash, visible, models, tags, expires, previous } = entry
  const record = newKeyRecord(
    {
      id,
      tenant: entry.tenant,
      digest: { hash, visible },
      models: models ?? null,
      limits: readLimits(entry.limits, at),
      tags,
      expiresMs: expires === undefined ? null : Date.parse(expires),
    },
    0,
  )
  const older =
    previous === undefined
      ? []
      : [{ hash: previous.hash, visible: previous.visible, endsMs: Date.parse(previous.ends) }]
  return { ...record, versions: [...record.versions, ...older], revokedMs: entry.revoked ? 0 : null }
}

function readLimits(entries: readonly z.infer<typeof limit>[], at: string): Limit[] {
  const limits: Limit[] = []
  for (const { per, usd, alertsAt, ...counts } of entries) {
    const caps: [Measure, bigint | number | undefined][] = [
      ['requests', counts.requests],
      ['input-tokens', counts.inputTokens],
      ['output-tokens', counts.outputTokens],
      ['total-tokens', counts.totalTokens],
      ['usd', typeof usd === 'number' ? nanoUsdFromNumber(usd) : nanoUsdFromDecimal(usd ?? '')!],
    ]
    const given = caps.filter(([, cap]) => cap !== undefined && cap !== null)
    if (given.length === 0) throw fault(at, 'a limit without a cap', 'say requests, totalTokens, usd …')
    for (const [measure, cap] of given) {
      if (limits.some(other => other.measure === measure && other.window === per)) {
        throw fault(at, `two caps of ${measure} per ${per}`, 'keep one')
      }
      limits.push({
        measure,
        window: per,
        cap: checkCap(BigInt(cap!), measure, at),
        alertsAt: alertsAt.toSorted((a, b) => a - b),
      })
    }
  }
  return limits
}

function fault(where: string, message: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where, fix })
}
