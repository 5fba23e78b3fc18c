/** How deployments and offers are written in the file. Every field is explained in docs/reference/gateway-config.md (a test compares). */
import { z } from 'zod'
import { priceClasses, serviceTiers } from '../../market/index.ts'
import { amount, count, decimalUsd, name, positive, shortFor, text, timerMs } from './config-values.ts'
import { dataPolicies } from './gateway-config.ts'

const upstream = {
  upstreamModel: text.optional(),
  dialect: z.enum(['openai', 'anthropic']).optional(),
  apiKey: text.optional(),
  headers: z.record(text, z.string().max(10_000)).optional(),
  passHeaders: z.array(text).optional(),
  outputLimitField: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
  engineFields: z.boolean().optional(),
  injectUsage: z.boolean().optional(),
  connectTimeoutMs: timerMs.optional(),
  connections: count.nullable().optional(),
  region: text.optional(),
  quantization: text.optional(),
  contextTokens: count.nullable().optional(),
  outputTokens: count.nullable().optional(),
  dataPolicy: z.enum(dataPolicies).optional(),
  performance: z.strictObject({ ttftMs: amount, msPerPromptToken: amount, tpotMs: amount }).optional(),
  capacity: count.nullable().optional(),
}

const replica = shortFor(
  'url',
  z.strictObject({
    url: text,
    name: name.optional(),
    metrics: z.union([z.literal(false), text], { error: 'expected an address, or false' }).optional(),
    events: shortFor(
      'publish',
      z.strictObject({
        publish: text,
        mode: z.enum(['connect', 'listen']).optional(),
        replay: text.nullable().optional(),
        ranks: z.int().min(1).max(1024).optional(),
        topic: z.string().max(1000).optional(),
      }),
    ).optional(),
    power: text.optional(),
  }),
)

const cost = z.strictObject({
  usdPerReplicaHour: amount.optional(),
  accelerator: text.optional(),
  devices: z.int().min(1).max(100_000).optional(),
  tier: z.enum(['owned', 'reserved', 'on-demand', 'spot']).optional(),
  region: text.optional(),
  provider: text.optional(),
  price: text.optional(),
  energyUsdPerKilowattHour: amount.nullable().optional(),
  watts: z.strictObject({ idle: amount, decode: positive, prefill: positive }).nullable().optional(),
})

export const deploymentSchema = z.strictObject({ replicas: z.array(replica).min(1), cost, ...upstream })

const ownPrices = z.strictObject(
  Object.fromEntries(priceClasses.map(name => [name, decimalUsd.optional()])) as Record<
    (typeof priceClasses)[number],
    z.ZodOptional<typeof decimalUsd>
  >,
)

export const offerSchema = z.strictObject({
  provider: text.optional(),
  model: text.optional(),
  url: text.optional(),
  price: ownPrices.optional(),
  serviceTier: z.enum(serviceTiers).optional(),
  ...upstream,
})

export type DeploymentEntry = z.infer<typeof deploymentSchema>
export type OfferEntry = z.infer<typeof offerSchema>
export type UpstreamEntry = Pick<OfferEntry, keyof typeof upstream>
export type ReplicaEntry = DeploymentEntry['replicas'][number]
export type CostEntry = DeploymentEntry['cost']
