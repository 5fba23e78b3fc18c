/**
 * requests.jsonl: a header line, then one line a request, as a run writes it while it goes on. Before the requests of each
 * load stands a line that names it. Times that do not exist are null (JSON has no NaN).
 */
import { TokenwrightError } from '../core/errors.ts'
import type { RequestObservation } from './observation.ts'
import { checkObservation } from './observation-check.ts'

/** First line of the file. Further fields may follow. */
export interface RequestsFileHeader {
  readonly kind: 'start'
  readonly version: 1
  /** Wall clock at 0 µs of the times, ISO 8601. */
  readonly startedAt: string
}

/** The requests that follow belong to the load of this name (LoadPoint.name). */
export interface LoadMarker {
  readonly kind: 'load'
  readonly name: string
}

export type RequestsFileLine =
  | { readonly kind: 'start'; readonly header: RequestsFileHeader }
  | { readonly kind: 'load'; readonly name: string }
  | { readonly kind: 'request'; readonly observation: RequestObservation }

/** The header as a line, without the line end. */
export function requestsFileHeader(startedAt: string): string {
  return JSON.stringify({ kind: 'start', version: 1, startedAt } satisfies RequestsFileHeader)
}

/** The line before the first request of a load, without the line end. */
export function loadMarker(name: string): string {
  return JSON.stringify({ kind: 'load', name } satisfies LoadMarker)
}

/**
 * One request as one line of JSON, without the line end. Called for every request of a run: the arrays of its chunks,
 * typed or not, are written without a copy.
 */
export function observationToJson(observation: RequestObservation): string {
  const { chunks, ...rest } = observation
  const head = JSON.stringify(rest)
  return (
    `${head.slice(0, -1)},"chunks":{"us":[${joined(chunks.us)}],"tokens":[${joined(chunks.tokens)}],` +
    `"coalesced":[${joined(chunks.coalesced)}],"method":"${chunks.method}"}}`
  )
}

/** By the array's own join, which is several times quicker than the general one on typed arrays. */
function joined(values: ArrayLike<number> & { join?: (separator: string) => string }): string {
  return values.join === undefined ? Array.prototype.join.call(values, ',') : values.join(',')
}

/**
 * The request of a line that observationToJson wrote; its chunks are plain arrays.
 * @param where file and line, for errors
 * @throws TokenwrightError 'measurements' when the line is cut off, is no JSON, or lacks a field
 */
export function observationFromJson(line: string, where: string): RequestObservation {
  return checkObservation(parseLine(line, where), where)
}

/** Any line of requests.jsonl. */
export function requestsFileLine(line: string, where: string): RequestsFileLine {
  const value = parseLine(line, where)
  if (typeof value !== 'object' || value === null) {
    throw new TokenwrightError('measurements', 'the line is no JSON object', { where, fix: rerun })
  }
  const kind = 'kind' in value ? value.kind : undefined
  if (kind === 'start') return { kind, header: checkedHeader(value, where) }
  if (kind === 'load') {
    const name = 'name' in value ? value.name : undefined
    if (typeof name === 'string') return { kind, name }
    throw new TokenwrightError('measurements', 'the load has no name', { where, fix: rerun })
  }
  return { kind: 'request', observation: checkObservation(value, where) }
}

const rerun = 'requests.jsonl is written by tokenwright bench --out: take an unchanged one'

function checkedHeader(value: object, where: string): RequestsFileHeader {
  const { version, startedAt } = value as Partial<Record<keyof RequestsFileHeader, unknown>>
  if (version !== 1) {
    throw new TokenwrightError('measurements', `requests.jsonl of version ${String(version)} is not known`, {
      where,
      fix: 'this tokenwright reads version 1; update it',
    })
  }
  if (typeof startedAt !== 'string') {
    throw new TokenwrightError('measurements', 'the header lacks startedAt', { where, fix: rerun })
  }
  return { ...value, kind: 'start', version, startedAt }
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new TokenwrightError(
      'measurements',
      line.trimEnd().endsWith('}') ? 'the line is not valid JSON' : 'the line is cut off',
      { where, fix: 'a run that was killed leaves a last line cut off: delete that line, or measure again' },
    )
  }
}
