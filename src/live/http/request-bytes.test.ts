import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { requestBytes } from './request-bytes.ts'
import { parseTarget } from './target.ts'
import type { HttpRequest } from './types.ts'

const target = parseTarget('http://[::1]:8000/ignored')
const post: HttpRequest = {
  method: 'POST',
  path: '/v1/x?a=b',
  headers: { 'Content-Type': 'text/plain' },
  body: Buffer.from('hé'),
}

/** Control characters, ASCII, latin1 and what is beyond. */
const anyText = fc.array(fc.nat(0x140), { maxLength: 6 }).map(codes => String.fromCharCode(...codes))

const textOf = (pieces: readonly Buffer[]) => Buffer.concat(pieces).toString()

describe('on the wire', () => {
  test('a request with a body is one piece', () => {
    const pieces = requestBytes(target, post, true)
    expect(pieces.length).toBe(1)
    expect(textOf(pieces)).toBe(
      'POST /v1/x?a=b HTTP/1.1\r\nContent-Type: text/plain\r\nHost: [::1]:8000\r\nAccept-Encoding: identity\r\nContent-Length: 3\r\n\r\nhé',
    )
  })
  test('without a body, and without keeping the connection', () => {
    expect(
      textOf(
        requestBytes(
          target,
          { method: 'GET', path: '/', headers: { host: 'a', 'Accept-Encoding': 'gzip' }, body: null },
          false,
        ),
      ),
    ).toBe('GET / HTTP/1.1\r\nhost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n')
    expect(textOf(requestBytes(target, { ...post, body: null }, true))).toContain('Content-Length: 0\r\n')
  })
  test('a large body is not copied', () => {
    const body = new Uint8Array(1_000_000)
    const pieces = requestBytes(target, { ...post, body }, true)
    expect([pieces.length, pieces[1]!.buffer, pieces[1]!.length]).toEqual([2, body.buffer, 1_000_000])
  })
})

describe('refused', () => {
  const sendWith = (name: string, value: string) => () =>
    requestBytes(target, { ...post, headers: { [name]: value } }, true)
  test.each([
    ['x-key', 'sesame\r\nX-Evil: 1'],
    ['x-key', 'sesame\n'],
    ['x-key', 'sesame\u0000'],
    ['x-key', 'sesame☃'],
    ['x key', 'a'],
    ['x:key', 'a'],
    ['', 'a'],
    ['x\r\ny', 'a'],
    ['Content-Length', '5'],
    ['transfer-encoding', 'chunked'],
    ['connection', 'close'],
  ])('%j: %j', (name, value) => {
    expect(sendWith(name, value)).toThrow(TokenwrightError)
    expect(sendWith(name, value)).not.toThrow(/sesame/)
  })
  test.each(['v1', '/a b', '/a\r\nHost: evil', '/ä', ''])('the path %j', path => {
    expect(() => requestBytes(target, { ...post, path }, true)).toThrow(TokenwrightError)
  })
  test('whatever the header, the request has the lines it should have', () => {
    fc.assert(
      fc.property(anyText, anyText, (name, value) => {
        let text: string
        try {
          text = textOf(requestBytes(target, { ...post, headers: { [name]: value } }, true))
        } catch (error) {
          expect(error).toBeInstanceOf(TokenwrightError)
          return
        }
        expect(text.split(/\r\n|\r|\n/).length).toBe(7)
      }),
    )
  })
})
