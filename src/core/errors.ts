/**
 * The one error type a user can meet. It says what is wrong, where, and what to do;
 * the command line prints it without a stack trace and exits with a code other than 0.
 */

/** Closed list of error codes; docs/errors.md explains each (a test keeps the two in step). */
export const errorCodes = [
  'usage',
  'unknown-model',
  'unknown-accelerator',
  'unknown-entry',
  'model-config',
  'facts',
  'trace',
  'objective',
  'number',
  'unit',
  'file',
  'measurements',
  'ledger',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface ErrorDetails {
  /** File, line, field or flag in which the fault lies. */
  readonly where?: string
  /** What the user can do about it. */
  readonly fix?: string
}

/** A fault in what the user gave us. Programmer errors are assertions instead (see assert.ts). */
export class TokenwrightError extends Error {
  readonly code: ErrorCode
  readonly where: string | undefined
  readonly fix: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message)
    this.name = 'TokenwrightError'
    this.code = code
    this.where = details.where
    this.fix = details.fix
  }
}
