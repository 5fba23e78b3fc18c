/** Slots of the engine: each holds the cache of the last prompt it ran, and runs one request at a time. */
import type { LlamaSequence, Token } from './llama-types.ts'

export interface Slot {
  readonly sequence: LlamaSequence
  lastUsed: number
}

export interface Slots {
  readonly busy: number
  readonly waiting: number
  /**
   * The free slot whose cache begins most like the prompt, else the one unused for longest; waits its turn when all are
   * busy. Null when the signal came first.
   */
  take(prompt: readonly Token[], signal: AbortSignal): Promise<Slot | null>
  give(slot: Slot): void
}

interface Waiter {
  readonly prompt: readonly Token[]
  readonly resolve: (slot: Slot | null) => void
}

export function createSlots(sequences: readonly LlamaSequence[]): Slots {
  const free: Slot[] = sequences.map(sequence => ({ sequence, lastUsed: 0 }))
  const waiters: Waiter[] = []
  let uses = 0
  const choose = (prompt: readonly Token[]): Slot => {
    const shared = (slot: Slot) =>
      slot.sequence.nextTokenIndex === 0 ? 0 : slot.sequence.compareContextTokens(prompt).firstDifferentIndex
    let best = free[0]!
    let most = shared(best)
    for (const slot of free.slice(1)) {
      const count = shared(slot)
      if (count > most || (count === most && slot.lastUsed < best.lastUsed)) {
        best = slot
        most = count
      }
    }
    free.splice(free.indexOf(best), 1)
    best.lastUsed = ++uses
    return best
  }
  return {
    get busy() {
      return sequences.length - free.length
    },
    get waiting() {
      return waiters.length
    },
    take(prompt, signal) {
      if (signal.aborted) return Promise.resolve(null)
      if (free.length > 0) return Promise.resolve(choose(prompt))
      return new Promise(resolve => {
        const waiter = { prompt, resolve }
        waiters.push(waiter)
        signal.addEventListener('abort', () => {
          const index = waiters.indexOf(waiter)
          if (index < 0) return
          waiters.splice(index, 1)
          resolve(null)
        })
      })
    },
    give(slot) {
      free.push(slot)
      const next = waiters.shift()
      if (next !== undefined) next.resolve(choose(next.prompt))
    },
  }
}
