/**
 * How many tokens each chunk of a streamed answer brought. Chunks are not tokens: speculation and multi-token prediction
 * send several at once, byte-level tokens of one character come as one, servers coalesce. Per-token times rest on this.
 */
import { assert } from '../core/assert.ts'
import type { ChunkTokenMethod } from './observation.ts'

export interface ChunkTokens {
  /** Of each chunk, in order; whole numbers. */
  readonly tokens: number[]
  readonly method: ChunkTokenMethod
  /**
   * Tokens that were reported and belong to no chunk: the end-of-sequence token that has no text. 0 when nothing was
   * reported. With it the sum is what was reported.
   */
  readonly silentTokens: number
}

/**
 * Shares an answer's output tokens out over its chunks, by the best that is known:
 *
 * 1. the server's running total with every chunk (`soFar`, tokens up to and with each): differences;
 * 2. as many chunks as tokens reported, or one fewer (the end-of-sequence token): one each;
 * 3. by characters: where there are at least as many tokens as chunks every chunk has one, for it would not have been sent
 *    otherwise; the rest goes by characters, by largest remainders (Hare), so that the sum is exactly what was reported;
 * 4. nothing reported: a chunk is a token.
 *
 * Tokens that the client was never sent, such as a reasoning that the API hides, are not to be in `reported`.
 *
 * @param characters UTF-16 units of text of each chunk
 * @param soFar output tokens up to and with each chunk; null when the server does not say so with every chunk
 * @param reported output tokens of the whole answer; null when the server did not say
 */
export function chunkTokens(
  characters: ArrayLike<number>,
  soFar: ArrayLike<number> | null,
  reported: number | null,
): ChunkTokens {
  const chunks = characters.length
  assert(soFar === null || soFar.length === chunks, 'one running total a chunk')
  if (soFar !== null && isRunningTotal(soFar, reported)) {
    const tokens = Array.from(soFar, (total, index) => total - (index === 0 ? 0 : soFar[index - 1]!))
    const sum = chunks === 0 ? 0 : soFar[chunks - 1]!
    return { tokens, method: 'usage-per-chunk', silentTokens: reported === null ? 0 : reported - sum }
  }
  if (reported === null) return { tokens: ones(chunks), method: 'chunks-are-tokens', silentTokens: 0 }
  if (chunks === reported || chunks === reported - 1) {
    return { tokens: ones(chunks), method: 'one-per-chunk', silentTokens: reported - chunks }
  }
  if (chunks === 0) return { tokens: [], method: 'by-characters', silentTokens: reported }
  return { tokens: shared(characters, reported), method: 'by-characters', silentTokens: 0 }
}

/** Running totals never fall, and never exceed what is reported in the end; others are not believed. */
function isRunningTotal(soFar: ArrayLike<number>, reported: number | null): boolean {
  let last = 0
  for (let index = 0; index < soFar.length; index++) {
    const total = soFar[index]!
    if (!(total >= last)) return false
    last = total
  }
  return soFar.length > 0 && last > 0 && (reported === null || last <= reported)
}

function ones(count: number): number[] {
  return new Array<number>(count).fill(1)
}

/** Largest remainders over the characters, after one token for every chunk where there are enough. */
function shared(characters: ArrayLike<number>, reported: number): number[] {
  const chunks = characters.length
  const each = reported >= chunks ? 1 : 0
  const rest = reported - each * chunks
  let all = 0
  for (let index = 0; index < chunks; index++) all += characters[index]!
  const tokens: number[] = new Array<number>(chunks)
  const remainders = new Float64Array(chunks)
  let given = 0
  for (let index = 0; index < chunks; index++) {
    const quota = all > 0 ? (rest * characters[index]!) / all : rest / chunks
    const whole = Math.floor(quota)
    tokens[index] = each + whole
    remainders[index] = quota - whole
    given += whole
  }
  // Stable: of equal remainders the earlier chunk comes first.
  const order = Array.from(remainders, (_, index) => index).sort((a, b) => remainders[b]! - remainders[a]!)
  // Rounding of quotas can leave less than nothing to give when it lifts one to a whole number.
  for (let place = 0; given < rest; place = (place + 1) % chunks, given++) tokens[order[place]!]!++
  for (let place = chunks - 1; given > rest; place = (place + chunks - 1) % chunks) {
    const index = order[place]!
    if (tokens[index]! === 0) continue
    tokens[index]!--
    given--
  }
  return tokens
}
