/**
 * A tree of cached runs, as SGLang's radix cache has it (python/sglang/srt/mem_cache/radix_cache.py at 006b0e3d): a node is
 * a run of pages behind its parent's; runs split where prompts part; sequences lock the path they use; unlocked leaves are
 * evicted whole, least recently used first, and then their parents.
 *
 * A run is a range of pages of some content (never a list of tokens), so that everything costs nodes, not tokens. Ids of
 * content are chained: two runs are equal up to a block if the ids of that block are, so the place where they part is
 * searched for in logarithmic time.
 *
 * Order of eviction: one list of all unlocked nodes, moved to its end when unlocked or touched, a child before its parent.
 * A child is never locked without its parent and never used later, so the first of the list is always a leaf.
 */
import { assert } from '../../core/assert.ts'
import type { TokenContent } from '../../workload/request.ts'
import { knownBlocks } from './block-keys.ts'

export interface RadixNode {
  parent: RadixNode | null
  /** In the parent's children: the content block of the first page, or a private key below 0. */
  key: number
  children: Map<number, RadixNode> | null
  /** Whose pages these are; null: private pages of `key`'s owner. */
  readonly content: TokenContent | null
  /** Pages from the start of the prompt. */
  start: number
  readonly end: number
  /** Sequences whose path leads through here. */
  locks: number
  /** In the order of eviction, while unlocked. */
  older: RadixNode | null
  newer: RadixNode | null
}

/** Private keys without an owner count down from here; owners are below 2^31. */
const anonymousKeys = -(2 ** 40)

function createNode(
  parent: RadixNode | null,
  key: number,
  content: TokenContent | null,
  start: number,
  end: number,
): RadixNode {
  return { parent, key, children: null, content, start, end, locks: 0, older: null, newer: null }
}

export class RadixTree {
  readonly pageTokens: number
  readonly root: RadixNode = createNode(null, 0, null, 0, 0)
  /** Pages of locked and of unlocked nodes. */
  lockedPages = 0
  evictablePages = 0
  /** Set by find(): pages of the match that are in unlocked nodes. */
  matchedEvictablePages = 0
  readonly #evicted: ((node: RadixNode) => void) | null
  /** Before the oldest and behind the newest. */
  readonly #ends: RadixNode = createNode(null, 0, null, 0, 0)
  #anonymous = anonymousKeys

  constructor(pageTokens: number, evicted: ((node: RadixNode) => void) | null = null) {
    this.pageTokens = pageTokens
    this.#evicted = evicted
    this.#ends.older = this.#ends
    this.#ends.newer = this.#ends
  }

  /** Pages of the sequence found from the start, at most `limit`. */
  find(content: TokenContent | null, owner: number, limit: number): number {
    let node = this.root
    let page = 0
    let evictable = 0
    while (page < limit) {
      const child = this.#child(node, content, owner, page)
      if (child === undefined) break
      const matched = this.#match(child, content, page, limit)
      if (child.locks === 0) evictable += matched
      page += matched
      if (page < child.end) break
      node = child
    }
    this.matchedEvictablePages = evictable
    return page
  }

