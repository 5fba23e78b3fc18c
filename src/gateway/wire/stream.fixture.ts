/** Streams for tests: events as servers write them, cut anywhere. */
import fc from 'fast-check'
import { createEventScanner } from '../../live/index.ts'
import type { StreamRewriter } from './stream-rewrite.ts'

export function chatChunk(delta: object, more: object = {}, finishReason: string | null = null): string {
  const choice = { index: 0, delta, logprobs: null, finish_reason: finishReason }
  return data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'org/real',
    choices: [choice],
    ...more,
  })
}

/** The chunk with usage that ends a chat; cached tokens are part of the prompt. */
export function usageChunk(tokens: {
  readonly prompt: number
  readonly cached: number
  readonly completion: number
}): string {
  const { prompt, cached, completion } = tokens
  const usage = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  }
  return chatChunk({}, { choices: [], usage })
}

export function data(value: unknown): string {
  return `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
}

export const done = data('[DONE]')

/** As Anthropic writes it: the event's name is its type. */
export function named(value: { readonly type: string }): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
}

/** All that comes out for a stream whose bytes arrive in pieces of these sizes. */
export function through(
  rewriter: StreamRewriter,
  stream: string,
  sizes: readonly number[] = [1 << 20],
): string {
  const bytes = Buffer.from(stream)
  const out: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length]!)
    // The reader's buffer is its own again after the call.
    const piece = Buffer.from(bytes.subarray(at, at + size))
    out.push(rewriter.push(piece))
    piece.fill(0x58)
    at += size
  }
  out.push(rewriter.finish())
  return Buffer.concat(out).toString('utf8')
}

export interface SeenEvent {
  readonly name: string
  readonly data: unknown
}

export function eventsOf(stream: string): readonly SeenEvent[] {
  const events: SeenEvent[] = []
  const scanner = createEventScanner((bytes, name) => {
    const text = bytes.toString('utf8')
    events.push({ name, data: text === '[DONE]' ? text : JSON.parse(text) })
  })
  scanner.push(Buffer.from(stream))
  return events
}

/**
 * Any character, half of a pair included; those that JSON and UTF-8 treat apart come often. No text ends with a backslash: once
 * JSON.parse of Node 24.21 (V8 13.6) has read an object with the name `\\`, it reads the name `\"` of the next as that one.
 */
export const anyCharacter = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.constantFrom(0x22, 0x5c, 0x0a, 0x0d, 0x2028, 0xd800, 0xfeff),
    fc.integer({ min: 0, max: 0x10ffff }),
  )
  .map(code => (code === 0x5c ? '\\.' : String.fromCodePoint(code)))
