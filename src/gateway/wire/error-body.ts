/**
 * Errors in the words of both dialects. OpenAI: `{"error": {message, type, param, code}}` (ErrorObject of its Node client
 * 7.57). Anthropic: `{"type": "error", "error": {type, message}, "request_id"}`
 * (https://docs.claude.com/en/api/errors; kinds as its TypeScript client 1.12 declares them).
 */
import { isObject, parseJson, problemIn, textIn } from '../../bench/endpoints/answer-json.ts'
import { GatewayError, type GatewayErrorCode } from './gateway-error.ts'

export type ErrorDialect = 'openai' | 'anthropic'

/** The body for one dialect, as JSON bytes. `requestId` is the one that the gateway gave; null leaves it out. */
export function errorBody(error: GatewayError, dialect: ErrorDialect, requestId: string | null): Buffer {
  return Buffer.from(
    JSON.stringify(dialect === 'openai' ? openAiError(error) : anthropicError(error, requestId)),
  )
}

/**
 * One event of a stream that had begun with status 200: both official clients throw when they read it. OpenAI's looks for
 * `error` in the data, Anthropic's for the event's name.
 */
export function errorEvent(error: GatewayError, dialect: ErrorDialect, requestId: string | null): Buffer {
  const body = errorBody(error, dialect, requestId).toString('utf8')
  return Buffer.from(dialect === 'openai' ? `data: ${body}\n\n` : `event: error\ndata: ${body}\n\n`)
}

/** Headers that belong to the error: `Retry-After` in whole seconds, rounded up (RFC 9110 §10.2.3). */
export function errorHeaders(error: GatewayError): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (error.retryAfterSeconds !== null)
    headers['retry-after'] = String(Math.max(0, Math.ceil(error.retryAfterSeconds)))
  return headers
}

/** Kinds of OpenAI's errors go by status; `code` is ours, which says more. */
function openAiError({ status, code, message, param }: GatewayError): object {
  return { error: { message, type: openAiType(status, code), param, code } }
}

function openAiType(status: number, code: GatewayErrorCode): string {
  if (code === 'insufficient_quota') return 'insufficient_quota'
  switch (status) {
    case 401:
      return 'authentication_error'
    case 403:
      return 'permission_error'
    case 429:
      return 'rate_limit_error'
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error'
  }
}

function anthropicError({ status, message, param }: GatewayError, requestId: string | null): object {
  // There is no field for the place: the message names it, unless it begins with it already.
  const placed = param === null || message.includes(param) ? message : `${param}: ${message}`
  return {
    type: 'error',
    error: { type: anthropicType(status), message: placed },
    ...(requestId === null ? {} : { request_id: requestId }),
  }
}

function anthropicType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error'
    case 402:
      return 'billing_error'
    case 403:
      return 'permission_error'
    case 404:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 503:
    case 529:
      return 'overloaded_error'
    case 408:
    case 504:
      return 'timeout_error'
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error'
  }
}

/**
 * An upstream's failure as the client may know it: its words, in either dialect, under its status. Its 401, 402 and 403 are
 * about the gateway's key, not the client's, and become 502 without its words. `retryAfter` is the header's value.
 */
export function upstreamError(status: number, body: Buffer, retryAfter: string | null): GatewayError {
  const retryAfterSeconds = readRetryAfter(retryAfter)
  if (status === 401 || status === 402 || status === 403) {
    return new GatewayError(502, 'upstream_error', `the upstream refused the gateway (status ${status})`, {
      retryAfterSeconds,
    })
  }
  const json = parseJson(body)
  const words = isObject(json) ? (problemIn(json) ?? textIn(json, 'message')) || detailOf(json.detail) : ''
  const message = words || `the upstream answered with status ${status}`
  const error = isObject(json) && isObject(json.error) ? json.error : null
  const param = textIn(error, 'param')
  const details = { retryAfterSeconds, ...(param === '' ? {} : { param }) }
  if (status === 529) return new GatewayError(503, 'overloaded', message, details)
  if (status < 400 || status > 599) return new GatewayError(502, 'upstream_error', message, details)
  return new GatewayError(status, codeOf(status), message, details)
}

/** FastAPI's form, which vLLM and SGLang fall back to: `{"detail": text or list}`. */
function detailOf(detail: unknown): string {
  return typeof detail === 'string' ? detail : detail === undefined ? '' : JSON.stringify(detail)
}

function codeOf(status: number): GatewayErrorCode {
  switch (status) {
    case 404:
      return 'not_found'
    case 408:
    case 504:
      return 'timeout'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_exceeded'
    case 503:
      return 'overloaded'
    default:
      return status >= 500 ? 'upstream_error' : 'invalid_request'
  }
}

/** Seconds; null for a date (nobody here knows what time it is) and for what is neither. */
function readRetryAfter(value: string | null): number | null {
  return value !== null && /^\d{1,9}$/.test(value.trim()) ? Number(value) : null
}
