import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createResponseParser, maximumHeadBytes, type ParserState } from './response-parser.ts'

interface Read {
  status: number | null
  headers: Record<string, string>
  body: string
  state: ParserState
  problem: string
  /** Bytes of the last piece that do not belong to the answer. */
  left: number
  keepsAlive: boolean
  keepAliveSeconds: number | null
}

/** Pushes the pieces through one buffer that is reused, as sockets do. */
function readAnswer(pieces: readonly Buffer[], closed = false): Read {
  const read: Read = {
    status: null,
    headers: {},
    body: '',
    state: 'head',
    problem: '',
    left: 0,
    keepsAlive: false,
    keepAliveSeconds: null,
  }
  const parser = createResponseParser({
    head(status, headers) {
      read.status = status
      read.headers = Object.fromEntries(headers)
    },
    data(bytes) {
      read.body += bytes.toString('latin1')
    },
  })
  const reused = Buffer.alloc(200_000, '\n\rHTTP/1.1')
  for (const piece of pieces) {
    piece.copy(reused)
    read.left = piece.length - parser.push(reused, piece.length)
  }
  if (closed) parser.finish()
  return {
    ...read,
    state: parser.state,
    problem: parser.problem,
    keepsAlive: parser.keepsAlive,
    keepAliveSeconds: parser.keepAliveSeconds,
  }
}

const read = (text: string, closed = false) => readAnswer([Buffer.from(text, 'latin1')], closed)

describe('where an answer ends', () => {
  test('after its content length', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')).toMatchObject({
      status: 200,
      headers: { 'content-length': '5' },
      body: 'hello',
      state: 'complete',
      left: 0,
      keepsAlive: true,
    })
  })
  test('with the head when there is nothing to come', () => {
    expect(read('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').state).toBe('complete')
    expect(read('HTTP/1.1 204 No Content\r\n\r\n').state).toBe('complete')
    expect(read('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n').state).toBe('complete')
  })
  test('with the last chunk, extensions and trailers read over', () => {
    const answer = read(
      'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5;name="a b"\r\nhello\r\n1 \r\n \r\nA\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n',
    )
    expect(answer).toMatchObject({ body: 'hello 0123456789', state: 'complete', left: 0, keepsAlive: true })
  })
  test('with the connection, when nothing else says so', () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n'
    expect(read(`${head}all of it`)).toMatchObject({ state: 'body', body: 'all of it' })
    expect(read(`${head}all of it`, true)).toMatchObject({ state: 'complete', keepsAlive: false })
  })
  test('not with the connection, when a length or chunks are promised', () => {
    expect(read('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell', true).state).toBe('body')
    expect(read('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n', true).state).toBe(
      'body',
    )
    expect(read('HTTP/1.1 200 O', true).state).toBe('head')
  })
  test('bytes behind the end are left', () => {
    expect(read('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc').left).toBe(2)
    expect(read('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nHTTP').left).toBe(4)
  })
  test('chunks outrank a content length, and the connection is given up', () => {
    const answer = read(
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    )
    expect(answer).toMatchObject({ body: 'hello', state: 'complete', keepsAlive: false })
  })
})

describe('heads', () => {
  test('interim answers come before the answer', () => {
    const answer = read(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\nno',
    )
    expect(answer).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7', 'content-length': '2' },
      body: 'no',
    })
  })
  test('repeated headers are joined, folded ones put together, lone line feeds taken', () => {
    const answer = read('HTTP/1.1 200\nA: 1\na:  2 \nb: x\n\ty\ncontent-length: 0\n\n')
    expect(answer).toMatchObject({ state: 'complete', headers: { a: '1, 2', b: 'x y' } })
  })
  test('the connection lives on as HTTP says', () => {
    const withHeaders = (version: string, headers: string) =>
      read(`HTTP/${version} 200 OK\r\ncontent-length: 0\r\n${headers}\r\n`)
    expect(withHeaders('1.1', '').keepsAlive).toBe(true)
    expect(withHeaders('1.1', 'Connection: foo, Close\r\n').keepsAlive).toBe(false)
    expect(withHeaders('1.0', '').keepsAlive).toBe(false)
    expect(withHeaders('1.0', 'connection: keep-alive\r\n').keepsAlive).toBe(true)
    expect(withHeaders('1.1', 'Keep-Alive: max=9, timeout=15\r\n').keepAliveSeconds).toBe(15)
    expect(withHeaders('1.1', 'Keep-Alive: max=9\r\n').keepAliveSeconds).toBe(null)
  })
})

describe('what is no answer', () => {
  const malformed: readonly (readonly [string, string, RegExp])[] = [
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', /does not begin.*SSH/],
    ['garbage without a line end', '\u0000\u0000\u0018\u0004\u0000\u0000', /does not begin/],
    ['TLS', '\u0015\u0003\u0001\u0000\u0002\u0002\u0046', /https:/],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n', /does not begin/],
    ['a change of protocol', 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n', /another protocol/],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n', /headers/],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n', /5, 6/],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n', /-5/],
    ['a coding nobody asked for', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n', /gzip/],
    ['a size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', /no number/],
    ['no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n', /without a size|no number/],
    ['a huge size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffff\r\n', /cannot be/],
    ['a long chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n', /longer/],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(maximumHeadBytes / 6)}`, /more than/],
    ['an endless line', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(maximumHeadBytes)}`, /more than/],
    [
      'an endless chunk extension',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;${'b'.repeat(maximumHeadBytes)}`,
      /more than/,
    ],
  ]
  test.each(malformed)('%s', (_, text, problem) => {
    const answer = read(text)
    expect(answer.state).toBe('malformed')
    expect(answer.problem).toMatch(problem)
  })
  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, headed) => {
        const head = headed ? 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n' : ''
        readAnswer([Buffer.from(head), Buffer.from(bytes)], true)
      }),
    )
  })
})

describe('splits', () => {
  const answers = [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nKeep-Alive: timeout=5\r\n\r\n1e;a=b\r\ndata: {"a":"\u00e4\u00f6"}\r\n\r\n0123456\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 11\r\nA: b\r\n\r\nhello world',
    'HTTP/1.1 500 Oh no\r\n\r\nuntil\r\n\r\nthe end',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n',
  ].map(text => Buffer.from(text, 'latin1'))

  test('at any bytes change nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...answers), fc.array(fc.nat(200), { maxLength: 12 }), (bytes, cuts) => {
        const places = [0, ...cuts.filter(cut => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
        const { left: _, ...split } = readAnswer(pieces, true)
        const { left: __, ...whole } = readAnswer([bytes], true)
        expect(split).toEqual(whole)
      }),
    )
  })
  test('byte by byte', () => {
    for (const bytes of answers.slice(0, 2))
      expect(readAnswer([...bytes].map(byte => Buffer.from([byte])))).toEqual(readAnswer([bytes]))
  })
})

test('a handler can stop the parser', () => {
  let bodies = 0
  const parser = createResponseParser({
    head() {},
    data() {
      bodies++
      parser.stop()
    },
  })
  const text = Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n')
  parser.push(text, text.length)
  expect([bodies, parser.state]).toEqual([1, 'stopped'])
})

test('one parser reads answer after answer', () => {
  const bodies: string[] = []
  const parser = createResponseParser({ head() {}, data: bytes => void bodies.push(bytes.toString()) })
  for (const body of ['one', 'three']) {
    const text = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    parser.push(text, text.length)
    expect(parser.state).toBe('complete')
    parser.reset()
  }
  expect(bodies).toEqual(['one', 'three'])
})
