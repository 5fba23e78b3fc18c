/**
 * Prompts as paths in a tree of blocks. A block id of a trace means "these tokens" (Qwen-Bailian) or "these tokens after
 * that prefix" (Mooncake, agent sessions); a node of the tree always means the latter, which is what a prefix cache keys.
 * Nodes are numbered from 0 in order of first appearance, so that they are whole numbers unique over the trace, and one
 * number holds a whole prompt: its last block. 80 million ids of agent sessions shrink to 3 million nodes of 4 bytes.
 */
/** As the trace writes it. */
export type BlockId = number | string

/** Ids below this are looked up in an array, others in a map. */
const directIds = 2 ** 26
const pageBits = 16
const pageMask = (1 << pageBits) - 1

/** Node of no block: the empty prompt. */
export const noBlock = -1

export class BlockTree {
  /** One array, because paths are walked for every request replayed. */
  #parents = new Int32Array(1024)
  #size = 0
  /** First node of an id, for small numbers by page and for others by value. */
  #pages: (Int32Array | undefined)[] = []
  #named = new Map<BlockId, number>()
  /** Further nodes of ids that stand after different prefixes. */
  #branches = new Map<number | string, number>()
  #known = 0

  get size(): number {
    return this.#size
  }

  /** Leading blocks of the path added last that were there before. */
  get known(): number {
    return this.#known
  }

  /** Ids from here on mean something else than before: those of the next session, when ids are local to sessions. */
  beginScope(): void {
    this.#pages = this.#pages.map(page => page?.fill(noBlock))
    this.#named = new Map()
    this.#branches = new Map()
  }

  /** Adds what is new of a prompt's first `count` blocks; returns the node of the last one. */
  add(ids: readonly BlockId[], count = ids.length): number {
    let node = noBlock
    let known = 0
    for (let index = 0; index < count; index++) {
      const id = ids[index]!
      const before = this.size
      node = this.#child(node, id)
      if (node < before) known = index + 1
    }
    this.#known = known
    return node
  }

  parentOf(node: number): number {
    return this.#parents[node]!
  }

  /** The node `steps` blocks further up. */
  ancestor(node: number, steps: number): number {
    const parents = this.#parents
    let current = node
    for (let step = 0; step < steps && current !== noBlock; step++) current = parents[current]!
    return current
  }

  /** Writes the nodes from the first block to `node`, which is the `count`-th, each plus `offset`. */
  path(node: number, count: number, offset = 0): ArrayLike<number> {
    const nodes =
      this.size + offset < 2 ** 31 ? new Int32Array(Math.max(0, count)) : new Float64Array(Math.max(0, count))
    const parents = this.#parents
    let current = node
    for (let index = count - 1; index >= 0; index--) {
      nodes[index] = current + offset
      current = parents[current]!
    }
    return nodes
  }

  #child(parent: number, id: BlockId): number {
    const first = this.#first(id)
    if (first === noBlock) return this.#setFirst(id, this.#create(parent))
    if (this.#parents[first] === parent) return first
    const key = branchKey(parent, id)
    const branch = this.#branches.get(key)
    if (branch !== undefined) return branch
    const node = this.#create(parent)
    this.#branches.set(key, node)
    return node
  }

  #create(parent: number): number {
    if (this.#size === this.#parents.length) {
      const grown = new Int32Array(2 * this.#size)
      grown.set(this.#parents)
      this.#parents = grown
    }
    this.#parents[this.#size] = parent
    return this.#size++
  }

  #first(id: BlockId): number {
    if (typeof id === 'number' && id < directIds)
      return this.#pages[id >>> pageBits]?.[id & pageMask] ?? noBlock
    return this.#named.get(id) ?? noBlock
  }

  #setFirst(id: BlockId, node: number): number {
    if (typeof id === 'number' && id < directIds) {
      const page = this.#pages[id >>> pageBits] ?? new Int32Array(pageMask + 1).fill(noBlock)
      this.#pages[id >>> pageBits] = page
      page[id & pageMask] = node
    } else {
      this.#named.set(id, node)
    }
    return node
  }
}

/** Parent and id in one number where both are small enough to be exact. */
function branchKey(parent: number, id: BlockId): number | string {
  return typeof id === 'number' && id < directIds && parent < 2 ** 26
    ? (parent + 1) * directIds + id
    : `${parent}/${id}`
}
