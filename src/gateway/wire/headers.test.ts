import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkContentType,
  checkRequestHeaders,
  clientHeaders,
  passedRequestHeaders,
  upstreamHeaders,
} from './headers.ts'

const passed = (...raw: string[]) => upstreamHeaders(checkRequestHeaders(raw))

describe('to the upstream', () => {
  test('what is on the list goes, nothing else: no key, no host, no cookie', () => {
    expect(
      passed(
        'Host',
        'gateway',
        'Authorization',
        'Bearer sk-tenant',
        'x-api-key',
        'sk',
        'Cookie',
        'a=b',
        'X-Portkey-Custom-Host',
        'http://169.254.169.254',
        'X-Forwarded-Host',
        'evil',
        'Forwarded',
        'host=evil',
        'Content-Type',
        'application/json',
        'anthropic-version',
        '2023-06-01',
        'TraceParent',
        '00-1-2-01',
      ),
    ).toEqual({
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      traceparent: '00-1-2-01',
    })
  })

  test('what Connection names ends here, listed or not', () => {
    expect(passed('Connection', 'close, X-Request-Id', 'X-Request-Id', 'r1', 'traceparent', 't')).toEqual({
      traceparent: 't',
    })
  })

  test('the configuration may add names, but none that chooses a host or carries a key', () => {
    const headers = checkRequestHeaders(['X-Team', 'a', 'Host', 'h', 'Authorization', 'k', 'TE', 'trailers'])
    expect(upstreamHeaders(headers, new Set(['x-team', 'host', 'authorization', 'te']))).toEqual({
      'x-team': 'a',
    })
  })

  test('whatever comes, only names of the list leave, in values of one line', () => {
    const name = fc.oneof(
      fc.constantFrom(...passedRequestHeaders, 'Connection', 'host'),
      fc.string({ maxLength: 8 }),
    )
    const value = fc.oneof(fc.string(), fc.constantFrom('a\r\nX: y', 'a\nb', '\0', 'é', '€'))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), pairs => {
        let headers: Record<string, string>
        try {
          headers = passed(...pairs.flat())
        } catch {
          return
        }
        for (const [key, text] of Object.entries(headers)) {
          expect(passedRequestHeaders.has(key)).toBe(true)
          expect(text).not.toMatch(/[\r\n\0]/)
        }
      }),
    )
  })
})

describe('refused', () => {
  test.each([
    [['Content-Length', '5', 'Transfer-Encoding', 'chunked'], 'exclude each other'],
    [['Content-Length', '5', 'content-length', '6'], 'content-length comes twice'],
    [['Content-Length', '5, 5'], 'number of bytes'],
    [['Content-Length', '+5'], 'number of bytes'],
    [['Transfer-Encoding', 'gzip, chunked'], 'chunked only'],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'identity'], 'comes twice'],
    [['Authorization', 'a', 'authorization', 'b'], 'authorization comes twice'],
    [['Host', 'a', 'Host', 'b'], 'host comes twice'],
    [['X-Request-Id', 'a\r\nX-Evil: 1'], 'x-request-id has a character'],
    [['X-Request-Id', 'a\u0000'], 'x-request-id has a character'],
    [['X Y', 'a'], 'the name of a header'],
    [['X:Y', 'a'], 'the name of a header'],
    [['', 'a'], 'the name of a header'],
  ])('%j', (raw, message) => {
    expect(() => checkRequestHeaders(raw)).toThrow(message)
  })

  test('the value is not repeated: it may be a key', () => {
    expect(() => checkRequestHeaders(['Authorization', 'Bearer sk-1\n'])).toThrow(/^((?!sk-1).)*$/)
  })

  test('too many, or too much', () => {
    const many = Array.from({ length: 101 }, (_, index) => [`x-${index}`, '1']).flat()
    expect(() => checkRequestHeaders(many)).toThrow(expect.objectContaining({ status: 431 }))
    expect(() => checkRequestHeaders(['a', 'b'.repeat(17_000)])).toThrow(
      expect.objectContaining({ status: 431 }),
    )
  })

  test('another kind of body, or a compressed one: 415', () => {
    const check =
      (expected: 'json' | 'multipart', ...raw: string[]) =>
      () =>
        checkContentType(checkRequestHeaders(raw), expected)
    expect(check('json', 'Content-Type', 'application/json; charset=utf-8')).not.toThrow()
    expect(check('multipart', 'content-type', 'multipart/form-data; boundary=x')).not.toThrow()
    expect(check('json', 'content-type', 'text/plain')).toThrow('application/json')
    expect(check('json')).toThrow('application/json')
    expect(check('json', 'content-type', 'application/json', 'content-encoding', 'gzip')).toThrow(
      'compressed',
    )
  })
})

describe('to the client', () => {
  test('the upstream’s account, cookies and connection stay behind', () => {
    expect(
      clientHeaders([
        'Content-Type',
        'text/event-stream',
        'Set-Cookie',
        'a=b',
        'x-ratelimit-remaining-tokens',
        '5',
        'openai-organization',
        'ours',
        'Transfer-Encoding',
        'chunked',
        'Content-Length',
        '7',
        'Connection',
        'Request-Id',
        'request-id',
        'r',
        'retry-after',
        '3',
        'Server',
        'x',
      ]),
    ).toEqual({ 'content-type': 'text/event-stream', 'retry-after': '3' })
  })

  test('what cannot be a header is left out', () => {
    expect(clientHeaders(['request-id', 'a\nb', 'retry-after', '1', 'retry-after', '9'])).toEqual({
      'retry-after': '1',
    })
  })
})
