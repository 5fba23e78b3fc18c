/** The last batches of a publisher, by sequence number: a ring. */
import { assert } from '../../core/assert.ts'

export interface ReplayBuffer {
  readonly payloads: (Uint8Array | undefined)[]
  /** Number of the next batch; the first is 0. */
  next: number
}

/** Room for so many batches. */
export function createReplayBuffer(room: number): ReplayBuffer {
  assert(Number.isInteger(room) && room >= 0, 'a replay buffer has room for a whole number of batches')
  return { payloads: Array.from<undefined>({ length: room }), next: 0 }
}

/** Keeps a batch and returns its sequence number; the oldest one goes when there is no room. */
export function append(buffer: ReplayBuffer, payload: Uint8Array): number {
  const sequence = buffer.next++
  const room = buffer.payloads.length
  if (room > 0) buffer.payloads[sequence % room] = payload
  return sequence
}

/** Batches from `start` on that are still there, oldest first. */
export function* replay(
  buffer: ReplayBuffer,
  start: bigint,
): Generator<{ readonly sequence: number; readonly payload: Uint8Array }> {
  const room = buffer.payloads.length
  const end = buffer.next
  if (start >= BigInt(end)) return
  for (let sequence = Math.max(Number(start), end - room, 0); sequence < end; sequence++) {
    yield { sequence, payload: buffer.payloads[sequence % room]! }
  }
}