  /** The child that goes on with `page` of the content. */
  #child(node: RadixNode, content: TokenContent | null, owner: number, page: number): RadixNode | undefined {
    if (node.children === null) return undefined
    const key = this.#childKey(content, owner, page)
    return key === null ? undefined : node.children.get(key)
  }

  #childKey(content: TokenContent | null, owner: number, page: number): number | null {
    if (content !== null && page < knownBlocks(content, this.pageTokens)) {
      return content.blockIds[this.#contentBlock(content, page)]!
    }
    return owner < 0 ? null : -owner - 1
  }

  /** The content block that holds the last token of a page. */
  #contentBlock(content: TokenContent, page: number): number {
    return Math.floor(((page + 1) * this.pageTokens - 1) / content.tokensPerBlock)
  }

  /** Pages of a node that the content shares from `page` on, where they agree, up to `limit`. */
  #match(node: RadixNode, content: TokenContent | null, page: number, limit: number): number {
    if (node.content === null) return Math.min(node.end, limit) - page
    assert(
      content !== null && content.tokensPerBlock === node.content.tokensPerBlock,
      'ids are unique over a run',
    )
    const end = Math.min(node.end, limit, knownBlocks(content, this.pageTokens))
    if (content === node.content) return end - page
    const ours = content.blockIds
    const theirs = node.content.blockIds
    let same = this.#contentBlock(content, page)
    let differs = this.#contentBlock(content, end - 1)
    if (ours[differs] === theirs[differs]) return end - page
    while (differs - same > 1) {
      const middle = (same + differs) >> 1
      if (ours[middle] === theirs[middle]) same = middle
      else differs = middle
    }
    return Math.floor((differs * content.tokensPerBlock) / this.pageTokens) - page
  }

  /**
   * Walks down from a node as far as the sequence's pages up to `limit` are there, locks what it passes and splits the run
   * in which it ends. Returns the last node, which ends where the match does.
   */
  descend(from: RadixNode, content: TokenContent | null, owner: number, limit: number): RadixNode {
    let node = from
    while (node.end < limit) {
      const child = this.#child(node, content, owner, node.end)
      if (child === undefined) break
      const matched = this.#match(child, content, node.end, limit)
      const whole = node.end + matched === child.end
      const next = whole ? child : this.#split(child, node.end + matched)
      if (next.locks++ === 0) this.#leave(next)
      node = next
      if (!whole) {
        // The engine dates the run before it splits it: its rest counts as used.
        if (child.locks === 0) this.#touch(child)
        break
      }
    }
    return node
  }

  /** Splits a node at a page; the new one is the upper part. */
  #split(node: RadixNode, page: number): RadixNode {
    const parent = node.parent!
    const upper = createNode(parent, node.key, node.content, node.start, page)
    parent.children!.set(upper.key, upper)
    if (node.content !== null) node.key = node.content.blockIds[this.#contentBlock(node.content, page)]!
    upper.children = new Map([[node.key, node]])
    upper.locks = node.locks
    node.parent = upper
    node.start = page
    // It is used right after its lower part, so it goes later.
    if (upper.locks === 0) this.#insertBehind(node, upper)
    return upper
  }

  /** Adds pages [parent.end, end) of a sequence below a locked node, locked once. Returns the last node. */
  append(parent: RadixNode, content: TokenContent | null, owner: number, end: number): RadixNode {
    const known = Math.min(end, knownBlocks(content, this.pageTokens))
    let node = parent
    if (node.end < known) node = this.#attach(node, this.#childKey(content, owner, node.end)!, content, known)
    if (node.end < end) {
      const key = this.#childKey(null, owner, node.end) ?? this.#anonymous--
      node = this.#attach(node, key, null, end)
    }
    return node
  }

  #attach(parent: RadixNode, key: number, content: TokenContent | null, end: number): RadixNode {
    const node = createNode(parent, key, content, parent.end, end)
    parent.children ??= new Map()
    assert(!parent.children.has(key), 'what is added is not there yet')
    parent.children.set(key, node)
    node.locks = 1
    this.lockedPages += end - node.start
    return node
  }

  /** Unlocks a path from its last node up; what nobody else has locked was used last. */
  unlock(last: RadixNode): void {
    for (let node = last; node.parent !== null; node = node.parent) {
      if (--node.locks > 0) continue
      this.lockedPages -= node.end - node.start
      this.evictablePages += node.end - node.start
      this.#insertBehind(this.#ends.older!, node)
    }
  }

  /** Evicts leaves until at least `pages` are free or none is left. Returns the pages freed. */
  evict(pages: number): number {
    let freed = 0
    while (freed < pages) {
      const node = this.#ends.newer!
      if (node === this.#ends) break
      assert(node.children === null || node.children.size === 0, 'the least recently used node is a leaf')
      this.#unlink(node)
      node.parent!.children!.delete(node.key)
      freed += node.end - node.start
      this.#evicted?.(node)
    }
    this.evictablePages -= freed
    return freed
  }

  /** An unlocked node gets its first lock. */
  #leave(node: RadixNode): void {
    this.#unlink(node)
    this.evictablePages -= node.end - node.start
    this.lockedPages += node.end - node.start
  }

  #touch(node: RadixNode): void {
    this.#unlink(node)
    this.#insertBehind(this.#ends.older!, node)
  }

  #unlink(node: RadixNode): void {
    node.older!.newer = node.newer
    node.newer!.older = node.older
    node.older = null
    node.newer = null
  }

  #insertBehind(older: RadixNode, node: RadixNode): void {
    const newer = older.newer!
    node.older = older
    node.newer = newer
    older.newer = node
    newer.older = node
  }

  checkInvariants(): void {
    let locked = 0
    let evictable = 0
    const places = new Map<RadixNode, number>()
    for (let node = this.#ends.newer!; node !== this.#ends; node = node.newer!) places.set(node, places.size)
    const unlocked = new Set<RadixNode>()
    const visit = (node: RadixNode): void => {
      let below = 0
      for (const [key, child] of node.children ?? []) {
        assert(child.parent === node && child.key === key, 'a child knows its parent and its key')
        assert(child.start === node.end && child.end > child.start, 'a child goes on where its parent ends')
        below += child.locks
        if (child.locks > 0) locked += child.end - child.start
        else {
          evictable += child.end - child.start
          unlocked.add(child)
        }
        assert(
          node === this.root || child.locks > 0 || node.locks > 0 || places.get(child)! < places.get(node)!,
          'a child is evicted before its parent',
        )
        visit(child)
      }
      assert(node === this.root || below <= node.locks, 'whoever locks a child locks its parent')
    }
    visit(this.root)
    assert(
      unlocked.size === places.size && [...places.keys()].every(node => unlocked.has(node)),
      'unlocked nodes are listed',
    )
    assert(locked === this.lockedPages, `${this.lockedPages} pages count as locked, ${locked} are`)
    assert(
      evictable === this.evictablePages,
      `${this.evictablePages} pages count as evictable, ${evictable} are`,
    )
  }
}
