/** Who is in an engine: every sequence from its arrival to its end, and what has to be put back when it goes. */
import { assert } from '../core/assert.ts'
import type { Rank } from './rank.ts'
import { emitted, type Sequence } from './sequence.ts'
import type { EngineEvent } from './types.ts'

type FinishedEvent = Extract<EngineEvent, { kind: 'finished' }>

export class SequenceBook {
  readonly #ranks: readonly Rank[]
  readonly #sequences = new Map<number, Sequence>()
  #submitted = 0
  #ended = 0

  constructor(ranks: readonly Rank[]) {
    this.#ranks = ranks
  }

  get(requestId: number): Sequence | undefined {
    return this.#sequences.get(requestId)
  }

  /** All that are here, in order of arrival; the list stays while they end. */
  all(): Sequence[] {
    return [...this.#sequences.values()]
  }

  enter(sequence: Sequence): void {
    const { id } = sequence.request
    assert(!this.#sequences.has(id), `request ${id} is here already`)
    this.#submitted++
    this.#sequences.set(id, sequence)
  }

  /** A request that is turned away at the door. */
  refuse(requestId: number, reason: FinishedEvent['reason'], nowUs: number, out: EngineEvent[]): void {
    this.#submitted++
    this.#ended++
    out.push({ kind: 'finished', requestId, atUs: nowUs, outcome: 'rejected', reason, outputTokens: 0 })
  }

  /** Takes a sequence out of wherever it stands; its blocks are the caller's next concern. */
  leave(sequence: Sequence): void {
    const rank = this.#ranks[sequence.rank]!
    switch (sequence.state) {
      case 'waiting':
        rank.waiting.remove(sequence)
        break
      case 'loading':
        rank.loading = rank.loading.filter(other => other !== sequence)
        break
      case 'running':
        rank.running = rank.running.filter(other => other !== sequence)
        break
      case 'held':
        rank.held.delete(sequence.request.id)
        break
      case 'ended':
        break
    }
    if (rank.chunked === sequence) rank.chunked = null
    rank.batchIsFull = false
  }

  /** The end of a sequence that stands nowhere any more: its blocks come free. */
  end(
    sequence: Sequence,
    outcome: FinishedEvent['outcome'],
    reason: FinishedEvent['reason'],
    nowUs: number,
    out: EngineEvent[],
  ): void {
    const rank = this.#ranks[sequence.rank]!
    const requestId = sequence.request.id
    sequence.state = 'ended'
    rank.setPending(sequence, 0)
    if (sequence.blocks !== null) {
      rank.cache.close(sequence.blocks)
      sequence.blocks = null
    }
    this.#sequences.delete(requestId)
    this.#ended++
    out.push({ kind: 'finished', requestId, atUs: nowUs, outcome, reason, outputTokens: emitted(sequence) })
  }

  checkInvariants(): void {
    let here = 0
    for (const rank of this.#ranks)
      here += rank.waiting.size + rank.running.length + rank.loading.length + rank.held.size
    assert(here === this.#sequences.size, `${here} sequences in queues, ${this.#sequences.size} known`)
    assert(
      this.#submitted === this.#ended + this.#sequences.size,
      `${this.#submitted} requests came, ${this.#ended} ended, ${this.#sequences.size} are here`,
    )
  }
}
