/**
 * Observations on their way from one thread to another: what has a length of its own, the chunks, goes in three arrays that
 * are handed over and not copied; the rest of a batch is copied once.
 */
import type { ChunkTokenMethod, RequestObservation } from '../../measure/observation.ts'
import type { HeardEnd } from '../load-recorder.ts'
import type { HearRequest } from './load-runner.ts'

export interface ObservationBatch {
  readonly items: readonly BatchItem[]
  /** Of all chunks of the batch, one request after the other. */
  readonly chunkUs: Float64Array<ArrayBuffer>
  readonly chunkTokens: Float64Array<ArrayBuffer>
  readonly chunkCoalesced: Uint8Array<ArrayBuffer>
}

interface BatchItem {
  readonly observation: Omit<RequestObservation, 'chunks'>
  readonly chunks: number
  readonly method: ChunkTokenMethod
  readonly ended: HeardEnd
  readonly warmUp: boolean
}

export interface ObservationBatcher {
  readonly add: HearRequest
  /** Sends what there is, if there is any. */
  flush(): void
}

/** A batch goes after so many requests, or so long after its first. Assumed: nobody sees a figure so much older. */
const mostItems = 64
const longestMs = 20

/** Passes on what it hears in batches; `post` takes over the buffers. */
export function createObservationBatcher(
  post: (batch: ObservationBatch, buffers: ArrayBuffer[]) => void,
): ObservationBatcher {
  let heard: Parameters<HearRequest>[] = []
  let timer: NodeJS.Timeout | null = null

  function flush(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (heard.length === 0) return
    const batch = packed(heard)
    heard = []
    post(batch, [batch.chunkUs.buffer, batch.chunkTokens.buffer, batch.chunkCoalesced.buffer])
  }

  return {
    flush,
    add(...request) {
      heard.push(request)
      if (heard.length >= mostItems) flush()
      else timer ??= setTimeout(flush, longestMs)
    },
  }
}

function packed(heard: readonly Parameters<HearRequest>[]): ObservationBatch {
  const count = heard.reduce((sum, [{ chunks }]) => sum + chunks.us.length, 0)
  const chunkUs = new Float64Array(count)
  const chunkTokens = new Float64Array(count)
  const chunkCoalesced = new Uint8Array(count)
  let from = 0
  const items = heard.map(([{ chunks, ...observation }, { texts, held }, warmUp]): BatchItem => {
    chunkUs.set(chunks.us, from)
    chunkTokens.set(chunks.tokens, from)
    chunkCoalesced.set(chunks.coalesced, from)
    from += chunks.us.length
    return {
      observation,
      chunks: chunks.us.length,
      method: chunks.method,
      ended: { texts, held },
      warmUp,
    }
  })
  return { items, chunkUs, chunkTokens, chunkCoalesced }
}

/** Tells of every request of a batch, in its order. */
export function unpackBatch(
  { items, chunkUs, chunkTokens, chunkCoalesced }: ObservationBatch,
  hear: HearRequest,
): void {
  let from = 0
  for (const { observation, chunks, method, ended, warmUp } of items) {
    const to = from + chunks
    const log = {
      us: chunkUs.subarray(from, to),
      tokens: chunkTokens.subarray(from, to),
      coalesced: chunkCoalesced.subarray(from, to),
      method,
    }
    hear({ ...observation, chunks: log }, ended, warmUp)
    from = to
  }
}
