/**
 * Request traces, line by line: which format a file is in, and one request per line.
 * Pure: lines come from trace-file.ts, results go to request-statistics.ts. Formats and their sources: docs/guides/plan.md.
 */
import { TokenwrightError } from '../core/errors.ts'
import { csvTraceParser } from './csv-trace.ts'
import { jsonLinesTraceParser } from './json-lines-trace.ts'

/** One request as the trace states it. */
export interface TraceRequest {
  /** Seconds from any fixed origin; null when the trace has no arrival times. */
  readonly arrivalSeconds: number | null
  /** Prompt tokens incl. cached ones. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** Prompt tokens served from a prefix cache as the trace states; null when it does not. */
  readonly cachedTokens: number | null
  /** Content ids of the prompt's blocks, first block first; null when the trace has none. */
  readonly blockIds: readonly (number | string)[] | null
}

export interface TraceParser {
  readonly format: string
  /** Facts about how the trace was read that an answer must repeat (assumed units, estimated lengths). */
  readonly notes: ReadonlySet<string>
  /** Reads one line; null for the header. Throws TokenwrightError('trace') naming the line. */
  read(line: string, lineNumber: number): TraceRequest | null
}

/** Chooses the parser from the first line. */
export function traceParserFor(firstLine: string): TraceParser {
  return firstLine.trimStart().startsWith('{') ? jsonLinesTraceParser() : csvTraceParser()
}

/** Feeds a parser, so that line numbers, byte-order marks and empty lines are treated in one place. */
export class TraceReader {
  #parser: TraceParser | null = null
  #lineNumber = 0
  #emptyLine: number | null = null
  readonly #source: string

  /** `source` names the file in faults. */
  constructor(source: string) {
    this.#source = source
  }

  get parser(): TraceParser | null {
    return this.#parser
  }

  /** Empty lines are tolerated at the end of the file only. */
  read(rawLine: string): TraceRequest | null {
    this.#lineNumber++
    const line = (this.#lineNumber === 1 ? rawLine.replace(/^\uFEFF/, '') : rawLine).replace(/\r$/, '')
    if (line.trim() === '') {
      this.#emptyLine ??= this.#lineNumber
      return null
    }
    if (this.#emptyLine !== null)
      throw traceFault(this.#emptyLine, 'the line is empty', 'remove it', this.#source)
    this.#parser ??= traceParserFor(line)
    try {
      return this.#parser.read(line, this.#lineNumber)
    } catch (error) {
      if (!(error instanceof TokenwrightError) || error.where !== undefined) throw error
      const where = `${this.#source}:${this.#lineNumber}`
      throw new TokenwrightError(
        'trace',
        error.message,
        error.fix === undefined ? { where } : { where, fix: error.fix },
      )
    }
  }
}

/** `line 17: …`; the reader adds the file. */
export function traceFault(
  lineNumber: number,
  message: string,
  fix: string,
  source?: string,
): TokenwrightError {
  const where = source === undefined ? {} : { where: `${source}:${lineNumber}` }
  return new TokenwrightError('trace', `line ${lineNumber}: ${message}`, { fix, ...where })
}

/** A token count as text or JSON value: a whole number ≥ 0 (written as 12 or 12.0). */
export function tokenCount(value: unknown, field: string, lineNumber: number): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > 1e9) {
    throw traceFault(
      lineNumber,
      `${field} is «${String(value)}», not a token count`,
      'token counts are whole numbers from 0 to 1,000,000,000',
    )
  }
  return number
}
