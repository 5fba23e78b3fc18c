import { describe, expect, test } from 'vitest'
import type { AnswerApi } from './answer-facts.ts'
import { rewriteBody } from './body-rewrite.ts'

const rewritten = (api: AnswerApi, body: string, model: string | null = 'alias') => {
  const { pieces, facts } = rewriteBody(api, Buffer.from(body), model)
  return { text: Buffer.concat(pieces).toString(), facts }
}

describe('a whole answer', () => {
  test('of chat: the alias, all other bytes, usage kept', () => {
    const body =
      '{ "id":"c1","model" : "org/real","choices":[{"index":0,"message":{"role":"assistant","content":"Hé\\n"},"finish_reason":"length"}], "usage":{"prompt_tokens":5,"completion_tokens":2},"x":1.0}'
    const { text, facts } = rewritten('chat', body)
    expect(text).toBe(body.replace('org/real', 'alias'))
    expect(facts).toMatchObject({
      complete: true,
      finishReason: 'length',
      outputCharacters: 3,
      answerId: 'c1',
      usage: { classes: { uncachedInput: 5, output: 2 } },
    })
  })

  test('of Messages and Responses', () => {
    const message =
      '{"id":"m","type":"message","model":"org/real","content":[{"type":"text","text":"abc"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3}}'
    expect(rewritten('messages', message)).toMatchObject({
      text: message.replace('org/real', 'alias'),
      facts: { usage: { classes: { uncachedInput: 1, cachedInput: 2, output: 3 } }, outputCharacters: 3 },
    })
    const response =
      '{"id":"r","model":"org/real","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"ab"}]}],"usage":{"input_tokens":4,"output_tokens":1}}'
    expect(rewritten('responses', response)).toMatchObject({
      text: response.replace('org/real', 'alias'),
      facts: { usage: { classes: { uncachedInput: 4, output: 1 } }, outputCharacters: 2, complete: true },
    })
  })

  test('of embeddings: usage only, and no output', () => {
    const body =
      '{"object":"list","model":"org/real","data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":6,"total_tokens":6}}'
    expect(rewritten('embeddings', body)).toMatchObject({
      text: body.replace('org/real', 'alias'),
      facts: { usage: { classes: { uncachedInput: 6, output: 0 } }, complete: true },
    })
  })

  test.each(['', 'Bad gateway', '[]', '{"model":'])('%j passes as it is, and is not complete', body => {
    expect(rewritten('chat', body)).toMatchObject({ text: body, facts: { complete: false, usage: null } })
    expect(rewritten('embeddings', body)).toMatchObject({ text: body, facts: { complete: false } })
  })

  test('an error under status 200 is a problem', () => {
    expect(rewritten('chat', '{"error":{"message":"no"}}').facts).toMatchObject({
      problem: 'no',
      complete: false,
    })
  })
})
