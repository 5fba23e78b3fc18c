/**
 * Headers are passed on by name, never by default: what is not on a list here stays behind. So no client header chooses a host,
 * carries its key to an upstream, or ends a request early, and no upstream header tells clients of the gateway's account.
 */
import { GatewayError } from './gateway-error.ts'

/** From the client to the upstream. The upstream's own key comes from the configuration. */
export const passedRequestHeaders: ReadonlySet<string> = new Set([
  'accept',
  'content-type',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'baggage',
  'x-request-id',
  'x-session-id',
  'anthropic-version',
  'anthropic-beta',
  'openai-beta',
])

/**
 * From the upstream to the client. Not the upstream's rate limits: they are the gateway's, and a client that slows down for
 * them slows down for other tenants.
 */
export const passedResponseHeaders: ReadonlySet<string> = new Set([
  'content-type',
  'cache-control',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'request-id',
  'openai-processing-ms',
  'openai-version',
])

/** Those of RFC 9110 §7.6.1 and its predecessors: they mean this connection, and end with it. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Twice, they make two requests of one for somebody on the way, or two callers. */
const singular: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'content-type',
  'content-encoding',
  'host',
  'authorization',
  'x-api-key',
  'api-key',
])

export interface HeaderLimits {
  readonly count: number
  /** Of names and values together. */
  readonly bytes: number
}

/** Assumed; bytes as Node's own parser allows by default (--max-http-header-size, 16 KiB). */
export const defaultHeaderLimits: HeaderLimits = { count: 100, bytes: 16 * 1024 }

/** A name as RFC 9110 §5.6.2 allows it. */
const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Never in a value: control characters but the tab, and what is no byte in latin1 (RFC 9110 §5.5). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const badValuePattern = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/

export interface CheckedHeaders {
  /** By lower-case name; what came more than once is joined by commas (RFC 9110 §5.3). */
  readonly values: ReadonlyMap<string, string>
  /** Names that the Connection header makes hop-by-hop. */
  readonly forThisHop: ReadonlySet<string>
}

/**
 * Reads a request's headers in the form of Node's rawHeaders: name, value, name, value. Throws a GatewayError: 400 for what
 * cannot be a header, comes twice and may not, or tells two lengths of the body; 431 for too many. Values are never
 * repeated in a message: they may be keys.
 */
export function checkRequestHeaders(
  raw: readonly string[],
  limits: HeaderLimits = defaultHeaderLimits,
): CheckedHeaders {
  if (raw.length > 2 * limits.count) throw tooMany(`more than ${limits.count} headers`)
  const values = new Map<string, string>()
  let bytes = 0
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [raw[index]!, raw[index + 1]!]
    bytes += name.length + value.length
    if (bytes > limits.bytes) throw tooMany(`more than ${limits.bytes} bytes of headers`)
    if (!namePattern.test(name)) throw badHeader('the name of a header has a character that none can have')
    const lower = name.toLowerCase()
    if (badValuePattern.test(value))
      throw badHeader(`the header ${lower} has a character that none can have`, lower)
    const before = values.get(lower)
    if (before !== undefined && singular.has(lower)) throw badHeader(`the header ${lower} comes twice`, lower)
    values.set(lower, before === undefined ? value : `${before}, ${value}`)
  }
  checkLength(values)
  return { values, forThisHop: namesIn(values.get('connection')) }
}

/** RFC 9112 §6.1: a body with two lengths is how requests are smuggled. */
function checkLength(values: ReadonlyMap<string, string>): void {
  const length = values.get('content-length')
  const coding = values.get('transfer-encoding')
  if (length !== undefined && coding !== undefined) {
    throw badHeader('content-length and transfer-encoding exclude each other', 'content-length')
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length))
    throw badHeader('content-length must be a number of bytes', 'content-length')
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    throw badHeader('transfer-encoding may be chunked only', 'transfer-encoding')
}

/** Throws a GatewayError (415) unless the body is JSON, in no compressed form; `multipart` for audio instead. */
export function checkContentType({ values }: CheckedHeaders, expected: 'json' | 'multipart'): void {
  const coding = values.get('content-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    // A megabyte that unpacks to a gigabyte is why.
    throw new GatewayError(415, 'unsupported_media_type', 'compressed bodies are not read', {
      param: 'content-encoding',
    })
  }
  const kind = (values.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
  const fits = expected === 'json' ? kind === 'application/json' : kind === 'multipart/form-data'
  if (!fits) {
    const wanted = expected === 'json' ? 'application/json' : 'multipart/form-data'
    throw new GatewayError(415, 'unsupported_media_type', `content-type must be ${wanted}`, {
      param: 'content-type',
    })
  }
}

/** What of a client's headers goes upstream; `more` names further ones that the configuration lets through. */
export function upstreamHeaders(
  { values, forThisHop }: CheckedHeaders,
  more: ReadonlySet<string> = none,
): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const [name, value] of values) {
    if (isPassed(name, forThisHop, passedRequestHeaders, more)) passed[name] = value
  }
  return passed
}

/** What of an upstream's headers goes to the client. What cannot be a header is left out: the answer is worth more. */
export function clientHeaders(
  raw: readonly string[],
  more: ReadonlySet<string> = none,
): Record<string, string> {
  const passed: Record<string, string> = {}
  const forThisHop = new Set<string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]!.toLowerCase() === 'connection')
      for (const name of namesIn(raw[index + 1])) forThisHop.add(name)
  }
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [raw[index]!.toLowerCase(), raw[index + 1]!]
    if (!isPassed(name, forThisHop, passedResponseHeaders, more)) continue
    if (badValuePattern.test(value) || Object.hasOwn(passed, name)) continue
    passed[name] = value
  }
  return passed
}

const none: ReadonlySet<string> = new Set()

/** Lengths are told anew by whoever sends, and keys and hosts are never a client's to choose, whatever a list says. */
const neverPassed: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-encoding',
  'authorization',
  'x-api-key',
  'api-key',
  'cookie',
  'set-cookie',
  'expect',
  'forwarded',
])

function isPassed(
  name: string,
  forThisHop: ReadonlySet<string>,
  listed: ReadonlySet<string>,
  more: ReadonlySet<string>,
): boolean {
  if (!listed.has(name) && !more.has(name)) return false
  return namePattern.test(name) && !hopByHop.has(name) && !forThisHop.has(name) && !neverPassed.has(name)
}

function namesIn(list: string | undefined): ReadonlySet<string> {
  if (list === undefined) return none
  return new Set(list.split(',').map(name => name.trim().toLowerCase()))
}

function badHeader(message: string, param?: string): GatewayError {
  return new GatewayError(400, 'invalid_header', message, param === undefined ? {} : { param })
}

function tooMany(what: string): GatewayError {
  return new GatewayError(431, 'request_too_large', what)
}
