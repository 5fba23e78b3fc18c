/**
 * What a well-formed fact is: shapes, closed lists and plausible ranges, with a hint when a number looks like it is in
 * another unit. Loads zod, so import it lazily; the shipped facts are checked by a test, a user's file when it is read.
 */
import { z } from 'zod'
import { isFactDate } from './fact-date.ts'
import type { FactGap, HourlyShape, SystemFacts } from './system-types.ts'
import type { Accelerator, CatalogModel, ElectricityPrice, PowerUsageEffectiveness, Price } from './types.ts'

/** A number within a plausible range; the messages say what the unit is. */
function quantity(unit: string, minimum: number, maximum: number, tooSmall = '', tooLarge = '') {
  const say = (hint: string) => (hint ? `; ${hint}` : '')
  return z
    .number({ error: issue => `must be a number in ${unit}, got ${describe(issue.input)}` })
    .min(minimum, {
      error: issue =>
        Number(issue.input) < 0
          ? `must not be negative, got ${issue.input} ${unit}`
          : `${issue.input} ${unit} is implausibly small${say(tooSmall)}`,
    })
    .max(maximum, { error: issue => `${issue.input} ${unit} is implausibly large${say(tooLarge)}` })
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'number') return String(value)
  return `${Array.isArray(value) ? 'list' : typeof value} ${JSON.stringify(value)}`
}

const text = z.string().trim().min(1, 'must not be empty')
const id = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and hyphens')
const count = z.int('must be a whole number').min(1, 'must be at least 1').max(100_000)
const aliases = z.array(text)

export const provenanceSchema = z.strictObject({
  source: text,
  asOf: z.string().refine(isFactDate, 'must be a date: YYYY, YYYY-MM or YYYY-MM-DD'),
  confidence: z.enum(['measured', 'published', 'analysis', 'estimate', 'unverified']),
  notes: text.exactOptional(),
})

const peak = quantity('FLOP/s', 1e12, 1e18, 'is it in TFLOP/s? use peakTflops', 'use dense FLOP/s').nullable()

const generations = [
  'turing',
  'ampere',
  'ada',
  'hopper',
  'blackwell',
  'blackwell-ultra',
  'rubin',
  'rtx-blackwell',
  'cdna2',
  'cdna3',
  'cdna4',
  'cdna5',
  'tpu',
  'trainium',
  'inferentia',
  'groq',
  'cerebras',
  'gaudi',
  'ascend',
  'other',
] as const

export const acceleratorSchema = z.strictObject({
  id,
  name: text,
  vendor: text,
  generation: z.enum(generations),
  aliases,
  memoryBytes: quantity('bytes', 1e8, 1e13, 'is it in GB? use memoryGB', 'is it bits or the whole system?'),
  memoryBandwidthBytesPerSecond: quantity(
    'bytes/s',
    1e10,
    1e17,
    'is it in GB/s? use memoryBandwidthGBs',
    'is it bits/s or the whole system?',
  ),
  peakFlopsPerSecond: z.strictObject({ bf16: peak, fp8: peak, fp4: peak }),
  scaleUp: z.strictObject({
    domainDevices: count,
    bandwidthBytesPerSecond: quantity('bytes/s', 0, 1e14).refine(
      value => value === 0 || value >= 1e9,
      'bytes/s implausibly small; is it in GB/s? use bandwidthGBs',
    ),
    technology: text,
  }),
  scaleOutBytesPerSecond: quantity('bytes/s', 1e8, 1e13, 'is it in Gbit/s? use scaleOutGbps').nullable(),
  tdpWatts: quantity('watts', 10, 50_000, 'is it in kW?'),
  allInWatts: quantity('watts', 10, 100_000, 'is it in kW?').nullable(),
  devicesPerNode: count,
  launch: text.nullable(),
  engines: z.array(z.enum(['vllm', 'sglang', 'trtllm', 'atom'])),
  provenance: provenanceSchema,
}) satisfies z.ZodType<Accelerator>

export const priceComponents = [
  'capital',
  'host',
  'network',
  'space',
  'cooling',
  'energy',
  'operations',
  'margin',
] as const

export const priceSchema = z.strictObject({
  id,
  acceleratorId: id,
  provider: text,
  tier: z.enum(['owned', 'reserved', 'on-demand', 'spot']),
  usdPerDeviceHour: quantity(
    'USD per device hour',
    0.01,
    200,
    'is it per minute or in thousands?',
    'is it per node or per month? use usdPerNodeHour with devices, or usdPerDeviceMonth',
  ),
  region: text.nullable(),
  includes: z
    .array(z.enum(priceComponents))
    .min(1, 'must name what the price pays for')
    .refine(list => new Set(list).size === list.length, 'must not repeat a component'),
  commitment: text.nullable(),
  provenance: provenanceSchema,
  userSupplied: z.boolean().exactOptional(),
}) satisfies z.ZodType<Price>

