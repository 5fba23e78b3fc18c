/**
 * What every trace parser hands on: one request with its place in a session, and how a fault of a line is said.
 * Formats and their sources: docs/guides/traces.md.
 */
import { TokenwrightError } from '../core/errors.ts'
import type { BlockId } from './trace-blocks.ts'

/** One request as the trace states it. */
export interface TraceRequest {
  /** Seconds from any fixed origin; null when the trace has no arrival times. */
  readonly arrivalSeconds: number | null
  /** Prompt tokens incl. cached ones. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** Prompt tokens served from a prefix cache as the trace states; null when it does not. */
  readonly cachedTokens: number | null
  /** Content of the prompt's blocks; null when the trace has none. */
  readonly blocks: TraceBlocks | null
  /** '' where the trace names none. */
  readonly model: string
  /** null: a request of its own. */
  readonly place: SessionPlace | null
}

export interface TraceBlocks {
  /** Content ids, first block first. */
  readonly ids: readonly BlockId[]
  /** null: inferred from the lengths of all prompts. */
  readonly tokensPerBlock: number | null
  /** Ids mean the same within one scope only; 0 is the whole trace. Requests of a scope come in a row. */
  readonly scope: number
}

/** What a turn of a session waits for. */
export interface SessionPlace {
  /** Number of the session, from 0. */
  readonly session: number
  /** Rows (as TraceSink.add numbers them) that must have ended; none: it begins with the session. */
  readonly after: readonly number[]
  /** Seconds between what it waits for (or the start of the session) and its own start; null when nothing says. */
  readonly gapSeconds: number | null
  /** Whether the gap was recorded from the end of those or, where no end is recorded, from the start of the last one. */
  readonly gapFrom: 'end' | 'start'
}

export interface TraceSink {
  /** Takes a request and returns its row, from 0; −1 when it is left out because it has no input or no output tokens. */
  add(request: TraceRequest): number
}

export interface TraceParser {
  readonly format: string
  /** Reads one line. Throws TokenwrightError('trace') naming the line. */
  read(line: string, lineNumber: number, sink: TraceSink): void
  /** The file is over: for forms that are one document. */
  finish?(sink: TraceSink): void
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
      `${field} is «${shownValue(value)}», not a token count`,
      'token counts are whole numbers from 0 to 1,000,000,000',
    )
  }
  return number
}

/** Seconds ≥ 0 as a JSON value; null when it is not stated. */
export function optionalSeconds(
  value: unknown,
  field: string,
  secondsPerUnit: number,
  lineNumber: number,
): number | null {
  if (value === undefined || value === null) return null
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) {
    throw traceFault(
      lineNumber,
      `${field} is «${shownValue(value)}», not a duration`,
      'durations are numbers, 0 or more',
    )
  }
  return number * secondsPerUnit
}

/** Block ids: a list of whole numbers ≥ 0 or of texts; null when it is not stated. */
export function blockIds(value: unknown, field: string, lineNumber: number): readonly BlockId[] | null {
  if (value === undefined || value === null) return null
  const fix = 'a list of whole numbers from 0 on, or of texts, first block first'
  if (!Array.isArray(value)) throw traceFault(lineNumber, `${field} is not a list of ids`, fix)
  for (let index = 0; index < value.length; index++) {
    const id: unknown = value[index]
    if (typeof id === 'string' || (typeof id === 'number' && Number.isInteger(id) && id >= 0)) continue
    throw traceFault(lineNumber, `${field}[${index}] is «${shownValue(id)}», not an id`, fix)
  }
  return value as readonly BlockId[]
}

/** A line as a JSON object. */
export function parseObject(line: string, lineNumber: number): Readonly<Record<string, unknown>> {
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch {
    throw traceFault(
      lineNumber,
      'not valid JSON',
      'one complete JSON object per line; the file may be cut off',
    )
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw traceFault(
      lineNumber,
      'not a JSON object',
      'one object per line, e.g. {"timestamp": 0, "input_length": 1200, "output_length": 200}',
    )
  }
  return row as Readonly<Record<string, unknown>>
}

/** Cached tokens are part of the prompt. */
export function checkCached(cachedTokens: number | null, inputTokens: number, lineNumber: number): void {
  if (cachedTokens === null || cachedTokens <= inputTokens) return
  throw traceFault(
    lineNumber,
    `${cachedTokens} cached tokens in a prompt of ${inputTokens}`,
    'cached tokens are part of the input: count them in both',
  )
}

/** A value of the file in a message: short, whatever it is. */
export function shownValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`
}
