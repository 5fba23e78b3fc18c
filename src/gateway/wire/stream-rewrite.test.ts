import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnswerApi } from './answer-facts.ts'
import {
  anyCharacter,
  chatChunk,
  data,
  done,
  eventsOf,
  named,
  through,
  usageChunk,
} from './stream.fixture.ts'
import { createStreamRewriter } from './stream-rewrite.ts'

const rewriter = (api: AnswerApi = 'chat', stripUsage = true, model: string | null = 'alias') =>
  createStreamRewriter({ api, model, stripUsage })

const lastChunk = usageChunk({ prompt: 7, cached: 4, completion: 3 })

/** What the client should see of a stream of chat: the alias, and no usage. */
const expected = (stream: string) =>
  eventsOf(stream)
    .filter(
      ({ data }) =>
        !(data as { choices?: unknown[]; usage?: unknown }).usage ||
        (data as { choices: unknown[] }).choices.length > 0,
    )
    .map(({ name, data }) => {
      if (typeof data === 'string') return { name, data }
      const { usage: _, ...rest } = data as Record<string, unknown>
      return { name, data: { ...rest, model: 'alias' } }
    })

describe('chat', () => {
  test('the alias stands in every chunk, usage is read and stripped, all else stays', () => {
    const stream =
      chatChunk({ role: 'assistant', content: '' }, { usage: null }) +
      chatChunk({ content: 'Hel' }, { usage: null }) +
      chatChunk({ content: 'lo "wörld"\n' }, { usage: null }) +
      chatChunk({ content: '!' }, { usage: null, system_fingerprint: 'fp' }) +
      chatChunk({}, { usage: null }, 'stop') +
      lastChunk +
      done
    const stage = rewriter()
    const out = through(stage, stream)
    expect(eventsOf(out)).toEqual(expected(stream))
    expect(out).not.toContain('usage')
    expect(stage.facts).toMatchObject({
      finishReason: 'stop',
      outputCharacters: 'Hello "wörld"\n!'.length,
      textEvents: 3,
      answerId: 'chatcmpl-1',
      complete: true,
      problem: null,
      usage: {
        classes: { uncachedInput: 3, cachedInput: 4, output: 3 },
        said: { input: true, output: true },
      },
    })
  })

  test('a client that asked for usage gets every byte but the name of the model', () => {
    const stream = `${chatChunk({ content: 'a' }, { usage: null })}: ping\n\n${chatChunk({ content: 'b' }, { usage: null })}${lastChunk}${done}`
    const stage = rewriter('chat', false)
    expect(through(stage, stream)).toBe(stream.replaceAll('org/real', 'alias'))
    expect(stage.facts.usage?.classes.output).toBe(3)
    expect(through(rewriter('chat', false, null), stream)).toBe(stream)
  })

  test('usage with choices is taken out of the chunk, the last one counts', () => {
    const stream =
      chatChunk({ content: 'a' }, { usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } }) +
      chatChunk({ content: 'b' }, { usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }) +
      chatChunk({}, { usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }, 'stop')
    const stage = rewriter()
    expect(eventsOf(through(stage, stream))).toEqual(expected(stream))
    expect(stage.facts.usage?.classes).toMatchObject({ uncachedInput: 5, output: 2 })
  })

  test('an error in the stream is handed on and noted', () => {
    const stream =
      chatChunk({ content: 'a' }) + data({ error: { message: 'out of memory', type: 'x', code: 500 } })
    const stage = rewriter()
    expect(eventsOf(through(stage, stream))[1]!.data).toMatchObject({ error: { message: 'out of memory' } })
    expect(stage.facts).toMatchObject({ problem: 'out of memory', complete: false, usage: null })
  })

  test('a stream that is cut tells what came, and is not complete', () => {
    const stage = rewriter()
    const out = through(stage, `${chatChunk({ content: 'abc' })}data: {"id":"chatc`)
    expect(out).toContain('abc')
    expect(stage.facts).toMatchObject({
      outputCharacters: 3,
      complete: false,
      finishReason: null,
      usage: null,
    })
  })

  test('the end mark counts without its blank line too', () => {
    const stage = rewriter()
    expect(through(stage, `${chatChunk({ content: 'a' })}data: [DONE]\n`)).toContain('data: [DONE]\n\n')
    expect(stage.facts.complete).toBe(true)
  })

  test('what is no JSON passes as it is', () => {
    expect(through(rewriter(), 'data: <html>\n\n')).toBe('data: <html>\n\n')
  })

  test('data on several lines stays one event', () => {
    const out = through(rewriter(), 'data: {"model":"org/real",\ndata: "choices":[]}\n\n')
    expect(eventsOf(out)[0]!.data).toEqual({ model: 'alias', choices: [] })
  })

  test('data on several lines stays one event when its beginning is known, too', () => {
    const first = chatChunk({ content: 'a' }, { usage: null })
    const out = through(
      rewriter(),
      first +
        first.replace(',"choices"', '\ndata: ,"choices"') +
        first.replace(',"usage"', '\ndata: ,"usage"'),
    )
    expect(eventsOf(out)).toEqual([0, 1, 2].map(() => expected(first)[0]))
  })

  test('usage is taken out however it is written', () => {
    const spaced = chatChunk({ content: '"usage"' })
      .replace('"logprobs"', '"usage" : null , "logprobs"')
      .replace(/\}\n\n$/, ' , "usage":  {"a":[1]} }\n\n')
    const out = through(rewriter(), chatChunk({ content: 'usage' }) + chatChunk({ content: 'b' }) + spaced)
    const last = eventsOf(out)[2]!.data as { choices: { delta: object }[] }
    expect(last).not.toHaveProperty('usage')
    expect(last.choices[0]).toMatchObject({ delta: { content: '"usage"' }, logprobs: null })
  })

  test('any texts, any extra fields, cut anywhere: the client sees what the server said', () => {
    const more = fc.constantFrom(
      {},
      { usage: null },
      { usage: null, obfuscation: 'x"y' },
      { service_tier: null },
    )
    const delta = fc.oneof(
      fc.string({ unit: anyCharacter }).map(content => ({ content })),
      fc.string().map(reasoning_content => ({ reasoning_content })),
      fc.constantFrom({}, { content: '","usage":null}' }, { content: '"model":"org/real"' }),
    )
    const chunk = fc.tuple(delta, more).map(([content, fields]) => chatChunk(content, fields))
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), sizes, (chunks, cuts) => {
        const stream = chunks.join('') + lastChunk + done
        const stage = rewriter()
        expect(eventsOf(through(stage, stream, cuts))).toEqual(expected(stream))
        expect(stage.facts.usage?.classes.cachedInput).toBe(4)
      }),
      { numRuns: 30, seed: 6 },
    )
  })

  test('a name of a model that changes on the way is replaced all the same', () => {
    const other = chatChunk({ content: 'b' }).replace('org/real', 'org/fallback')
    const out = through(rewriter(), chatChunk({ content: 'a' }) + chatChunk({ content: 'a' }) + other)
    expect(out).not.toContain('org/')
  })
})