export const electricitySchema = z.strictObject({
  id,
  region: text,
  aliases: aliases.exactOptional(),
  kind: text.exactOptional(),
  usdPerKilowattHour: quantity(
    'USD per kWh',
    0.001,
    2,
    'is it per MWh? use usdPerMegawattHour',
    'is it in cents? use centsPerKilowattHour',
  ),
  carbonGramsPerKilowattHour: quantity('g CO2e per kWh', 0, 2000, '', 'is it per MWh?').nullable(),
  provenance: provenanceSchema,
  userSupplied: z.boolean().exactOptional(),
}) satisfies z.ZodType<ElectricityPrice>

export const pueSchema = z.strictObject({
  id,
  scope: text,
  aliases: aliases.exactOptional(),
  pue: quantity('(PUE)', 1, 3, 'a PUE is at least 1', 'a PUE is a ratio, not a percentage'),
  provenance: provenanceSchema,
}) satisfies z.ZodType<PowerUsageEffectiveness>

export const modelSchema = z.strictObject({
  id: text,
  aliases,
  configPath: text,
  publishedTotalParameters: quantity('parameters', 1e6, 1e14, 'is it in billions?').nullable(),
  publishedActiveParameters: quantity('parameters', 1e6, 1e14, 'is it in billions?').nullable(),
  provenance: provenanceSchema,
}) satisfies z.ZodType<CatalogModel>

const watts = quantity('watts', 0, 1e7)
const share = quantity('(share)', 0, 1)

export const systemSchema = z.strictObject({
  id,
  name: text,
  aliases,
  acceleratorId: id,
  devices: count,
  devicesPerHost: count,
  maximumWatts: watts.nullable(),
  typicalWatts: watts.nullable(),
  power: z
    .strictObject({
      fixedWatts: z.strictObject({
        singleSystem: watts,
        multiSystem: watts,
        agentic: watts.nullable(),
        agenticWithHostCache: watts.nullable(),
      }),
      networkWatts: z.strictObject({ singleSystem: watts, multiSystem: watts }),
      fans: z.strictObject({ fullSpeedWatts: watts, minimumDuty: share, maximumDuty: share }),
      supply: z.strictObject({
        capacityWatts: watts,
        efficiencyByLoad: z.array(z.tuple([share, share])).min(2),
      }),
      pue: quantity('(PUE)', 1, 3),
      provenance: provenanceSchema,
    })
    .nullable(),
  capital: z.array(
    z.strictObject({ what: text, usd: quantity('USD', 1000, 1e9), provenance: provenanceSchema }),
  ),
  provenance: provenanceSchema,
}) satisfies z.ZodType<SystemFacts>

export const shapeSchema = z.strictObject({
  id,
  kind: z.enum(['demand', 'tariff']),
  description: text,
  hourly: z
    .array(quantity('(multiplier)', 0, 24))
    .length(24)
    .refine(
      hours => Math.abs(hours.reduce((sum, hour) => sum + hour, 0) / 24 - 1) < 0.01,
      'must have the mean 1',
    ),
  peakToMean: quantity('(ratio)', 1, 24),
  tenMinutePeakToMean: quantity('(ratio)', 1, 144).nullable(),
  clientVariation: quantity('(ratio)', 0, 100).nullable(),
  provenance: provenanceSchema,
}) satisfies z.ZodType<HourlyShape>

export const costParameterSchema = z.strictObject({
  id,
  name: text,
  values: z.record(text, z.number()),
  provenance: provenanceSchema,
})

export const gapSchema = z.strictObject({
  id,
  kind: z.enum(['accelerator', 'price']),
  name: text,
  missing: z.array(text).min(1),
  provenance: provenanceSchema,
}) satisfies z.ZodType<FactGap>

/** One place that is wrong in one entry. */
export interface SchemaIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
  /** Keys the schema does not know, when that is the fault. */
  readonly unknownKeys?: readonly string[]
}

/** Checks one value; an empty list means it is well-formed. */
export function schemaIssues(schema: z.ZodType, value: unknown): SchemaIssue[] {
  const result = schema.safeParse(value)
  if (result.success) return []
  return result.error.issues.map(issue => ({
    path: issue.path.map(part => (typeof part === 'symbol' ? String(part) : part)),
    message: issue.message,
    ...(issue.code === 'unrecognized_keys' ? { unknownKeys: issue.keys } : {}),
  }))
}
