/**
 * The blocks of a pool: which keys they have, who holds them, and the queue in which free ones wait to be given out. Free
 * blocks keep their keys until then: the queue is the order of eviction.
 */
import { assert } from '../../core/assert.ts'
import { anonymousKey } from './block-keys.ts'
import { KeyIndex } from './key-index.ts'
import { SlotQueue } from './slot-queue.ts'

export class BlockStore {
  readonly index: KeyIndex
  /** Free blocks. */
  free: number
  readonly #queue: SlotQueue
  /** Sequences that hold each block. */
  readonly #holders: Int32Array

  /** All blocks are free and unused, in the order of their numbers, from 1. */
  constructor(blocks: number) {
    this.index = new KeyIndex(blocks)
    this.free = blocks
    this.#queue = new SlotQueue(blocks)
    this.#holders = new Int32Array(blocks + 1)
    for (let block = 1; block <= blocks; block++) this.#queue.append(block)
  }

  isFree(block: number): boolean {
    return this.#holders[block] === 0
  }

  /** One more sequence holds the first `count` blocks of a list. */
  hold(list: Int32Array, count: number): void {
    const holders = this.#holders
    for (let position = 0; position < count; position++) {
      const block = list[position]!
      if (holders[block] === 0) {
        this.#queue.remove(block)
        this.free--
      }
      holders[block]!++
    }
  }

  /** Fills list[from, to) with the first blocks of the queue; `evicted` hears the keys that are gone with them. */
  take(
    list: Int32Array,
    from: number,
    to: number,
    evicted: ((key: number, hash: number) => void) | null,
  ): void {
    assert(to - from <= this.free, 'blocks that are taken are free')
    const { index } = this
    const { keys } = index
    const { next, previous } = this.#queue
    const holders = this.#holders
    let block = next[0]!
    for (let position = from; position < to; position++) {
      list[position] = block
      holders[block] = 1
      const key = keys[block]!
      if (key === anonymousKey) keys[block] = 0
      else if (key !== 0 && index.remove(block) && evicted !== null) evicted(key, index.hashOf(block))
      block = next[block]!
    }
    next[0] = block
    previous[block] = 0
    this.free -= to - from
  }

  /** A sequence gives list[from, to) back, last block first, to the end of the queue. */
  release(list: Int32Array, from: number, to: number): void {
    const holders = this.#holders
    for (let position = to - 1; position >= from; position--) {
      const block = list[position]!
      holders[block]!--
      if (holders[block] === 0) {
        this.#queue.append(block)
        this.free++
      }
    }
  }

  /** A sequence gives list[from, to) back, which nobody else can hold, to the front of the queue: the last block first of all. */
  releaseUnused(list: Int32Array, from: number, to: number): void {
    for (let position = from; position < to; position++) {
      const block = list[position]!
      this.#holders[block] = 0
      this.#queue.prepend(block)
    }
    this.free += to - from
  }

  /** Free blocks in the order in which they would be given out: for tests. */
  queued(): number[] {
    const blocks: number[] = []
    for (let block = this.#queue.first; block !== 0; block = this.#queue.next[block]!) blocks.push(block)
    return blocks
  }

  /** Throws unless the blocks held are these and the others are queued. */
  checkInvariants(held: readonly number[]): void {
    const counts = new Int32Array(this.#holders.length)
    for (const block of held) counts[block]!++
    const queued = this.queued()
    assert(queued.length === this.free, `${this.free} blocks count as free, ${queued.length} are queued`)
    for (const block of queued) assert(counts[block] === 0, `block ${block} is free and used`)
    let used = 0
    for (let block = 1; block < counts.length; block++) {
      assert(
        counts[block] === this.#holders[block],
        `block ${block} counts ${this.#holders[block]} holders, has ${counts[block]}`,
      )
      if (counts[block]! > 0) used++
    }
    assert(used + queued.length === counts.length - 1, 'blocks are free or used')
  }
}
