/**
 * ITL, pooled over all requests: gap between successive chunks ÷ tokens in the later chunk, one value a gap. Counting
 * chunks as tokens makes it several times too long under speculation; the first chunk belongs to TTFT and has no gap.
 */
import { assert } from '../core/assert.ts'
import type { Distribution } from './distribution.ts'
import { microsecondsPerMillisecond } from './time-units.ts'

/** Milliseconds per token; NaN for a chunk without tokens. */
export function interTokenLatencyMs(gapUs: number, tokensInLaterChunk: number): number {
  if (!(tokensInLaterChunk > 0)) return Number.NaN
  return gapUs / (tokensInLaterChunk * microsecondsPerMillisecond)
}

/**
 * Adds the gaps of one answer. Chunks without tokens (a role, usage) are passed over: the gap runs on to the next chunk
 * that has some. `chunks` of each array are used.
 */
export function addChunkGaps(
  into: Distribution,
  chunkTimesUs: ArrayLike<number>,
  chunkTokens: ArrayLike<number>,
  chunks = chunkTimesUs.length,
): void {
  assert(chunks <= chunkTimesUs.length && chunks <= chunkTokens.length, 'every chunk has a time and tokens')
  let lastUs = Number.NaN
  for (let index = 0; index < chunks; index++) {
    if (!(chunkTokens[index]! > 0)) continue
    into.add(interTokenLatencyMs(chunkTimesUs[index]! - lastUs, chunkTokens[index]!))
    lastUs = chunkTimesUs[index]!
  }
}
