/** The head of what a client gets: of an answer, and of an error. */

import type { Explanation } from '../dispatch/types.ts'
import type { ErrorDialect, GatewayError } from '../wire/index.ts'
import { clientHeaders, errorBody, errorHeaders } from '../wire/index.ts'
import type { AnswerSink } from './answer-sink.ts'
import type { Attempt } from './attempt.ts'
import type { Sending } from './request-books.ts'
import { explainHeader } from './request-hints.ts'

/** headers: the upstream's. explained: what the client asked to be told of the decision; null: nothing. */
export function answerHeaders(
  headers: ReadonlyMap<string, string>,
  isStream: boolean,
  requestId: string,
  dialect: ErrorDialect,
  explained: string | null,
): Record<string, string> {
  const raw: string[] = []
  for (const [name, value] of headers) raw.push(name, value)
  const passed = clientHeaders(raw)
  passed['content-type'] = isStream
    ? 'text/event-stream; charset=utf-8'
    : (passed['content-type'] ?? 'application/json')
  if (isStream) {
    passed['cache-control'] = 'no-cache'
    // nginx would hold tokens back otherwise (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering).
    passed['x-accel-buffering'] = 'no'
  }
  Object.assign(passed, idHeaders(requestId, dialect))
  if (explained !== null) passed[explainHeader] = explained
  return passed
}

/** Anthropic's clients look for another name. */
function idHeaders(requestId: string, dialect: ErrorDialect): Record<string, string> {
  return dialect === 'anthropic'
    ? { 'x-request-id': requestId, 'request-id': requestId }
    : { 'x-request-id': requestId }
}

/** The decision beside what came of it, as far as it is known when the answer begins; the rest is at the control plane. */
export function explainedSending(attempt: Attempt, choice: Sending): string | null {
  if (choice.explanation === null) return null
  const { usage } = attempt.facts
  const ttftMs = (attempt.firstTextUs - attempt.sentUs) / 1000
  return asciiJson({
    ...choice.explanation,
    sent: attempt.candidate.name,
    attempt: attempt.number,
    predicted: {
      cachedTokens: choice.expectedCachedTokens,
      ttftMs: choice.predictedTtftMs,
      usd: choice.predictedNanoUsd === null ? null : Number(choice.predictedNanoUsd) / 1e9,
    },
    realised: {
      cachedTokens: usage === null ? null : usage.classes.cachedInput,
      ttftMs: Number.isNaN(ttftMs) ? null : ttftMs,
    },
  })
}

/** The whole answer of an error. */
export function answerError(
  sink: Pick<AnswerSink, 'head' | 'end'>,
  error: GatewayError,
  dialect: ErrorDialect,
  requestId: string,
  explanation: Explanation | null,
): void {
  const body = errorBody(error, dialect, requestId)
  sink.head(error.status, {
    ...errorHeaders(error),
    'content-length': String(body.length),
    ...idHeaders(requestId, dialect),
    ...(explanation === null ? {} : { [explainHeader]: asciiJson(explanation) }),
  })
  sink.end(body)
}

/** Of headers: most servers on the way take 8 KiB of them in all (assumed); what is longer loses its candidates. */
const longestHeader = 6000

function asciiJson(value: object): string {
  const inAscii = (json: string): string =>
    json.replace(/[^\u0020-\u007e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const json = inAscii(JSON.stringify(value))
  return json.length <= longestHeader
    ? json
    : inAscii(JSON.stringify({ ...value, candidates: 'too many for a header' }))
}
