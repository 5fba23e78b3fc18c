import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../core/random.ts'
import { type AnswerRequest, planAnswer } from './answer.ts'
import { exampleJson } from './example-json.ts'
import { createContentIndex } from './token-content.ts'
import { encode } from './tokenizer.ts'

const plain: AnswerRequest = {
  hash: 1,
  limit: 100,
  minimumTokens: 0,
  ignoreEnd: false,
  stop: [],
  includeStop: false,
  meanTokens: 50,
  reasoningShare: 0,
  tool: null,
  schema: null,
}

describe('answers', () => {
  test('text tokenizes to exactly the tokens that were emitted, stop strings or not', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), fc.boolean(), (hash, limit, ignoreEnd) => {
        const answer = planAnswer({ ...plain, hash, limit, ignoreEnd })
        expect(encode(answer.pieces.join(''))).toEqual(answer.ids)
        expect(answer.ids.length).toBeLessThanOrEqual(limit)
        if (ignoreEnd) expect(answer.ids).toHaveLength(limit)
      }),
    )
  })

  test('are the same for the same request, and others for others', () => {
    const texts = new Set(
      [1, 2, 3, 4, 1].map(hash => planAnswer({ ...plain, hash, ignoreEnd: true }).pieces.join('')),
    )
    expect(texts.size).toBe(4)
  })

  test('lengths are geometric with the mean asked for', () => {
    const lengths = Array.from(
      { length: 4000 },
      (_, hash) => planAnswer({ ...plain, hash, limit: 10_000 }).ids.length,
    )
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length
    expect(mean).toBeGreaterThan(47)
    expect(mean).toBeLessThan(54)
    const beyond = lengths.filter(length => length > 50).length / lengths.length
    expect(beyond).toBeCloseTo(Math.exp(-1), 1)
  })

  test('finish says whether the limit cut it', () => {
    expect(planAnswer({ ...plain, limit: 1, meanTokens: 1000 })).toMatchObject({ finish: 'length' })
    expect(planAnswer({ ...plain, limit: 100_000 })).toMatchObject({ finish: 'stop' })
    expect(planAnswer({ ...plain, limit: 100_000, minimumTokens: 5000 }).ids).toHaveLength(5000)
  })

  test('a stop string is found across tokens and cut away', () => {
    const whole = planAnswer({ ...plain, ignoreEnd: true }).pieces.join('')
    const stop = whole.slice(20, 33)
    const answer = planAnswer({ ...plain, ignoreEnd: true, stop: ['nowhere', stop] })
    expect(answer.pieces.join('')).toBe(whole.slice(0, 20))
    expect(answer).toMatchObject({ finish: 'stop', stopReason: stop })
    expect(answer.pieces).toHaveLength(answer.ids.length)
    const kept = planAnswer({ ...plain, ignoreEnd: true, stop: [stop], includeStop: true })
    expect(kept.pieces.join('')).toBe(whole.slice(0, 33))
  })

  test('stop strings do not count before min_tokens', () => {
    const answer = planAnswer({ ...plain, ignoreEnd: true, stop: ['.'], minimumTokens: 20 })
    expect(answer.ids).toHaveLength(32)
    expect(answer.pieces.join('').indexOf('.')).toBeGreaterThan(0)
  })

  test('reasoning is a share of the tokens', () => {
    const answer = planAnswer({ ...plain, ignoreEnd: true, reasoningShare: 0.3 })
    expect(answer.reasoningTokens).toBe(30)
    expect(answer.pieces[30]).toMatch(/^[a-z]/)
  })

  test('a tool call that the limit cuts ends with length', () => {
    const tool = {
      name: 'f',
      parameters: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    }
    const whole = planAnswer({ ...plain, tool })
    expect(whole.finish).toBe('stop')
    expect(planAnswer({ ...plain, tool, limit: 4 })).toMatchObject({ finish: 'length' })
    expect(JSON.parse(whole.pieces.join(''))).toEqual({ a: expect.any(String) })
  })
})

describe('example JSON', () => {
  const example = (schema: Record<string, unknown>) => exampleJson(schema, new RandomStream(1))

  test('keeps to the schema', () => {
    expect(example({ const: 3 })).toBe(3)
    expect(example({ type: ['string', 'null'], minLength: 30 })).toMatch(/^.{30,}$/)
    expect(example({ type: 'string', maxLength: 2 })).toHaveLength(2)
    expect(example({ type: 'array', minItems: 3, items: { type: 'boolean' } })).toHaveLength(3)
    expect(example({ type: 'integer', minimum: 5, maximum: 5 })).toBe(5)
    expect(example({ anyOf: [{ type: 'null' }] })).toBe(null)
    expect(example({ required: ['x'] })).toEqual({ x: expect.any(String) })
    expect(example({})).toEqual({})
  })

  test('ends in schemas that contain themselves', () => {
    const schema = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }
    expect(JSON.stringify(example(schema))).toContain('null')
  })
})

describe('content', () => {
  test('equal prefixes have equal blocks, up to the first difference', () => {
    const contents = createContentIndex()
    const prompt = Array.from({ length: 100 }, (_, index) => index + 1000)
    const other = [...prompt.slice(0, 50), 7, ...prompt.slice(51)]
    const a = Array.from(contents.prefixOf(prompt).contentWith([]).blockIds)
    const b = Array.from(contents.prefixOf(other).contentWith([]).blockIds)
    expect(a).toHaveLength(7)
    expect(b.slice(0, 3)).toEqual(a.slice(0, 3))
    for (let block = 3; block < 7; block++) expect(b[block]).not.toBe(a[block])
    expect(Array.from(contents.prefixOf(prompt.slice(0, 60)).contentWith(prompt.slice(60)).blockIds)).toEqual(
      a,
    )
    expect(Math.max(...a, ...b)).toBeLessThan(20)
  })

  test('tells large token ids apart', () => {
    const contents = createContentIndex()
    const ids = [5, 5 + 2 ** 32, 5 + 2 ** 40].map(id => contents.prefixOf([id]).contentWith([]).blockIds[0])
    expect(new Set(ids).size).toBe(3)
    expect(new Set([[5], [5 + 2 ** 32]].map(prompt => contents.prefixOf(prompt).hash)).size).toBe(2)
  })
})
