/** How an upstream is spoken to, and what is known of it: the part that deployments and offers have in common. */
import { passedRequestHeaders, upstreamHeaders } from '../wire/index.ts'
import { defaultConnectTimeoutMs } from './config-defaults.ts'
import { type FaultPath, spoken } from './config-faults.ts'
import type { CandidateTraits, DataPolicy, PerformancePrior, UpstreamSettings } from './gateway-config.ts'
import type { ReadContext } from './read-context.ts'
import { isReference, readSecret } from './secret-reference.ts'
import type { UpstreamEntry } from './upstream-schema.ts'

export interface UpstreamDefaults {
  readonly dialect: UpstreamSettings['dialect']
  readonly outputLimitField: UpstreamSettings['outputLimitField']
  readonly engineFields: boolean
  readonly dataPolicy: DataPolicy | null
}

export interface ReadUpstream {
  readonly upstreamModel: string | null
  readonly upstream: UpstreamSettings
  readonly traits: CandidateTraits
  readonly performance: PerformancePrior | null
  readonly capacity: number | null
}

export function readUpstream(
  entry: UpstreamEntry,
  defaults: UpstreamDefaults,
  path: FaultPath,
  context: ReadContext,
): ReadUpstream {
  return {
    upstreamModel: entry.upstreamModel ?? null,
    upstream: {
      dialect: entry.dialect ?? defaults.dialect,
      apiKey: entry.apiKey === undefined ? null : readSecret(entry.apiKey, [...path, 'apiKey'], context),
      headers: readHeaders(entry.headers ?? {}, [...path, 'headers'], context),
      passHeaders: readPassedHeaders(entry.passHeaders ?? [], [...path, 'passHeaders'], context),
      outputLimitField: entry.outputLimitField ?? defaults.outputLimitField,
      engineFields: entry.engineFields ?? defaults.engineFields,
      injectUsage: entry.injectUsage ?? true,
      connectTimeoutMs: entry.connectTimeoutMs ?? defaultConnectTimeoutMs,
      connections: entry.connections ?? null,
    },
    traits: {
      region: entry.region ?? null,
      quantization: entry.quantization ?? null,
      contextTokens: entry.contextTokens ?? null,
      outputTokens: entry.outputTokens ?? null,
      dataPolicy: entry.dataPolicy ?? defaults.dataPolicy,
    },
    performance: entry.performance ?? null,
    capacity: entry.capacity ?? null,
  }
}

const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Control characters end a header early, and what is no byte in latin1 cannot be sent (RFC 9110 §5.5). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const badValue = /[\u0000-\u001f\u007f]|[^\u0000-\u00ff]/
/** Whoever sends decides these; set from here they would end requests early or choose another host. */
const neverSet: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
])
const secretHeader = /authorization|cookie|api-?key|token|secret|password/i

function readHeaders(
  entries: Readonly<Record<string, string>>,
  path: FaultPath,
  context: ReadContext,
): Record<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(entries)) {
    const at = [...path, name]
    const lower = name.toLowerCase()
    const problem = !headerName.test(name)
      ? 'is no name of a header'
      : neverSet.has(lower)
        ? 'is not a header that can be set'
        : headers.has(lower)
          ? 'comes twice, in other letters'
          : null
    if (problem !== null) {
      context.faults.add(at, problem, 'leave it out')
      continue
    }
    if (isReference(value) || secretHeader.test(name)) {
      const secret = readSecret(value, at, context)
      if (secret !== null) headers.set(lower, secret)
      continue
    }
    if (badValue.test(value)) {
      context.faults.add(
        at,
        'holds a character that no header can carry',
        'use printable characters of latin1',
      )
    } else headers.set(lower, value)
  }
  return Object.fromEntries(headers)
}

function readPassedHeaders(names: readonly string[], path: FaultPath, { faults }: ReadContext): string[] {
  const passed = new Set<string>()
  for (const [index, name] of names.entries()) {
    const lower = name.toLowerCase()
    // The same question the proxy asks: some are never passed on, whatever a list says.
    const sample = { values: new Map([[lower, '']]), forThisHop: new Set<string>() }
    if (!headerName.test(name)) faults.add([...path, index], 'is no name of a header', 'leave it out')
    else if (!Object.hasOwn(upstreamHeaders(sample, new Set([lower])), lower)) {
      faults.add(
        [...path, index],
        `${spoken(lower)} is never passed on: it carries a key, chooses a host, or belongs to one connection`,
        'leave it out; fixed headers of an upstream stand under headers',
      )
    } else if (!passedRequestHeaders.has(lower)) passed.add(lower)
  }
  return [...passed]
}
