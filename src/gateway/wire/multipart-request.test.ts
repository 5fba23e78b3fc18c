import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from './gateway-error.ts'
import { multipartSplices, readMultipart } from './multipart-request.ts'
import { spliced } from './splice.ts'

const boundary = 'x-Bound.ary_1'
const contentType = `multipart/form-data; boundary=${boundary}`

const part = (name: string, value: string, more = '') =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const file = (bytes = 'RIFF\0\xff\r\n--x-Bound\r\n\r\n') =>
  part('file', bytes, '; filename="model.wav"\r\nContent-Type: audio/wav')
const form = (...parts: string[]) => Buffer.from(`${parts.join('')}--${boundary}--\r\n`, 'latin1')
const read = (...parts: string[]) => readMultipart(form(...parts), contentType)

describe('a form', () => {
  test('tells what routing needs, wherever the file stands', () => {
    const body = form(
      file(),
      part('model', 'whisper'),
      part('stream', 'true'),
      part('response_format', 'json'),
      part('x', ''),
    )
    expect(readMultipart(body, contentType)).toMatchObject({
      model: 'whisper',
      stream: true,
      responseFormat: 'json',
      fileBytes: 'RIFF\0\xff\r\n--x-Bound\r\n\r\n'.length,
    })
  })

  test('goes upstream with another name of the model, all other bytes as they came', () => {
    const facts = read(part('model', 'alias'), file())
    expect(spliced(facts.body, multipartSplices(facts, 'org/whisper'))).toEqual(
      form(part('model', 'org/whisper'), file()),
    )
    expect(multipartSplices(facts, 'alias')).toEqual([])
  })

  test('as the platform’s own FormData writes it', async () => {
    const data = new FormData()
    data.set('file', new Blob([new Uint8Array([0, 13, 10, 45, 45, 255])]), 'a "quoted" name.wav')
    data.set('model', 'whisper')
    data.append('timestamp_granularities[]', 'word')
    data.append('timestamp_granularities[]', 'segment')
    const request = new Request('http://gateway/', { method: 'POST', body: data })
    const body = Buffer.from(await request.arrayBuffer())
    const facts = readMultipart(body, request.headers.get('content-type')!)
    expect(facts).toMatchObject({ model: 'whisper', stream: false, responseFormat: null, fileBytes: 6 })
    const changed = new Uint8Array(spliced(body, multipartSplices(facts, 'org/other')))
    const headers = { 'content-type': request.headers.get('content-type')! }
    const again = await new Response(changed, { headers }).formData()
    expect([again.get('model'), again.getAll('timestamp_granularities[]')]).toEqual([
      'org/other',
      ['word', 'segment'],
    ])
  })

  test('whatever bytes come, it is read or refused, in no other way', () => {
    const whole = form(part('model', 'm'), file(), part('stream', 'false'))
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, byte, cut) => {
          const changed = cut ? whole.subarray(0, at) : Buffer.from(whole)
          if (!cut) changed[at] = byte
          try {
            expect(readMultipart(changed, contentType).model).not.toBe('')
          } catch (error) {
            expect(error).toBeInstanceOf(GatewayError)
          }
        },
      ),
      { numRuns: 500, seed: 6 },
    )
  })
})

describe('refused', () => {
  const raw = (text: string) => () => readMultipart(Buffer.from(text, 'latin1'), contentType)
  test.each([
    ['no model', [file()], 'model'],
    ['an empty model', [part('model', '')], 'model'],
    ['the model twice', [part('model', 'a'), part('model', 'b')], 'model'],
    ['a file as the model', [part('model', 'a', '; filename="a"')], 'model'],
    ['a line break in the model', [part('model', 'a\r\nb')], 'model'],
    ['a model without end', [part('model', 'a'.repeat(2000))], 'model'],
    ['a stream that is neither', [part('model', 'a'), part('stream', 'maybe')], 'stream'],
  ])('%s', (_, parts, param) => {
    expect(() => read(...parts)).toThrow(expect.objectContaining({ status: 400, param }))
  })

  test.each([
    ['', 'begin with its boundary'],
    [`preamble\r\n${part('model', 'a')}--${boundary}--`, 'begin with its boundary'],
    [part('model', 'a'), 'last boundary is missing'],
    [`--${boundary}0\r\n${part('model', 'a')}--${boundary}--`, 'end its line'],
    [`--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\na`, 'last boundary is missing'],
    [`--${boundary}\r\nX: ${'y'.repeat(5000)}\r\n\r\na\r\n--${boundary}--`, 'have no end'],
    [`--${boundary}\r\nX: y\r\n\r\na\r\n--${boundary}--`, 'one content-disposition'],
    [`${part('model', 'a', '; name="b"')}--${boundary}--`, 'one plain name'],
    [`${part('x', 'a', "; name*=utf-8''model")}--${boundary}--`, 'one plain name'],
    [`${part('mod\\el', 'a')}--${boundary}--`, 'one plain name'],
    [`${part('model', 'a')}--${boundary}--\r\nGET / HTTP/1.1`, 'nothing may follow'],
    [`${part('a', '').repeat(101)}--${boundary}--`, 'more than 100 parts'],
  ])('%#', (text, message) => {
    expect(raw(text)).toThrow(message)
  })

  test('without one boundary, and when it is too large', () => {
    const body = form(part('model', 'a'))
    for (const type of [
      'multipart/form-data',
      'multipart/form-data; boundary=a; boundary=b',
      'multipart/form-data; boundary="',
    ]) {
      expect(() => readMultipart(body, type)).toThrow('boundary')
    }
    expect(() => readMultipart(body, contentType, 10)).toThrow(expect.objectContaining({ status: 413 }))
  })
})
