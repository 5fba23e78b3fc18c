/**
 * The identity of engine blocks. Content is known by chained ids of G tokens each, an engine's blocks have B tokens, and
 * neither needs to be a multiple of the other: engine block j is named by the content block that holds its last token,
 * (j + 1) B - 1, and by which of the engine blocks that end in there it is. Ids being chained, that names the whole
 * prefix. Blocks whose last token is behind the known content are named by their owner and their index.
 *
 * Keys are whole numbers below 2^53 in absolute value: positive for content, negative for private blocks, 0 for none.
 */
import { assert } from '../../core/assert.ts'
import { mix32 } from '../../core/random.ts'
import type { TokenContent } from '../../workload/request.ts'

/** Engine blocks that may end in one content block. With ids below 2^40 keys stay below 2^53. */
const endingsPerContentBlock = 4096
/** Blocks of one private sequence; with owners below 2^31 keys stay above -2^53. */
const blocksPerOwner = 2 ** 21
/** Key of a private block without an owner: there may be many, none is ever looked for. */
export const anonymousKey = -1

/** Engine blocks whose content is known. */
export function knownBlocks(content: TokenContent | null, blockTokens: number): number {
  if (content === null) return 0
  return Math.floor((content.blockIds.length * content.tokensPerBlock) / blockTokens)
}

/** Ids in a row that share a hash but for their offset: importers number content in the order in which it appears. */
const idsPerGroup = 64

/** Blocks that follow each other get hashes that do, so that the index is read and written in order. */
function hashOfId(id: number, endings: number): number {
  const group = Math.floor(id / idsPerGroup)
  const mixed = mix32((group | 0) ^ Math.imul(Math.floor(group / 2 ** 32), 0x9e3779b1)) >>> 2
  return mixed + (id - group * idsPerGroup) * endings
}

function hashOfOwner(owner: number): number {
  return mix32(~owner) >>> 2
}

/** Walks along the keys of a sequence. Reused: start() it anew. */
export class BlockKeys {
  readonly blockTokens: number
  key = 0
  hash = 0
  #content: TokenContent | null = null
  #owner = -1
  #block = 0
  #known = 0
  #step = 0
  #endings = 1
  /** Last token of the present block, and the first token behind its content block. */
  #last = 0
  #boundary = 0

  constructor(blockTokens: number) {
    this.blockTokens = blockTokens
  }

  /** Stands at the key of `block`. */
  start(content: TokenContent | null, owner: number, block: number): void {
    assert(
      content === null || content.tokensPerBlock <= endingsPerContentBlock * this.blockTokens,
      'content blocks are at most 4096 engine blocks long',
    )
    this.#content = content
    this.#owner = owner
    this.#block = block
    this.#known = knownBlocks(content, this.blockTokens)
    if (content !== null) this.#endings = Math.ceil(content.tokensPerBlock / this.blockTokens)
    this.#last = (block + 1) * this.blockTokens - 1
    if (block < this.#known) this.#enterContent()
    else this.#enterPrivate()
  }

  /** Goes on to the next block. */
  next(): void {
    const block = ++this.#block
    this.#last += this.blockTokens
    if (block === this.#known) {
      this.#enterPrivate()
    } else if (block < this.#known && this.#last >= this.#boundary) {
      this.#enterContent()
    } else {
      this.key += this.#step
      this.hash++
    }
  }

  #enterContent(): void {
    const { tokensPerBlock, blockIds } = this.#content!
    const index = (this.#last / tokensPerBlock) | 0
    const start = index * tokensPerBlock
    const ending = ((this.#last - start) / this.blockTokens) | 0
    const id = blockIds[index]!
    this.#boundary = start + tokensPerBlock
    this.#step = 1
    this.key = id * endingsPerContentBlock + ending + 1
    this.hash = hashOfId(id, this.#endings) + ending
  }

  #enterPrivate(): void {
    if (this.#owner < 0) {
      this.#step = 0
      this.key = anonymousKey
      this.hash = 0
      return
    }
    this.#step = -1
    this.key = -(this.#owner * blocksPerOwner + this.#block) - 2
    this.hash = hashOfOwner(this.#owner) + this.#block
  }
}

/** Keys of the known blocks [first, full) and of the one before, for an event; null when none of them is known. */
export function storedHashes(
  keys: BlockKeys,
  content: TokenContent | null,
  owner: number,
  first: number,
  full: number,
): { hashes: number[]; parentHash: number | null } | null {
  const end = Math.min(full, knownBlocks(content, keys.blockTokens))
  if (first >= end) return null
  const hashes: number[] = []
  let parentHash: number | null = null
  if (first > 0) {
    keys.start(content, owner, first - 1)
    parentHash = keys.key
    keys.next()
  } else {
    keys.start(content, owner, 0)
  }
  for (let block = first; block < end; block++) {
    hashes.push(keys.key)
    keys.next()
  }
  return { hashes, parentHash }
}
