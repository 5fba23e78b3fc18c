/** What a client is told when its request is not answered: one error, worded later in the dialect that it speaks. */

/** The request's own fault (4xx), or ours and the upstream's (5xx); `code` says which, for programs. */
export const gatewayErrorCodes = [
  'invalid_json',
  'invalid_request',
  'duplicate_field',
  'unsupported_field',
  'request_too_large',
  'invalid_header',
  'unsupported_media_type',
  'invalid_api_key',
  'permission_denied',
  'insufficient_quota',
  'model_not_found',
  'not_found',
  'rate_limit_exceeded',
  'timeout',
  'overloaded',
  'upstream_error',
  'internal_error',
] as const

export type GatewayErrorCode = (typeof gatewayErrorCodes)[number]

export interface GatewayErrorDetails {
  /** The field, as the client would write it: `messages[2].content[0].source`. */
  readonly param?: string
  /** When to come back; null: nobody knows. */
  readonly retryAfterSeconds?: number | null
}

/**
 * Thrown for a client's fault, and told instead of an answer. It never holds a prompt, a key or a header's value: places and
 * names of fields only, because it is logged.
 */
export class GatewayError extends Error {
  /** Of HTTP: 400 to 599. */
  readonly status: number
  readonly code: GatewayErrorCode
  readonly param: string | null
  readonly retryAfterSeconds: number | null

  constructor(status: number, code: GatewayErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(plain(message, longestMessage))
    this.name = 'GatewayError'
    this.status = status
    this.code = code
    this.param = details.param === undefined ? null : plain(details.param, longestParam)
    this.retryAfterSeconds = details.retryAfterSeconds ?? null
  }
}

/** Names of fields are the client's own words: they are cut, and stay on one line of a log. Lengths assumed. */
const longestParam = 200
const longestMessage = 1000

function plain(text: string, longest: number): string {
  const cut = text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return cut.replace(/[\u0000-\u001f\u007f]/g, ' ')
}

/** 400: the field is there and cannot be meant. */
export function invalidField(param: string, problem: string): GatewayError {
  return new GatewayError(400, 'invalid_request', `${param} ${problem}`, { param })
}

/** 400: the field means something that the chosen upstream has no words for. */
export function unsupportedField(param: string, why: string): GatewayError {
  return new GatewayError(400, 'unsupported_field', `${param} cannot be translated: ${why}`, { param })
}
