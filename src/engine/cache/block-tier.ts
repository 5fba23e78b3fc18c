/** One slower tier: keys of blocks in the order of their last use. Grows with use up to its capacity. */
import { assert } from '../../core/assert.ts'
import type { CacheTier } from '../types.ts'
import { KeyIndex } from './key-index.ts'
import { SlotQueue } from './slot-queue.ts'

/** Slots a tier begins with: a tier of terabytes should cost nothing before it is used. */
const initialSlots = 1024

export class BlockTier {
  readonly tier: CacheTier
  readonly capacity: number
  /** Set by add(): hash of the key that had to go. */
  evictedHash = 0
  #slots: number
  #used = 0
  /** Slots given back, ready for use. */
  #spare: number[] = []
  #index: KeyIndex
  #queue: SlotQueue

  constructor(tier: CacheTier, capacity: number) {
    assert(capacity >= 1, 'a tier has blocks')
    this.tier = tier
    this.capacity = capacity
    this.#slots = Math.min(capacity, initialSlots)
    this.#index = new KeyIndex(this.#slots)
    this.#queue = new SlotQueue(this.#slots)
  }

  get size(): number {
    return this.#used - this.#spare.length
  }

  has(key: number, hash: number): boolean {
    return this.#index.find(key, hash) !== 0
  }

  /** Moves a block to the end of the queue; false when it is not here. */
  touch(key: number, hash: number): boolean {
    const slot = this.#index.find(key, hash)
    if (slot === 0) return false
    this.#queue.remove(slot)
    this.#queue.append(slot)
    return true
  }

  /** Adds a block that is not here. Returns the key of the one that had to go for it, 0 when there was room. */
  add(key: number, hash: number): number {
    let evicted = 0
    let slot = this.#spare.pop() ?? 0
    if (slot === 0 && this.#used < this.capacity) {
      if (this.#used === this.#slots) this.#grow()
      slot = ++this.#used
    } else if (slot === 0) {
      slot = this.#queue.first
      evicted = this.#index.keys[slot]!
      this.evictedHash = this.#index.hashOf(slot)
      this.#index.remove(slot)
      this.#queue.remove(slot)
    }
    this.#index.insert(slot, key, hash)
    this.#queue.append(slot)
    return evicted
  }

  #grow(): void {
    this.#slots = Math.min(this.capacity, 2 * this.#slots)
    this.#index = this.#index.grown(this.#slots)
    this.#queue = this.#queue.grown(this.#slots)
  }

  /** Takes a block out; false when it is not here. */
  remove(key: number, hash: number): boolean {
    const slot = this.#index.find(key, hash)
    if (slot === 0) return false
    this.#index.remove(slot)
    this.#queue.remove(slot)
    this.#spare.push(slot)
    return true
  }

  clear(): void {
    this.#slots = Math.min(this.capacity, initialSlots)
    this.#used = 0
    this.#spare = []
    this.#index = new KeyIndex(this.#slots)
    this.#queue = new SlotQueue(this.#slots)
  }

  /** Keys, the next to be evicted first: for tests. */
  queuedKeys(): number[] {
    const keys: number[] = []
    for (let slot = this.#queue.first; slot !== 0; slot = this.#queue.next[slot]!)
      keys.push(this.#index.keys[slot]!)
    return keys
  }

  checkInvariants(): void {
    const keys = this.queuedKeys()
    assert(keys.length === this.size, `${this.tier} counts ${this.size} blocks, ${keys.length} are queued`)
    assert(this.size <= this.capacity, `${this.tier} holds more than it can`)
    assert(new Set(keys).size === keys.length, `${this.tier} holds a block twice`)
    for (let slot = this.#queue.first; slot !== 0; slot = this.#queue.next[slot]!) {
      const found = this.#index.find(this.#index.keys[slot]!, this.#index.hashOf(slot))
      assert(found === slot, `${this.tier} does not find a block it holds`)
    }
  }
}
