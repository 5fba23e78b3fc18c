/** Reads deployment.yaml (deployment-file.ts) and checks it against its schema; every fault names the field. */
import { parse } from 'yaml'
import { z } from 'zod'
import { TokenwrightError } from '../../core/errors.ts'
import { engines } from '../../perf/deployment.ts'
import { type DeploymentDescription, schemaName } from './deployment-file.ts'

const format = z.enum(['fp32', 'bf16', 'fp8', 'fp8-block', 'int8', 'nvfp4', 'mxfp4', 'int4'])
const count = z.int().min(1)
const amount = z.number().min(0)
const positive = z.number().positive()

const pool = z.strictObject({
  acceleratorId: z.string().min(1),
  parallelism: z.strictObject({ tensor: count, pipeline: count, attentionData: count, expert: count }),
  replicas: count,
})

const shared = {
  engine: z.enum([...engines, 'atom']),
  precision: z.strictObject({
    preset: z.string(),
    attention: format,
    denseFeedForward: format,
    routedExperts: format,
    sharedExperts: format,
    head: format,
    keyValueCache: format,
  }),
  speculation: z
    .strictObject({
      method: z.enum(['mtp', 'eagle3', 'dspark', 'draft-model', 'ngram']),
      draftTokens: count,
      acceptanceLength: z.number().min(1),
      acceptanceSource: z.string(),
    })
    .nullable(),
}

/** `rows`: how many measured rows the band comes from; written by the planner where it knows. */
const band = z.strictObject({ low: positive, high: positive, rows: amount.exactOptional() })

const document = z.strictObject({
  schema: z.literal(schemaName),
  model: z.string().min(1),
  deployment: z.discriminatedUnion('mode', [
    z.strictObject({
      mode: z.literal('aggregated'),
      ...shared,
      pool,
      feedForwardOffload: z
        .strictObject({ acceleratorId: z.string().min(1), devices: count })
        .nullable()
        .exactOptional(),
    }),
    z.strictObject({ mode: z.literal('disaggregated'), ...shared, prefill: pool, decode: pool }),
  ]),
  load: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('closed'), concurrency: positive, requests: count.nullable() }),
    z.strictObject({ kind: z.literal('open'), requestsPerSecond: positive, arrivalVariation: amount }),
  ]),
  shape: z.strictObject({
    inputTokens: positive,
    outputTokens: positive,
    cachedTokens: amount,
    inputVariation: amount,
    outputVariation: amount,
  }),
  objectives: z.array(
    z.strictObject({
      metric: z.enum(['ttft', 'tpot', 'e2e']),
      statistic: z.enum(['mean', 'p50', 'p90', 'p95', 'p99']),
      limitMs: positive,
    }),
  ),
  prediction: z.strictObject({
    meanTtftMs: amount,
    meanTpotMs: amount,
    requestsPerSecond: positive,
    acceleratorWatts: amount,
    usdPerHour: amount,
    usdPerMillionTokens: amount,
    band: z.strictObject({ tpot: band, ttft: band, cost: band }),
  }),
  priceId: z.string(),
})

/** Reads what formatDeployment wrote. */
export function parseDeployment(text: string, where = 'deployment.yaml'): DeploymentDescription {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw new TokenwrightError('file', `not valid YAML: ${message}`, {
      where,
      fix: 'write it anew with --save-dir',
    })
  }
  const result = document.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]
    const path = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.join('.')
    throw new TokenwrightError(
      'file',
      `not a deployment description: ${path}: ${issue?.message ?? 'invalid'}`,
      {
        where,
        fix: 'write it anew with tokenwright plan --save-dir',
      },
    )
  }
  const { schema: _, ...description } = result.data
  return description
}
