/** Spans as a registered SDK gets them: by a provider that keeps what it is told. */
import {
  type Attributes,
  type AttributeValue,
  type Context,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TimeInput,
  trace,
} from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { createRequestTracing, spanContextOf } from './request-tracing.ts'
import { attemptOf, offerAttempt, refusedSummary, startMs, summaryOf } from './summary.fixture.ts'

interface KeptSpan {
  readonly name: string
  readonly options: SpanOptions
  readonly parent: SpanContext | undefined
  readonly context: SpanContext
  attributes: Attributes
  status: number
  endMs: TimeInput | undefined
}

/** A provider that keeps spans; ids are counted. */
function keepSpans(): KeptSpan[] {
  const kept: KeptSpan[] = []
  const startSpan = (name: string, options: SpanOptions = {}, context?: Context): Span => {
    const parent = context === undefined ? undefined : trace.getSpanContext(context)
    const one: KeptSpan = {
      name,
      options,
      parent,
      context: {
        traceId: parent?.traceId ?? 'f'.repeat(32),
        spanId: String(kept.length + 1).padStart(16, '0'),
        traceFlags: 1,
      },
      attributes: { ...options.attributes },
      status: SpanStatusCode.UNSET,
      endMs: undefined,
    }
    kept.push(one)
    const span: Span = {
      spanContext: () => one.context,
      setAttribute(key: string, value: AttributeValue) {
        one.attributes[key] = value
        return span
      },
      setAttributes: () => span,
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus(status) {
        one.status = status.code
        return span
      },
      updateName: () => span,
      end(endMs) {
        one.endMs = endMs
      },
      isRecording: () => true,
      recordException: () => {},
    }
    return span
  }
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan,
      startActiveSpan: () => {
        throw new Error('not used: spans are made with their parents')
      },
    }),
  })
  return kept
}

afterEach(() => trace.disable())

const candidateOf = () => ({
  url: 'https://api.openai.com/v1',
  upstream: { dialect: 'openai' as const },
  upstreamModel: 'gpt-5',
})

describe('with an SDK', () => {
  test('a request under the client’s span, its attempts below it, by the conventions', async () => {
    const spans = keepSpans()
    const tracing = await createRequestTracing({ version: '1', candidateOf })
    tracing!.requestEnded(
      summaryOf({
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        attempts: [
          attemptOf({ outcome: 'failed', status: 503, durationMs: 300, ttftMs: null }),
          offerAttempt({ durationMs: 800 }),
        ],
      }),
    )
    const [request, first, second] = spans
    expect(spans).toHaveLength(3)
    expect(request!.parent).toMatchObject({ spanId: 'b7ad6b7169203331', isRemote: true })
    expect(request).toMatchObject({
      name: 'chat llama',
      options: { kind: SpanKind.SERVER },
      endMs: startMs + 1200,
    })
    expect(request!.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'llama',
      'http.response.status_code': 200,
      'tokenwright.request.id': 'req-1',
      'tokenwright.cost.usd': 0.0103,
    })
    expect(request!.status).toBe(SpanStatusCode.UNSET)
    expect(first!.parent!.spanId).toBe(request!.context.spanId)
    expect(first).toMatchObject({ status: SpanStatusCode.ERROR, attributes: { 'error.type': '503' } })
    expect([first!.options.startTime, first!.endMs]).toEqual([startMs + 5, startMs + 305])
    expect(second).toMatchObject({
      name: 'chat gpt-5',
      options: { kind: SpanKind.CLIENT },
      endMs: startMs + 1105,
    })
    expect(second!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.request.stream': true,
      'server.address': 'api.openai.com',
      'server.port': 443,
      'gen_ai.response.time_to_first_chunk': 0.18,
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 101,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'gen_ai.usage.reasoning.output_tokens': 20,
      'tokenwright.candidate': 'openai/gpt',
      'tokenwright.outcome': 'served',
      'tokenwright.usage.state': 'reported',
      'tokenwright.bearer': 'tenant',
      'tokenwright.cost.usd': 0.01,
      'tokenwright.cost.exact': true,
      'tokenwright.cache.expected_tokens': 512,
    })
  })

  test('usage is told once: sums over spans are the ledger’s', async () => {
    const spans = keepSpans()
    const tracing = await createRequestTracing({ version: '1' })
    tracing!.requestEnded(summaryOf())
    const input = spans.map(({ attributes }) => attributes['gen_ai.usage.input_tokens']).filter(Boolean)
    expect(input).toEqual([1000])
  })

  test('attempts that overlap have times of their own', async () => {
    const spans = keepSpans()
    const tracing = await createRequestTracing({ version: '1' })
    tracing!.requestEnded(
      summaryOf({ attempts: [attemptOf({ startedAfterMs: 10 }), attemptOf({ startedAfterMs: 110 })] }),
    )
    expect(spans.slice(1).map(({ options }) => options.startTime)).toEqual([startMs + 10, startMs + 110])
  })

  test('a refusal names its reason; a client’s fault is no error of the server, a failure is', async () => {
    const spans = keepSpans()
    const tracing = await createRequestTracing({ version: '1' })
    tracing!.requestEnded(refusedSummary)
    tracing!.requestEnded(
      summaryOf({ outcome: 'failed', status: 502, reason: 'upstream_error', attempts: [] }),
    )
    expect(spans[0]).toMatchObject({
      status: SpanStatusCode.UNSET,
      attributes: { 'error.type': 'budget-spent' },
    })
    expect(spans[1]!.status).toBe(SpanStatusCode.ERROR)
  })

  test('other operations', async () => {
    const spans = keepSpans()
    const tracing = await createRequestTracing({ version: '1' })
    for (const api of [
      'messages',
      'responses',
      'completions',
      'embeddings',
      'transcription',
      'other',
    ] as const)
      tracing!.requestEnded(summaryOf({ api, modelAlias: api === 'other' ? '' : 'm', attempts: [] }))
    expect(spans.map(({ name }) => name)).toEqual([
      'chat m',
      'chat m',
      'text_completion m',
      'embeddings m',
      'transcription m',
      'other',
    ])
  })
})

test('without an SDK there is nothing to call', async () => {
  expect(await createRequestTracing({ version: '1' })).toBeNull()
})

test('traceparents that may be followed', () => {
  const ids = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'
  expect(spanContextOf(`00-${ids}-01`)).toMatchObject({ traceFlags: 1, isRemote: true })
  expect(spanContextOf(`cc-${ids}-03-later`)).toMatchObject({ traceFlags: 1 })
  const zeros = '0'.repeat(32)
  for (const bad of [
    null,
    '',
    `ff-${ids}-01`,
    `00-${ids}-01-more`,
    `00-${ids}`,
    `00-${ids.toUpperCase()}-01`,
    `00-${zeros}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${zeros.slice(16)}-01`,
  ])
    expect(spanContextOf(bad), String(bad)).toBeNull()
})
