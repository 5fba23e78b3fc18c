/** Lists of block numbers for sequences, in sizes of powers of two and used again: a replay opens and closes thousands a second. */
export class BlockLists {
  readonly #spare: Int32Array[][] = []

  /** A list with room for at least `blocks`; what is in it is undefined. */
  take(blocks: number): Int32Array {
    const size = sizeClass(blocks)
    return this.#spare[size]?.pop() ?? new Int32Array(2 ** size)
  }

  give(list: Int32Array): void {
    const size = sizeClass(list.length)
    this.#spare[size] ??= []
    this.#spare[size].push(list)
  }

  /** A list with room for at least `blocks` that begins with the first `used` of the given one, which is taken back. */
  enlarge(list: Int32Array, used: number, blocks: number): Int32Array {
    const larger = this.take(blocks)
    for (let index = 0; index < used; index++) larger[index] = list[index]!
    this.give(list)
    return larger
  }
}

function sizeClass(blocks: number): number {
  return blocks <= 1 ? 0 : 32 - Math.clz32(blocks - 1)
}
