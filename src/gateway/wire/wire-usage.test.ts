import { describe, expect, test } from 'vitest'
import { noUsage } from '../usage.ts'
import {
  anthropicStartUsage,
  anthropicUsage,
  completionsUsage,
  llamaTimings,
  responsesUsage,
} from './wire-usage.ts'

describe('as servers tell it', () => {
  test.each([
    [
      'OpenAI: parts are in their wholes',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 60, audio_tokens: 10, cache_write_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 8 },
      },
      {
        uncachedInput: 25,
        cachedInput: 60,
        cacheWrite: 5,
        inputAudio: 10,
        output: 42,
        outputAudio: 8,
        reasoning: 20,
      },
    ],
    [
      'vLLM without details',
      { prompt_tokens: 9, total_tokens: 12, completion_tokens: 3, prompt_tokens_details: null },
      { ...noUsage, uncachedInput: 9, output: 3 },
    ],
    [
      'SGLang: reasoning beside the totals',
      { prompt_tokens: 9, completion_tokens: 30, total_tokens: 39, reasoning_tokens: 12 },
      { ...noUsage, uncachedInput: 9, output: 30, reasoning: 12 },
    ],
    [
      'DeepSeek: hits and misses',
      {
        prompt_tokens: 9,
        completion_tokens: 1,
        total_tokens: 10,
        prompt_cache_hit_tokens: 8,
        prompt_cache_miss_tokens: 1,
      },
      { ...noUsage, uncachedInput: 1, cachedInput: 8, output: 1 },
    ],
    [
      'Gemini: thoughts in the total only',
      { prompt_tokens: 20, completion_tokens: 151, total_tokens: 553 },
      { ...noUsage, uncachedInput: 20, output: 533 },
    ],
    [
      'Gemini: nothing but thoughts',
      {
        prompt_tokens: 21,
        completion_tokens: 0,
        total_tokens: 81,
        completion_tokens_details: { reasoning_tokens: 60 },
      },
      { ...noUsage, uncachedInput: 21, output: 60, reasoning: 60 },
    ],
    ['Jina: a total only', { total_tokens: 44 }, { ...noUsage, uncachedInput: 44 }],
  ])('%s', (_, usage, classes) => {
    expect(completionsUsage(usage)?.classes).toEqual(classes)
  })

  test('llama.cpp: processed and reused are apart', () => {
    expect(llamaTimings({ prompt_n: 10, cache_n: 90, predicted_n: 5 })?.classes).toEqual({
      ...noUsage,
      uncachedInput: 10,
      cachedInput: 90,
      output: 5,
    })
  })

  test('Responses', () => {
    const usage = {
      input_tokens: 100,
      output_tokens: 40,
      total_tokens: 140,
      input_tokens_details: { cached_tokens: 64, cache_write_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 30 },
    }
    expect(responsesUsage(usage)?.classes).toEqual({
      ...noUsage,
      uncachedInput: 36,
      cachedInput: 64,
      output: 40,
      reasoning: 30,
    })
    expect(responsesUsage({ type: 'duration', seconds: 12 })).toBe(null)
  })

  test('Anthropic: the kinds of input exclude each other, in two parts', () => {
    const start = {
      input_tokens: 10,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 1,
    }
    const usage = anthropicUsage(start, { output_tokens: 77, output_tokens_details: { thinking_tokens: 50 } })
    expect(usage).toMatchObject({
      classes: {
        ...noUsage,
        uncachedInput: 10,
        cachedInput: 1000,
        cacheWrite: 300,
        output: 77,
        reasoning: 50,
      },
      cacheWriteOneHour: 200,
      corrections: [],
    })
    // The later part is cumulative: it replaces, it is never added.
    const server = anthropicUsage(start, {
      input_tokens: 25,
      cache_read_input_tokens: null,
      output_tokens: 80,
    })
    expect(server?.classes).toMatchObject({ uncachedInput: 25, cachedInput: 1000, output: 80 })
    // Zeros all over, as some servers send them with the end, say nothing about the input.
    const zeros = {
      input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 0,
      output_tokens: 5,
    }
    expect(anthropicUsage(start, zeros)?.classes).toMatchObject({
      uncachedInput: 10,
      cachedInput: 1000,
      output: 5,
    })
  })

  test('Anthropic: the start of a stream knows no output', () => {
    expect(anthropicStartUsage({ input_tokens: 10, output_tokens: 1 })).toMatchObject({
      classes: { ...noUsage, uncachedInput: 10 },
      said: { input: true, output: false, cached: false },
    })
  })
})

describe('what is missing, and what is zero', () => {
  test('are told apart', () => {
    expect(completionsUsage({ prompt_tokens: 5 })?.said).toEqual({
      input: true,
      output: false,
      cached: false,
    })
    expect(completionsUsage({ completion_tokens: 5 })?.said).toEqual({
      input: false,
      output: true,
      cached: false,
    })
    expect(completionsUsage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })).toMatchObject({
      classes: noUsage,
      said: { input: true, output: true },
    })
    expect(
      completionsUsage({ prompt_tokens: 3, prompt_tokens_details: { cached_tokens: 0 } })?.said.cached,
    ).toBe(true)
  })

  test.each([
    null,
    undefined,
    'x',
    7,
    [],
    {},
    { prompt_tokens: '5' },
    { prompt_tokens: -1 },
    { prompt_tokens: null },
  ])('%j is no usage', value => {
    for (const read of [completionsUsage, responsesUsage, anthropicUsage, llamaTimings])
      expect(read(value)).toBe(null)
  })

  test('half a token is no count', () => {
    expect(completionsUsage({ prompt_tokens: 1.5, completion_tokens: 2 })).toMatchObject({
      classes: { ...noUsage, output: 2 },
      said: { input: false, output: true },
    })
  })
})
