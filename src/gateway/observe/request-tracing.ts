/**
 * Spans by OpenTelemetry's conventions for generative AI, on its API package alone: whoever wants traces registers an SDK before the gateway
 * starts (`node --import ./tracing.js`), and without one there is nothing to call. Names of attributes:
 * open-telemetry/semantic-conventions-genai, docs/gen-ai/client-inference.md at 024a4f94 (status: development).
 *
 * A request is a SERVER span, child of the client's traceparent; each attempt is a CLIENT span below it. Usage stands on attempts only,
 * so that nobody who adds up spans counts it twice. Spans are made when the request is over, with its own times.
 */
import type { Attributes, Context, SpanContext, Tracer } from '@opentelemetry/api'
import { usdFromNano } from '../../core/money.ts'
import type { UpstreamSettings } from '../config/gateway-config.ts'
import { promptTokens } from './request-counts.ts'
import type { AttemptSummary, RequestSummary } from './request-summary.ts'
import { safeText } from './safe-text.ts'

export interface TracedCandidate {
  readonly url: string
  readonly upstream: Pick<UpstreamSettings, 'dialect'>
  readonly upstreamModel: string | null
}

export interface RequestTracingSettings {
  readonly version: string
  /** What is known of a candidate by its name. */
  readonly candidateOf?: (name: string) => TracedCandidate | null
}

export interface RequestTracing {
  requestEnded(summary: RequestSummary): void
}

type Api = typeof import('@opentelemetry/api')

/** null: no SDK is registered. Looked up once, at the start. */
export async function createRequestTracing(settings: RequestTracingSettings): Promise<RequestTracing | null> {
  const api = await import('@opentelemetry/api')
  const { ProxyTracerProvider, trace } = api
  const provider = trace.getTracerProvider()
  const nobody = new ProxyTracerProvider().getDelegate()
  const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider
  if (delegate === nobody) return null
  const tracer = trace.getTracer('tokenwright', settings.version)
  return { requestEnded: summary => record(api, tracer, settings, summary) }
}

function record(api: Api, tracer: Tracer, settings: RequestTracingSettings, summary: RequestSummary): void {
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api
  const remote = spanContextOf(summary.traceparent)
  const parent = remote === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote)
  const operation = operationOf(summary.api)
  const endMs = summary.startedMs + summary.durationMs
  const span = tracer.startSpan(
    spanName(operation, summary.modelAlias),
    {
      kind: SpanKind.SERVER,
      startTime: summary.startedMs,
      attributes: requestAttributes(summary, operation),
    },
    parent,
  )
  // The client's own faults and its leaving are no errors of a server (OpenTelemetry's HTTP conventions).
  if (summary.outcome === 'failed' || summary.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  const below: Context = trace.setSpan(parent, span)
  let nextMs = summary.startedMs + summary.queuedMs
  for (const attempt of summary.attempts) {
    const startMs = attempt.startedAfterMs === undefined ? nextMs : summary.startedMs + attempt.startedAfterMs
    nextMs = startMs + attempt.durationMs
    const candidate = settings.candidateOf?.(attempt.candidate) ?? null
    const one = tracer.startSpan(
      spanName(operation, candidate?.upstreamModel ?? summary.modelAlias),
      {
        kind: SpanKind.CLIENT,
        startTime: startMs,
        attributes: attemptAttributes(attempt, summary, operation, candidate),
      },
      below,
    )
    if (attempt.outcome === 'failed' || attempt.outcome === 'limited' || attempt.outcome === 'refused')
      one.setStatus({ code: SpanStatusCode.ERROR })
    one.end(nextMs)
  }
  span.end(endMs)
}

function requestAttributes(summary: RequestSummary, operation: string): Attributes {
  const { attempts } = summary
  return {
    'gen_ai.operation.name': operation,
    ...(summary.modelAlias === '' ? {} : { 'gen_ai.request.model': summary.modelAlias }),
    'gen_ai.request.stream': summary.stream,
    'http.response.status_code': summary.status,
    ...(summary.reason === null ? {} : { 'error.type': safeText(summary.reason) }),
    'tokenwright.request.id': safeText(summary.requestId),
    'tokenwright.tenant': safeText(summary.tenant),
    'tokenwright.outcome': summary.outcome,
    'tokenwright.attempts': attempts.length,
    'tokenwright.queue.duration': summary.queuedMs / 1000,
    ...(summary.ttftMs === null ? {} : { 'gen_ai.response.time_to_first_chunk': summary.ttftMs / 1000 }),
    'tokenwright.cost.usd': usdFromNano(attempts.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0n)),
  }
}

function attemptAttributes(
  attempt: AttemptSummary,
  summary: RequestSummary,
  operation: string,
  candidate: TracedCandidate | null,
): Attributes {
  const { usage } = attempt
  const when = (count: number, name: string): Attributes => (count > 0 ? { [name]: count } : {})
  return {
    'gen_ai.operation.name': operation,
    // The dialect: a provider's name tells readers of spans whose form a call has.
    ...(candidate === null ? {} : { 'gen_ai.provider.name': candidate.upstream.dialect }),
    'gen_ai.request.model': candidate?.upstreamModel ?? summary.modelAlias,
    'gen_ai.request.stream': summary.stream,
    ...(candidate === null ? {} : serverOf(candidate.url)),
    ...(attempt.outcome === 'served'
      ? {}
      : { 'error.type': attempt.status >= 400 ? String(attempt.status) : attempt.outcome }),
    ...(attempt.ttftMs === null || !summary.stream
      ? {}
      : { 'gen_ai.response.time_to_first_chunk': attempt.ttftMs / 1000 }),
    'gen_ai.usage.input_tokens': promptTokens(usage),
    'gen_ai.usage.output_tokens': usage.output + usage.outputAudio,
    ...when(usage.cachedInput, 'gen_ai.usage.cache_read.input_tokens'),
    ...when(usage.cacheWrite, 'gen_ai.usage.cache_write.input_tokens'),
    ...when(usage.reasoning, 'gen_ai.usage.reasoning.output_tokens'),
    ...when(usage.inputAudio, 'gen_ai.usage.audio.input_tokens'),
    ...when(usage.outputAudio, 'gen_ai.usage.audio.output_tokens'),
    'tokenwright.candidate': attempt.candidate,
    'tokenwright.outcome': attempt.outcome,
    'tokenwright.usage.state': attempt.state,
    'tokenwright.bearer': attempt.bearer,
    'tokenwright.cost.usd': usdFromNano(attempt.nanoUsd),
    'tokenwright.cost.exact': attempt.isExact,
    'tokenwright.cache.expected_tokens': attempt.expectedCachedTokens,
  }
}

function spanName(operation: string, model: string): string {
  return model === '' ? operation : `${operation} ${model}`
}

/** The convention's own names; what it has none for keeps ours. */
function operationOf(api: RequestSummary['api']): string {
  switch (api) {
    case 'chat':
    case 'responses':
    case 'messages':
      return 'chat'
    case 'completions':
      return 'text_completion'
    default:
      return api
  }
}

function serverOf(url: string): Attributes {
  if (!URL.canParse(url)) return {}
  const { hostname, port, protocol } = new URL(url)
  return {
    'server.address': hostname,
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  }
}

/** W3C trace context, version 00 or later ones that begin alike; null: there is none that may be followed. */
export function spanContextOf(traceparent: string | null): SpanContext | null {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(traceparent ?? '')
  if (match === null) return null
  const [, version, traceId, spanId, flags, rest] = match
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return null
  return { traceId: traceId!, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16) & 1, isRemote: true }
}
