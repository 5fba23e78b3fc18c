import { describe, expect, test } from 'vitest'
import { errorBody, errorEvent, errorHeaders, upstreamError } from './error-body.ts'
import { GatewayError, invalidField, unsupportedField } from './gateway-error.ts'

const json = (error: GatewayError, dialect: 'openai' | 'anthropic') =>
  JSON.parse(errorBody(error, dialect, 'req_1').toString())

describe('an error', () => {
  test('in OpenAI’s words', () => {
    expect(json(invalidField('n', 'must be 1'), 'openai')).toEqual({
      error: { message: 'n must be 1', type: 'invalid_request_error', param: 'n', code: 'invalid_request' },
    })
    expect(json(new GatewayError(429, 'insufficient_quota', 'spent'), 'openai').error).toEqual({
      message: 'spent',
      type: 'insufficient_quota',
      param: null,
      code: 'insufficient_quota',
    })
  })

  test('in Anthropic’s words', () => {
    expect(json(invalidField('n', 'must be 1'), 'anthropic')).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'n must be 1' },
      request_id: 'req_1',
    })
    const placed = new GatewayError(400, 'invalid_request', 'no such model', { param: 'model' })
    expect(json(placed, 'anthropic').error.message).toBe('no such model')
  })

  test.each([
    [400, 'invalid_request_error', 'invalid_request_error'],
    [401, 'authentication_error', 'authentication_error'],
    [402, 'invalid_request_error', 'billing_error'],
    [403, 'permission_error', 'permission_error'],
    [404, 'invalid_request_error', 'not_found_error'],
    [413, 'invalid_request_error', 'request_too_large'],
    [415, 'invalid_request_error', 'invalid_request_error'],
    [429, 'rate_limit_error', 'rate_limit_error'],
    [500, 'server_error', 'api_error'],
    [503, 'server_error', 'overloaded_error'],
    [504, 'server_error', 'timeout_error'],
  ])('%i has its kind', (status, openai, anthropic) => {
    const error = new GatewayError(status, 'internal_error', 'x')
    expect(json(error, 'openai').error.type).toBe(openai)
    expect(json(error, 'anthropic').error.type).toBe(anthropic)
  })

  test('quotes names of fields on one line, and not without end', () => {
    const error = unsupportedField(`a\n${'x'.repeat(5000)}`, 'why')
    expect(error.param).toHaveLength(200)
    expect(error.message).toHaveLength(1000)
    expect(error.message).not.toContain('\n')
  })

  test('in a stream', () => {
    const error = new GatewayError(502, 'upstream_error', 'gone')
    expect(errorEvent(error, 'openai', null).toString()).toBe(
      'data: {"error":{"message":"gone","type":"server_error","param":null,"code":"upstream_error"}}\n\n',
    )
    expect(errorEvent(error, 'anthropic', null).toString()).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"gone"}}\n\n',
    )
  })

  test('says when to come back, in whole seconds', () => {
    const at = (retryAfterSeconds: number | null) =>
      errorHeaders(new GatewayError(429, 'rate_limit_exceeded', 'x', { retryAfterSeconds }))['retry-after']
    expect([at(0.2), at(5), at(0), at(null)]).toEqual(['1', '5', '0', undefined])
  })
})

describe('an upstream’s error', () => {
  const from = (status: number, body: string, retryAfter: string | null = null) =>
    upstreamError(status, Buffer.from(body), retryAfter)

  test.each([
    ['{"error":{"message":"too long","param":"messages"}}', 'too long'],
    ['{"type":"error","error":{"type":"invalid_request_error","message":"too long"}}', 'too long'],
    ['{"object":"error","message":"too long","code":400}', 'too long'],
    ['{"detail":"too long"}', 'too long'],
    ['{"message":"too long"}', 'too long'],
    ['{}', 'the upstream answered with status 400'],
    ['<html>', 'the upstream answered with status 400'],
    ['', 'the upstream answered with status 400'],
  ])('%s', (body, message) => {
    expect(from(400, body)).toMatchObject({ status: 400, message })
  })

  test('about the gateway’s own key is not the client’s to see', () => {
    for (const status of [401, 402, 403]) {
      const error = from(status, '{"error":{"message":"Incorrect API key sk-ours"}}')
      expect(error.status).toBe(502)
      expect(error.message).not.toContain('sk-ours')
    }
  })

  test('keeps its status, code and time to come back', () => {
    expect(from(429, '{}', '7')).toMatchObject({
      status: 429,
      code: 'rate_limit_exceeded',
      retryAfterSeconds: 7,
    })
    expect(from(529, '{}', 'Wed, 21 Oct 2026 07:28:00 GMT')).toMatchObject({
      status: 503,
      code: 'overloaded',
      retryAfterSeconds: null,
    })
    expect(from(302, '')).toMatchObject({ status: 502, code: 'upstream_error' })
  })

  test('does not pass on pages', () => {
    expect(from(500, JSON.stringify({ error: 'x'.repeat(5000) })).message).toHaveLength(1000)
  })
})
