import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noUsage } from '../usage.ts'
import { anthropicDeltaUsage, anthropicMessageUsage, openAiUsage } from './translation/usage-wording.ts'
import {
  anthropicUsage,
  completionsUsage,
  llamaTimings,
  responsesUsage,
  type WireUsage,
} from './wire-usage.ts'

const count = fc.oneof(fc.nat(1_000_000), fc.constantFrom(null, undefined, -1, 0.5, 'x', Number.NaN, 0))
const anyUsage = fc.record(
  {
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    input_tokens: count,
    output_tokens: count,
    reasoning_tokens: count,
    prompt_cache_hit_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
    prompt_n: count,
    cache_n: count,
    predicted_n: count,
    cache_creation: fc.record({ ephemeral_1h_input_tokens: count, ephemeral_5m_input_tokens: count }),
    prompt_tokens_details: fc.record({
      cached_tokens: count,
      audio_tokens: count,
      cache_write_tokens: count,
    }),
    input_tokens_details: fc.record({ cached_tokens: count, audio_tokens: count, cache_write_tokens: count }),
    completion_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count }),
    output_tokens_details: fc.record({
      reasoning_tokens: count,
      audio_tokens: count,
      thinking_tokens: count,
    }),
  },
  { requiredKeys: [] },
)

const inputSum = ({ classes }: WireUsage) =>
  classes.uncachedInput + classes.cachedInput + classes.cacheWrite + classes.inputAudio
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

describe('whatever a server says', () => {
  test('no class is negative, and parts are within their wholes', () => {
    fc.assert(
      fc.property(anyUsage, anyUsage, (usage, later) => {
        for (const read of [completionsUsage, responsesUsage, anthropicUsage, llamaTimings]) {
          const wire = read(usage, later)
          if (wire === null) continue
          for (const tokens of Object.values(wire.classes)) expect(isCount(tokens)).toBe(true)
          expect(wire.classes.reasoning).toBeLessThanOrEqual(wire.classes.output)
          expect(wire.cacheWriteOneHour).toBeLessThanOrEqual(wire.classes.cacheWrite)
        }
      }),
    )
  })

  test('the input’s classes add up to its prompt tokens, the output’s to what was written', () => {
    fc.assert(
      fc.property(anyUsage, usage => {
        const chat = completionsUsage(usage)
        if (chat !== null && isCount(usage.prompt_tokens)) expect(inputSum(chat)).toBe(usage.prompt_tokens)
        if (chat !== null && isCount(usage.prompt_tokens) && isCount(usage.total_tokens)) {
          const completion = isCount(usage.completion_tokens) ? usage.completion_tokens : 0
          const written = Math.max(completion, usage.total_tokens - usage.prompt_tokens)
          expect(chat.classes.output + chat.classes.outputAudio).toBe(written)
        }
        const responses = responsesUsage(usage)
        if (responses !== null && isCount(usage.input_tokens))
          expect(inputSum(responses)).toBe(usage.input_tokens)
        const {
          cache_read_input_tokens: read,
          cache_creation_input_tokens: write,
          input_tokens: fresh,
        } = usage
        const anthropic = anthropicUsage(usage)
        if (anthropic !== null && isCount(fresh) && isCount(read) && isCount(write)) {
          expect(anthropic.classes).toMatchObject({
            uncachedInput: fresh,
            cachedInput: read,
            cacheWrite: write,
          })
        }
      }),
    )
  })

  test('worded in either dialect and read again, it is the same', () => {
    const tokens = fc.nat(100_000)
    const arbitrary = fc.record({
      uncachedInput: tokens,
      cachedInput: tokens,
      cacheWrite: tokens,
      text: tokens,
      reasoning: tokens,
    })
    fc.assert(
      fc.property(arbitrary, ({ text, ...input }) => {
        const { reasoning } = input
        const classes = { ...noUsage, ...input, output: text + reasoning, reasoning }
        const wire: WireUsage = {
          classes,
          cacheWriteOneHour: Math.floor(input.cacheWrite / 2),
          said: { input: true, output: true, cached: true },
          corrections: [],
        }
        expect(completionsUsage(openAiUsage(wire))).toEqual({ ...wire, cacheWriteOneHour: 0 })
        expect(anthropicUsage(anthropicMessageUsage(wire))).toEqual(wire)
        expect(anthropicUsage(anthropicMessageUsage(null), anthropicDeltaUsage(wire))?.classes).toEqual(
          classes,
        )
      }),
    )
  })
})
