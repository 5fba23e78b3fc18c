/** What is wrong with a call, as its caller is told: `{"error": {"code", "message"}}`. */

export const controlErrorCodes = [
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'payload_too_large',
  'unsupported_media_type',
  'misdirected',
  'unavailable',
  'internal_error',
] as const
export type ControlErrorCode = (typeof controlErrorCodes)[number]

const statusByCode = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected: 421,
  unavailable: 503,
  internal_error: 500,
} as const satisfies Record<ControlErrorCode, number>

/** Thrown by routes and checks. Its message never repeats a token, a key or a body. */
export class ControlError extends Error {
  readonly code: ControlErrorCode
  readonly status: (typeof statusByCode)[ControlErrorCode]

  constructor(code: ControlErrorCode, message: string) {
    super(message)
    this.name = 'ControlError'
    this.code = code
    this.status = statusByCode[code]
  }
}

export function errorJson(
  code: ControlErrorCode,
  message: string,
): { error: { code: string; message: string } } {
  return { error: { code, message } }
}
