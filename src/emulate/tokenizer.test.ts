import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerWords } from './answer-words.ts'
import {
  renderChat,
  specialName,
  tokensOfOpening,
  tokensPerMediaPart,
  tokensPerMessage,
} from './chat-template.ts'
import { decode, encode, firstTextToken, vocabularySize } from './tokenizer.ts'

/** Any code points but halves of surrogate pairs. */
const unicode = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0x10ffff })))
  .map(points => String.fromCodePoint(...points.filter(point => point < 0xd800 || point > 0xdfff)))

const pieces = (text: string) => encode(text).map(id => decode([id], specialName))

describe('tokenizer', () => {
  test.each([
    ['Hello world', ['Hello', ' world']],
    ['unbelievable', ['unbeli', 'evable']],
    [' a b', [' a', ' b']],
    ['a  b', ['a', '  ', 'b']],
    ['x, y.\n\nz', ['x', ',', ' y', '.', '\n\n', 'z']],
    ['größer', ['größ', 'er']],
    ['日本語', ['日本', '語']],
    ['👍👍', ['👍', '👍']],
    ['', []],
  ])('cuts %j', (text, expected) => {
    expect(pieces(text)).toEqual(expected)
  })

  test('is reversible', () => {
    fc.assert(
      fc.property(unicode, text => {
        const ids = encode(text)
        expect(decode(ids, specialName)).toBe(text)
        expect(ids.every(id => id >= firstTextToken && id < vocabularySize)).toBe(true)
      }),
    )
  })

  test('ids are exact JSON numbers, and different pieces have different ids', () => {
    expect(Number.isSafeInteger(vocabularySize)).toBe(true)
    fc.assert(
      fc.property(unicode, fc.string({ maxLength: 9 }), (a, b) => {
        expect(encode(a).join() === encode(b).join()).toBe(a === b)
      }),
    )
  })

  test('lone surrogates and ids of no token become U+FFFD', () => {
    expect(decode(encode('a\ud800b'), specialName)).toBe('a\ufffdb')
    expect(decode([vocabularySize, -1, 1.5], specialName)).toBe('\ufffd\ufffd\ufffd')
  })

  test('English comes to about four characters a token', () => {
    const text =
      'The quick brown fox jumps over the lazy dog, and then it goes home to read about the history of computing. ' +
      'People who run inference of large language models ask how much a million tokens costs them and what would make it cheaper.'
    const ratio = text.length / encode(text).length
    expect(ratio).toBeGreaterThan(3.3)
    expect(ratio).toBeLessThan(4.8)
  })

  test('every answer word is one token, with and without a blank in front', () => {
    expect(answerWords).toHaveLength(256)
    expect(new Set(answerWords).size).toBe(256)
    const several = answerWords.filter(word => encode(word).length !== 1 || encode(` ${word}`).length !== 1)
    expect(several).toEqual([])
  })
})

describe('chat template', () => {
  const text = (role: string, content: string) => ({
    role,
    parts: [{ kind: 'text' as const, text: content }],
  })

  test('costs four tokens a message and three for the answer', () => {
    expect(renderChat([], '')).toHaveLength(tokensOfOpening)
    const two = renderChat([text('system', 'Be kind.'), text('user', 'Hello world')], '')
    expect(two).toHaveLength(encode('Be kind.').length + 2 + 2 * tokensPerMessage + tokensOfOpening)
  })

  test('a conversation that goes on begins with the tokens of the one before', () => {
    const first = renderChat([text('user', 'Hello')], '')
    const answer = encode('good day')
    const second = renderChat([text('user', 'Hello'), text('assistant', 'good day'), text('user', 'Bye')], '')
    expect(second.slice(0, first.length + answer.length)).toEqual([...first, ...answer])
  })

  test('media have a fixed size and an identity', () => {
    const media = (identity: string) =>
      renderChat([{ role: 'user', parts: [{ kind: 'media', identity }] }], '')
    expect(media('a')).toHaveLength(tokensPerMediaPart + tokensPerMessage + tokensOfOpening)
    expect(media('a')).not.toEqual(media('b'))
    expect(media('x'.repeat(5000))).toHaveLength(media('a').length)
  })

  test('special tokens have names', () => {
    expect(decode(renderChat([text('user', 'Hi')], ''), specialName)).toBe(
      '<|start|><|roleUser|><|message|>Hi<|end|><|start|><|roleAssistant|><|message|>',
    )
  })
})
