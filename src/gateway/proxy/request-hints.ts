/** What a client may tell the gateway beside its request, in headers of its own. None of them chooses a host. */
import { type DataPolicy, dataPolicies, type Requirements } from '../config/gateway-config.ts'
import { type CheckedHeaders, GatewayError } from '../wire/index.ts'

export interface RequestHints {
  readonly explain: boolean
  readonly require: Requirements | null
  readonly session: string | null
}

const noHints: RequestHints = { explain: false, require: null, session: null }

export const explainHeader = 'x-tokenwright-explain'
export const requireHeader = 'x-tokenwright-require'
const sessionHeader = 'x-session-id'

/** Throws a GatewayError (400) for a requirement that nobody understands: leaving it out would send the prompt where it may not go. */
export function readHints({ values }: Pick<CheckedHeaders, 'values'>): RequestHints {
  const explain = values.get(explainHeader)
  const required = values.get(requireHeader)
  const session = values.get(sessionHeader)
  if (explain === undefined && required === undefined && session === undefined) return noHints
  return {
    explain: explain === '1' || explain === 'true',
    require: required === undefined ? null : readRequirements(required),
    session: session === undefined || session === '' ? null : session.slice(0, longestSession),
  }
}

/** Of a session's name: assumed, longer than any UUID or path. */
const longestSession = 256

/**
 * `region=eu-west,us-east; quantization=bf16; data-policy=no-training; max-input-usd=1.5; max-output-usd=6`: names separated by
 * semicolons, alternatives by commas, dollars per million tokens.
 */
function readRequirements(text: string): Requirements {
  let regions: readonly string[] | null = null
  let quantizations: readonly string[] | null = null
  let dataPolicy: DataPolicy | null = null
  let maximumInput: number | null = null
  let maximumOutput: number | null = null
  for (const part of text.split(';')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(0, equals)).trim().toLowerCase()
    const value = part.slice(equals + 1).trim()
    if (equals < 0 || value === '') throw notUnderstood(part.trim())
    switch (name) {
      case 'region':
        regions = listOf(value)
        break
      case 'quantization':
        quantizations = listOf(value)
        break
      case 'data-policy':
        if (!dataPolicies.includes(value as DataPolicy)) throw notUnderstood(name)
        dataPolicy = value as DataPolicy
        break
      case 'max-input-usd':
        maximumInput = dollarsOf(name, value)
        break
      case 'max-output-usd':
        maximumOutput = dollarsOf(name, value)
        break
      default:
        throw notUnderstood(name)
    }
  }
  return {
    regions,
    quantizations,
    dataPolicy,
    maximumInputUsdPerMillionTokens: maximumInput,
    maximumOutputUsdPerMillionTokens: maximumOutput,
  }
}

function listOf(value: string): string[] {
  return value.split(',').map(item => item.trim())
}

function dollarsOf(name: string, value: string): number {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(value)) throw notUnderstood(name)
  return Number(value)
}

function notUnderstood(what: string): GatewayError {
  return new GatewayError(
    400,
    'invalid_header',
    `${requireHeader}: “${what.slice(0, 60)}” is not understood; it knows region, quantization, data-policy (${dataPolicies.join(', ')}), max-input-usd and max-output-usd, as name=value separated by semicolons`,
    { param: requireHeader },
  )
}

/** A conversation's number for routers, from its name and tenant: equal names of two tenants are two conversations. −1: none. */
export function sessionNumber(tenant: string, name: string | null): number {
  if (name === null) return -1
  // FNV-1a of 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/): two conversations that meet share an engine, nothing else.
  let hash = 0x811c9dc5
  const text = `${tenant}\n${name}`
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
