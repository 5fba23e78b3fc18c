/**
 * From keys to slots (blocks, numbered from 1; 0 is none), on typed arrays: a Mooncake replay makes millions of calls.
 * Chained hashing; the links lie in arrays by slot, so that nothing is allocated and removal leaves no gaps. Several slots
 * may have the same key; the first one in is the one found (vLLM: BlockHashToBlockMap), the others stand in a ring behind
 * it and take its place, in order, when it goes.
 */
/** In `chain`: not in the chain, but in the ring of another slot with the same key. */
const inRing = -1

export class KeyIndex {
  /** Key of each slot; 0: none. Slots with the key -1 (anonymous) are not indexed: whoever sets it clears it. */
  keys: Float64Array
  #heads: Int32Array
  #mask: number
  /** Hash of its key, and next slot in the chain of its bucket. */
  #hashes: Int32Array
  #chain: Int32Array
  /** Rings of equal keys; a slot alone points to itself. */
  #ringNext: Int32Array
  #ringPrevious: Int32Array

  constructor(slots: number) {
    const buckets = 2 ** Math.ceil(Math.log2(2 * slots + 2))
    this.keys = new Float64Array(slots + 1)
    this.#heads = new Int32Array(buckets)
    this.#mask = buckets - 1
    this.#hashes = new Int32Array(slots + 1)
    this.#chain = new Int32Array(slots + 1)
    this.#ringNext = Int32Array.from({ length: slots + 1 }, (_, slot) => slot)
    this.#ringPrevious = this.#ringNext.slice()
  }

  /** Hash of the key that an indexed slot has. */
  hashOf(slot: number): number {
    return this.#hashes[slot]!
  }

  /** First slot with the key, 0 when there is none. `hash` is the one the key was inserted with. */
  find(key: number, hash: number): number {
    const { keys } = this
    const chain = this.#chain
    let slot = this.#heads[hash & this.#mask]!
    while (slot !== 0 && keys[slot] !== key) slot = chain[slot]!
    return slot
  }

  /** Gives a slot a key. true when no other slot has it. */
  insert(slot: number, key: number, hash: number): boolean {
    const bucket = hash & this.#mask
    const first = this.find(key, hash)
    this.keys[slot] = key
    this.#hashes[slot] = hash
    if (first === 0) {
      this.#chain[slot] = this.#heads[bucket]!
      this.#heads[bucket] = slot
      return true
    }
    this.#chain[slot] = inRing
    const last = this.#ringPrevious[first]!
    this.#ringNext[last] = slot
    this.#ringPrevious[slot] = last
    this.#ringNext[slot] = first
    this.#ringPrevious[first] = slot
    return false
  }

  /** Takes its key from an indexed slot. true when no other slot has that key. */
  remove(slot: number): boolean {
    this.keys[slot] = 0
    const next = this.#ringNext[slot]!
    const alone = next === slot
    const after = this.#chain[slot]!
    if (after !== inRing) {
      if (alone) {
        this.#relink(slot, after)
      } else {
        this.#chain[next] = after
        this.#relink(slot, next)
      }
    }
    if (alone) return true
    const previous = this.#ringPrevious[slot]!
    this.#ringNext[previous] = next
    this.#ringPrevious[next] = previous
    this.#ringNext[slot] = slot
    this.#ringPrevious[slot] = slot
    return false
  }

  /** Whatever pointed to `slot` in its chain points to `target` instead. */
  #relink(slot: number, target: number): void {
    const bucket = this.#hashes[slot]! & this.#mask
    const chain = this.#chain
    let before = this.#heads[bucket]!
    if (before === slot) {
      this.#heads[bucket] = target
      return
    }
    while (chain[before] !== slot) before = chain[before]!
    chain[before] = target
  }

  /** The same contents with room for more slots. Only for indices without equal keys. */
  grown(slots: number): KeyIndex {
    const larger = new KeyIndex(slots)
    for (let slot = 1; slot < this.keys.length; slot++) {
      const key = this.keys[slot]!
      if (key !== 0) larger.insert(slot, key, this.#hashes[slot]!)
    }
    return larger
  }
}
