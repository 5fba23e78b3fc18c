import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonApi, readRequest, upstreamSplices } from './request-facts.ts'
import { spliced, splicedPieces } from './splice.ts'
import { anyCharacter } from './stream.fixture.ts'

const read = (api: JsonApi, body: object | string) =>
  readRequest(api, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))

const upstream = (api: JsonApi, body: object | string, model: string | null, usage = true) => {
  const facts = read(api, body)
  return spliced(facts.scanned.bytes, upstreamSplices(facts, { model, usage })).toString()
}

const messages = [{ role: 'user', content: 'hello' }]

describe('what routing needs', () => {
  test('of chat', () => {
    const facts = read('chat', {
      model: 'fast',
      messages,
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 100,
      max_completion_tokens: 50,
      n: 2,
      user: 'u1',
      temperature: 0.5,
      priority: -3,
      service_tier: 'flex',
      prompt_cache_key: 'k',
      tools: [],
    })
    expect(facts).toMatchObject({
      model: 'fast',
      stream: true,
      asksForUsage: true,
      outputLimit: 50,
      answers: 2,
      user: 'u1',
      temperature: 0.5,
      priority: -3,
      serviceTier: 'flex',
      promptCacheKey: 'k',
    })
    expect(facts.promptSpans.map(span => span.name)).toEqual(['tools', 'messages'])
    const [, span] = facts.promptSpans
    expect(JSON.parse(facts.scanned.bytes.toString('utf8', span!.valueStart, span!.valueEnd))).toEqual(
      messages,
    )
  })

  test('of the other APIs', () => {
    expect(
      read('messages', { model: 'm', messages, max_tokens: 9, metadata: { user_id: 'u' } }),
    ).toMatchObject({
      user: 'u',
      outputLimit: 9,
      asksForUsage: null,
      stream: false,
    })
    expect(read('responses', { model: 'm', input: 'x', max_output_tokens: 7 })).toMatchObject({
      outputLimit: 7,
    })
    expect(read('completions', { model: 'm', prompt: 'x', best_of: 4, n: 2 })).toMatchObject({ answers: 4 })
    expect(read('embeddings', { model: 'm', input: ['x'] }).promptSpans).toHaveLength(1)
  })

  test('null stands for left out', () => {
    const facts = read('chat', {
      model: 'm',
      messages,
      stream: null,
      stream_options: null,
      max_tokens: null,
      user: null,
    })
    expect(facts).toMatchObject({ stream: false, asksForUsage: false, outputLimit: null, user: null })
  })

  test.each([
    [{ messages }, 'model'],
    [{ model: '', messages }, 'model'],
    [{ model: 7, messages }, 'model'],
    [{ model: 'x'.repeat(300), messages }, 'model'],
    [{ model: 'a\nb', messages }, 'model'],
    [{ model: 'm', stream: 'true' }, 'stream'],
    [{ model: 'm', stream_options: [] }, 'stream_options'],
    [{ model: 'm', stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
    [{ model: 'm', max_tokens: -1 }, 'max_tokens'],
    [{ model: 'm', max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ model: 'm', n: '2' }, 'n'],
    [{ model: 'm', user: {} }, 'user'],
    [{ model: 'm', background: true }, 'background'],
  ])('%j is refused at %s', (body, param) => {
    expect(() => read('chat', body)).toThrow(expect.objectContaining({ status: 400, param }))
  })

  test('numbers beyond a number are refused', () => {
    expect(() => read('chat', '{"model":"m","max_tokens":1e999}')).toThrow('max_tokens')
  })
})

describe('what goes upstream', () => {
  test('unknown fields, spaces, numbers and escapes stay byte for byte', () => {
    const body =
      '{ "x_new": 1.0e0, "model" : "fast", "messages":[{"role":"user","content":"\\u00e9 é \\/"}],"stream":true ,"big":123456789012345678901}'
    expect(upstream('chat', body, 'org/model')).toBe(
      body
        .replace('"fast"', '"org/model"')
        .replace('{ "x_new"', '{"stream_options":{"include_usage":true}, "x_new"'),
    )
  })

  test('usage is asked for within options that are there', () => {
    expect(
      upstream('chat', '{"model":"m","stream":true,"stream_options":{"continuous_usage_stats":true}}', null),
    ).toBe(
      '{"model":"m","stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}',
    )
    expect(upstream('chat', '{"model":"m","stream":true,"stream_options":{ }}', null)).toBe(
      '{"model":"m","stream":true,"stream_options":{"include_usage":true }}',
    )
    expect(
      upstream('chat', '{"model":"m","stream":true,"stream_options":{"include_usage":false}}', null),
    ).toContain('"include_usage":true')
    expect(upstream('chat', '{"model":"m","stream":true,"stream_options":null}', null)).toContain(
      '"include_usage":true',
    )
  })

  test('where nobody needs it, nothing is asked for', () => {
    for (const [api, body] of [
      ['chat', '{"model":"m"}'],
      ['chat', '{"model":"m","stream":true,"stream_options":{"include_usage":true}}'],
      ['responses', '{"model":"m","stream":true}'],
      ['messages', '{"model":"m","stream":true}'],
    ] as const) {
      expect(upstream(api, body, 'm')).toBe(body)
    }
  })

  test('a limit of its own is set or put in', () => {
    const facts = read('chat', '{"model":"m","stream":true,"max_tokens":900}')
    const splices = upstreamSplices(facts, {
      model: 'n',
      usage: true,
      outputLimit: { field: 'max_tokens', tokens: 5 },
    })
    expect(JSON.parse(spliced(facts.scanned.bytes, splices).toString())).toEqual({
      model: 'n',
      stream: true,
      max_tokens: 5,
      stream_options: { include_usage: true },
    })
  })

  test('any body: the changes are made, and all else reads as before', () => {
    const extra = fc.dictionary(
      fc.string({ unit: anyCharacter, maxLength: 6 }).map(name => `x_${name.toLowerCase()}`),
      fc.jsonValue({ maxDepth: 2, stringUnit: anyCharacter }),
    )
    const indent = fc.constantFrom(undefined, 2)
    fc.assert(
      fc.property(
        extra,
        fc.string({ minLength: 1, maxLength: 20 }),
        fc.boolean(),
        indent,
        (fields, model, first, space) => {
          const asked = { model, stream: true }
          const body = first ? { ...asked, ...fields } : { ...fields, ...asked }
          const facts = readRequest('chat', Buffer.from(JSON.stringify(body, null, space)))
          expect(facts.model).toBe(model)
          const pieces = splicedPieces(
            facts.scanned.bytes,
            upstreamSplices(facts, { model: 'up"stream', usage: true }),
          )
          expect(JSON.parse(Buffer.concat(pieces).toString())).toEqual(
            JSON.parse(
              JSON.stringify({ ...body, model: 'up"stream', stream_options: { include_usage: true } }),
            ),
          )
        },
      ),
      { numRuns: 200, seed: 6 },
    )
  })
})
