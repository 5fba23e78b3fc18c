/** Lengths of a client's requests at a time of day, also for clients and windows without any of their own. */
import type { RandomStream } from '../core/random.ts'
import {
  drawDiscrete,
  type LengthWindow,
  type ServeGenClient,
  type ServeGenModel,
} from './serve-gen-model.ts'

export interface DrawnLengths {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Requests a client sends in [from, until) at its own rate. */
export function expectedRequests(client: ServeGenClient, fromSeconds: number, untilSeconds: number): number {
  return client.windows.reduce((sum, { startSeconds, endSeconds, requestsPerSecond }) => {
    const seconds = Math.min(endSeconds, untilSeconds) - Math.max(startSeconds, fromSeconds)
    return sum + Math.max(0, seconds) * requestsPerSecond
  }, 0)
}

/**
 * Draws lengths. Prompt and answer are drawn independently: the published data hold no pairs (ServeGen's own generator
 * draws both from one random number, which makes long prompts have long answers; construct.py, _sample_data_batch).
 */
export class ServeGenLengths {
  /** Clients with lengths, and the cumulative share of requests they send. */
  readonly #donors: readonly ServeGenClient[]
  readonly #cumulative: readonly number[]

  constructor({ clients, spanSeconds }: ServeGenModel) {
    this.#donors = clients.filter(({ lengths }) => lengths.length > 0)
    let sum = 0
    this.#cumulative = this.#donors.map(client => {
      sum += expectedRequests(client, 0, spanSeconds)
      return sum
    })
  }

  draw(client: ServeGenClient, seconds: number, random: RandomStream): DrawnLengths {
    return drawFrom(this.#windowOf(client, seconds, random), random)
  }

  #windowOf(client: ServeGenClient, seconds: number, random: RandomStream): LengthWindow {
    if (client.lengths.length > 0) return lengthWindowAt(client.lengths, seconds)
    const u = random.uniform() * this.#cumulative[this.#cumulative.length - 1]!
    const index = this.#cumulative.findIndex(end => u < end)
    return lengthWindowAt(this.#donors[Math.max(0, index)]!.lengths, seconds)
  }
}

/** The window that has begun last; before the first one, the first. */
export function lengthWindowAt(windows: readonly LengthWindow[], seconds: number): LengthWindow {
  let found = windows[0]!
  for (const window of windows) if (window.startSeconds <= seconds) found = window
  return found
}

export function drawFrom(window: LengthWindow, random: RandomStream): DrawnLengths {
  let inputTokens = drawDiscrete(window.prompt, random.uniform())
  for (const { count, tokens } of window.attachments) {
    const pieces = drawDiscrete(count, random.uniform())
    for (let piece = 0; piece < pieces; piece++) inputTokens += drawDiscrete(tokens, random.uniform())
  }
  const outputTokens = drawDiscrete(window.output, random.uniform())
  return {
    inputTokens: Math.max(1, Math.round(inputTokens)),
    outputTokens: Math.max(1, Math.round(outputTokens)),
  }
}

/** Means as published: tokens of prompts with their attachments, and of answers. */
export function meanLengths({ prompt, attachments, output }: LengthWindow): DrawnLengths {
  const attached = attachments.reduce((sum, { count, tokens }) => sum + count.mean * tokens.mean, 0)
  return { inputTokens: prompt.mean + attached, outputTokens: output.mean }
}