describe('the other APIs', () => {
  test('Messages: the name in message_start, usage in both parts', () => {
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'org/real', content: [] }
    const stream =
      named({
        type: 'message_start',
        message: { ...message, usage: { input_tokens: 5, cache_read_input_tokens: 95, output_tokens: 1 } },
      } as never) +
      named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never) +
      named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } } as never) +
      named({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: ' there' },
      } as never) +
      named({ type: 'content_block_stop', index: 0 } as never)
    const end =
      named({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: 12 },
      } as never) + named({ type: 'message_stop' })
    const stage = rewriter('messages', true)
    const begun = stage.push(Buffer.from(stream)).toString()
    expect(begun).toBe(stream.replace('org/real', 'alias'))
    expect(stage.facts.usage).toMatchObject({
      classes: { uncachedInput: 5, cachedInput: 95, output: 0 },
      said: { output: false },
    })
    expect(stage.push(Buffer.from(end)).toString()).toBe(end)
    stage.readUsage()
    expect(stage.facts).toMatchObject({
      usage: { classes: { uncachedInput: 5, cachedInput: 95, output: 12 }, said: { output: true } },
      finishReason: 'end_turn',
      complete: true,
      outputCharacters: 8,
    })
  })

  test('transcriptions: text in pieces, usage with the end', () => {
    const end = {
      type: 'transcript.text.done',
      text: 'Hi there',
      usage: {
        type: 'tokens',
        input_tokens: 14,
        input_token_details: { audio_tokens: 10, text_tokens: 4 },
        output_tokens: 3,
      },
    }
    const stream =
      data({ type: 'transcript.text.delta', delta: 'Hi' }) +
      data({ type: 'transcript.text.delta', delta: ' there' }) +
      data(end)
    const stage = rewriter('transcription', false)
    expect(through(stage, stream)).toBe(stream)
    expect(stage.facts.usage?.classes).toMatchObject({ uncachedInput: 4, inputAudio: 10, output: 3 })
  })

  test('Messages: the last event has its name without its blank line, too', () => {
    expect(through(rewriter('messages'), named({ type: 'message_stop' }).trimEnd())).toBe(
      named({ type: 'message_stop' }),
    )
  })

  test('Responses: the name in the response, usage with the end', () => {
    const response = {
      id: 'resp_1',
      object: 'response',
      model: 'org/real',
      status: 'in_progress',
      output: [],
    }
    const end = {
      ...response,
      status: 'completed',
      usage: { input_tokens: 8, output_tokens: 2, total_tokens: 10 },
    }
    const stream =
      named({ type: 'response.created', sequence_number: 0, response } as never) +
      named({
        type: 'response.output_text.delta',
        sequence_number: 1,
        item_id: 'i',
        output_index: 0,
        content_index: 0,
        delta: 'Hi',
      } as never) +
      named({ type: 'response.completed', sequence_number: 2, response: end } as never)
    const stage = rewriter('responses', false)
    expect(through(stage, stream)).toBe(stream.replaceAll('org/real', 'alias'))
    expect(stage.facts).toMatchObject({ complete: true, usage: { classes: { uncachedInput: 8, output: 2 } } })
  })
})
