/** Embeddings, rerankings, transcriptions, and anything else by a template. */
import { describe, expect, test } from 'vitest'
import type { AskedRequest } from './endpoint.ts'
import { endpointKind } from './endpoint-kinds.ts'
import { readBody, readStream, told } from './reader.fixture.ts'
import { noPaths, type TemplateOptions } from './template.ts'

const sum = (input: number, output: number) => ({ inputTokens: input, outputTokens: output })

describe('embeddings and rerankings', () => {
  test('usage of the prompt, and no tokens', () => {
    const vectors = {
      object: 'list',
      data: [{ index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    }
    const read = readBody('embeddings', vectors)
    expect(read).toMatchObject({ kind: 'usage', contentText: '', usage: sum(5, 0) })
    expect(endpointKind('embeddings')).toMatchObject({ streams: false, generates: false })
    expect(readBody('embeddings', { data: [] })).toMatchObject({ kind: 'other', usage: null })
    expect(readBody('embeddings', { choices: [] }).kind).toBe('malformed')
    expect(readBody('embeddings', { error: { message: 'too long' } }).kind).toBe('error')
  })

  test.each([
    ['vLLM', { id: 'r1', usage: { prompt_tokens: 9, total_tokens: 9 } }],
    ['Jina', { id: 'r1', usage: { total_tokens: 9 } }],
    ['Cohere', { id: 'r1', meta: { billed_units: { input_tokens: 9 } } }],
    ['Cohere', { id: 'r1', meta: { tokens: { input_tokens: 9, output_tokens: 0 } } }],
  ])('a ranking by %s', (_name, rest) => {
    const body = { results: [{ index: 0, relevance_score: 0.9 }], ...rest }
    expect(readBody('rerank', body)).toMatchObject({ kind: 'usage', answerId: 'r1', usage: sum(9, 0) })
  })

  test('search units are no tokens', () => {
    const body = { results: [], meta: { billed_units: { search_units: 1 } } }
    expect(readBody('rerank', body)).toMatchObject({ kind: 'other', usage: null })
  })
})

describe('transcriptions', () => {
  test('bodies: json by duration and by tokens, verbose, plain, subtitles', () => {
    const duration = { text: 'hello', usage: { type: 'duration', seconds: 4 } }
    expect(told(readBody('transcription', duration))).toEqual({ kind: 'token', contentText: 'hello' })
    const tokens = {
      text: 'hello',
      usage: {
        type: 'tokens',
        input_tokens: 40,
        input_token_details: { audio_tokens: 38 },
        output_tokens: 3,
      },
    }
    expect(readBody('transcription', tokens).usage).toMatchObject({ ...sum(40, 3), inputAudioTokens: 38 })
    const verbose = { task: 'transcribe', duration: '4.0', text: 'hello', segments: [] }
    const options = (responseFormat: 'text' | 'srt' | 'vtt' | 'verbose_json') => ({
      transcription: { responseFormat, language: null },
    })
    expect(readBody('transcription', verbose, options('verbose_json')).contentText).toBe('hello')
    expect(readBody('transcription', 'hello\n', options('text')).contentText).toBe('hello')
    expect(readBody('transcription', 'hello\n').kind).toBe('malformed')
    const srt = '1\n00:00:00,000 --> 00:00:02,000\nhello\n\n2\n00:00:02,000 --> 00:00:04,000\nworld\n'
    expect(readBody('transcription', srt, options('srt')).contentText).toBe('hello world')
    expect(readBody('transcription', { text: '' }).kind).toBe('start')
    expect(readBody('transcription', { choices: [] }).kind).toBe('malformed')
  })

  test("streams: OpenAI's deltas, whose end repeats the text", () => {
    const usage = { type: 'tokens', input_tokens: 40, output_tokens: 3 }
    const read = readStream('transcription', [
      { type: 'transcript.text.delta', delta: 'hel' },
      { type: 'transcript.text.delta', delta: 'lo' },
      { type: 'transcript.text.segment', text: 'hello' },
      { type: 'transcript.text.done', text: 'hello', usage },
    ])
    expect(read.map(event => [event.kind, event.contentText])).toEqual([
      ['token', 'hel'],
      ['token', 'lo'],
      ['other', ''],
      ['done', ''],
    ])
    expect(read[3]!.usage).toMatchObject(sum(40, 3))
    const [only] = readStream('transcription', [{ type: 'transcript.text.done', text: 'hello', usage }])
    expect(only).toMatchObject({ kind: 'token', contentText: 'hello', finishReason: 'done' })
  })

  test("streams: vLLM's chunks", () => {
    const read = readStream('transcription', [
      { id: 't', object: 'transcription.chunk', choices: [{ delta: { content: ' hello' } }] },
      { id: 't', choices: [{ delta: { content: '' }, finish_reason: 'stop' }] },
      { id: 't', choices: [], usage: { prompt_tokens: 40, completion_tokens: 3, total_tokens: 43 } },
      '[DONE]',
    ])
    expect(read.map(event => event.kind)).toEqual(['token', 'start', 'usage', 'done'])
    expect(read[2]!.usage).toMatchObject(sum(40, 3))
  })
})

describe('templates', () => {
  const asked: AskedRequest = {
    model: 'm',
    prompt: { kind: 'text', text: 'say "hi"\n{{model}}' },
    outputTokens: 7,
    stream: true,
    exactLength: true,
    seed: null,
    extra: {},
  }
  const template = (body: string, answer: Partial<TemplateOptions['answer']> = {}) => ({
    path: '/generate',
    template: { where: 'body.json', body, streams: true, generates: true, answer: { ...noPaths, ...answer } },
  })
  const bodyOf = (text: string, request: AskedRequest = asked) =>
    JSON.parse(Buffer.from(endpointKind('template', template(text)).body(request).bytes).toString())

  test('placeholders alone keep their kind, inside a text they are text; prompts are escaped, not read again', () => {
    expect(
      bodyOf(
        '{"inputs": "{{prompt}}", "n": {{ max_tokens }}, "m": "{{min_tokens}}", "s": [{{stream}}, {{seed}}],' +
          ' "who": "{{model}}/{{max_tokens}}", "c": {{messages}}, "lit": "{{{x", "k": {"{{": 1}}',
      ),
    ).toEqual({
      inputs: 'say "hi"\n{{model}}',
      n: 7,
      m: 7,
      s: [true, null],
      who: 'm/7',
      c: [{ role: 'user', content: 'say "hi"\n{{model}}' }],
      lit: '{{{x',
      k: { '{{': 1 },
    })
    expect(bodyOf('{"a": {{exact_length}}}', { ...asked, extra: { a: 1, b: 2 } })).toEqual({ a: 1, b: 2 })
  })

  test.each([
    ['no JSON', '{"a": }', 'not JSON'],
    ['an unknown placeholder', '{"a": "{{promt}}"}', '{{promt}}'],
    ['an unknown placeholder without quotes', '{"a": {{toString}}}', '{{'],
  ])('%s is refused with the file', (_name, body, words) => {
    expect(() => endpointKind('template', template(body))).toThrow(
      expect.objectContaining({ message: expect.stringContaining(words), where: 'body.json' }),
    )
  })

  test('a prompt that it has no place for is refused', () => {
    expect(() => bodyOf('{"a": {{documents}}}')).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(() => endpointKind('template', {})).toThrow(expect.objectContaining({ code: 'usage' }))
  })

  test("paths into the answer; SGLang's texts that grow", () => {
    const paths = {
      text: 'text',
      inputTokens: 'meta_info.prompt_tokens',
      outputTokens: 'meta_info.completion_tokens',
      finishReason: 'meta_info.finish_reason.type',
      id: 'meta_info.id',
      cumulative: true,
    }
    const event = (text: string, n: number, reason: object | null = null) => ({
      text,
      meta_info: { id: 'g1', prompt_tokens: 5, completion_tokens: n, finish_reason: reason },
    })
    const read = readStream(
      'template',
      [event('a', 1), event('a b', 2), event('a b c', 3, { type: 'length' }), '[DONE]'],
      template('{}', paths),
    )
    expect(
      read.map(({ kind, contentText, outputTokensSoFar }) => [kind, contentText, outputTokensSoFar]),
    ).toEqual([
      ['token', 'a', 1],
      ['token', ' b', 2],
      ['token', ' c', 3],
      ['done', '', -1],
    ])
    expect(read[2]).toMatchObject({ finishReason: 'length', answerId: 'g1', usage: sum(5, 3) })
  })

  test('lists, other texts in streams, and nothing where something should be', () => {
    const options = template('{}', { text: 'outputs.*.text', streamText: 'delta.0', outputTokens: 'n' })
    expect(readBody('template', { outputs: [{ text: 'a' }, { text: 'b' }], n: 2 }, options)).toMatchObject({
      kind: 'token',
      contentText: 'ab',
      usage: sum(0, 2),
    })
    expect(
      readStream('template', [{ delta: ['x'] }, { n: 2 }, { a: 1 }], options).map(event => event.kind),
    ).toEqual(['token', 'usage', 'other'])
    const none = readBody('template', { output: 'a' }, template('{}', { text: 'text' }))
    expect(none).toMatchObject({ kind: 'malformed', message: expect.stringContaining('output') })
  })
})
