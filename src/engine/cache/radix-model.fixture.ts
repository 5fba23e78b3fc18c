/** A radix cache written to be obviously right: a tree of lists of names, and clocks. Slow. */
import type { CacheModel } from './history.fixture.ts'
import type { PrefixHit } from './key-value-cache.ts'
import { blockHash, blockName, type Prompt } from './prompts.fixture.ts'

interface Page {
  readonly name: string
  readonly hash: number
}

interface ModelNode {
  pages: Page[]
  parent: ModelNode | null
  children: ModelNode[]
  locks: number
  usedAt: number
}

export interface RadixModelSequence {
  readonly prompt: Prompt
  readonly owner: number
  readonly number: number
  blockCount: number
  full: number
  node: ModelNode
}

function createNode(pages: Page[], parent: ModelNode | null, usedAt: number): ModelNode {
  return { pages, parent, children: [], locks: 0, usedAt }
}

function pathOf(node: ModelNode): ModelNode[] {
  return node.parent === null ? [] : [...pathOf(node.parent), node]
}

function depth(node: ModelNode): number {
  return pathOf(node).reduce((sum, { pages }) => sum + pages.length, 0)
}

export class RadixModel implements CacheModel<RadixModelSequence> {
  removed: number[] = []
  readonly blocks: number
  readonly blockTokens: number
  unused = 0
  root = createNode([], null, 0)
  clock = 0
  sequences = 0

  constructor(blocks: number, blockTokens: number) {
    this.blocks = blocks
    this.blockTokens = blockTokens
    this.clear()
  }

  clear(): void {
    this.unused = this.blocks
    this.root = createNode([], null, 0)
  }

  #nodes(from = this.root): ModelNode[] {
    return from.children.flatMap(child => [child, ...this.#nodes(child)])
  }

  #size(nodes: readonly ModelNode[]): number {
    return nodes.reduce((sum, { pages }) => sum + pages.length, 0)
  }

  freeBlocks(): number {
    return this.unused + this.#size(this.#nodes().filter(({ locks }) => locks === 0))
  }

  #pages(prompt: Prompt, owner: number, number: number, from: number, to: number): Page[] {
    const pages: Page[] = []
    for (let page = from; page < to; page++) {
      const name =
        blockName(prompt.content, owner, this.blockTokens, page) ?? `sequence ${number} page ${page}`
      pages.push({ name, hash: blockHash(prompt.content, owner, this.blockTokens, page) })
    }
    return pages
  }

  /** Walks down along the pages; splits where they part, if told to. Returns the pages found, how many of them are unlocked. */
  #match(pages: readonly Page[], split: boolean): { count: number; idle: number; node: ModelNode } {
    let node = this.root
    let count = 0
    let idle = 0
    for (;;) {
      const child = node.children.find(({ pages: run }) => run[0]!.name === pages[count]?.name)
      if (child === undefined) return { count, idle, node }
      let same = 0
      while (same < child.pages.length && child.pages[same]!.name === pages[count + same]?.name) same++
      count += same
      if (child.locks === 0) idle += same
      if (same < child.pages.length) {
        if (!split) return { count, idle, node }
        child.usedAt = this.clock
        const upper = createNode(child.pages.slice(0, same), node, this.clock)
        upper.locks = child.locks
        upper.children = [child]
        node.children = [...node.children.filter(other => other !== child), upper]
        child.parent = upper
        child.pages = child.pages.slice(same)
        return { count, idle, node: upper }
      }
      node = child
    }
  }

  lookup(prompt: Prompt, maximumTokens: number, owner: number): PrefixHit {
    const limit = Math.floor(maximumTokens / this.blockTokens)
    const { count } = this.#match(this.#pages(prompt, owner, -1, 0, limit), false)
    return { deviceTokens: count * this.blockTokens, hostTokens: 0, diskTokens: 0 }
  }

  open(prompt: Prompt, cachedTokens: number, tokens: number, owner: number): RadixModelSequence | null {
    const number = this.sequences++
    const blockCount = Math.ceil(tokens / this.blockTokens)
    const hits = Math.floor(cachedTokens / this.blockTokens)
    const pages = this.#pages(prompt, owner, number, 0, hits)
    if (blockCount - hits > this.freeBlocks() - this.#match(pages, false).idle) return null
    this.clock++
    const { node } = this.#match(pages, true)
    const path = pathOf(node)
    for (const step of path) step.locks++
    this.#take(blockCount - hits)
    return { prompt, owner, number, blockCount, full: hits, node }
  }

  #take(count: number): void {
    while (this.unused < count) {
      const leaves = this.#nodes().filter(({ locks, children }) => locks === 0 && children.length === 0)
      const oldest = leaves.reduce((a, b) => (b.usedAt < a.usedAt ? b : a))
      oldest.parent!.children = oldest.parent!.children.filter(other => other !== oldest)
      this.unused += oldest.pages.length
      this.removed.push(...oldest.pages.map(({ hash }) => hash).filter(hash => hash > 0))
    }
    this.unused -= count
  }

  grow(sequence: RadixModelSequence, tokens: number): boolean {
    const more = Math.max(0, Math.ceil(tokens / this.blockTokens) - sequence.blockCount)
    if (more > this.freeBlocks()) return false
    this.#take(more)
    sequence.blockCount += more
    return true
  }

  commit(sequence: RadixModelSequence, tokens: number, decoding: boolean): void {
    const full = Math.floor(tokens / this.blockTokens)
    if (full <= sequence.full) return
    sequence.full = full
    if (!decoding) this.#insert(sequence)
  }

  #insert(sequence: RadixModelSequence): void {
    const { prompt, owner, number, full } = sequence
    const before = depth(sequence.node)
    if (full <= before) return
    this.clock++
    const pages = this.#pages(prompt, owner, number, 0, full)
    const old = pathOf(sequence.node)
    let { count, node } = this.#match(pages, true)
    this.unused += count - before
    // Known content and what is private make two runs.
    const rest = pages.slice(count)
    for (const run of [rest.filter(({ hash }) => hash > 0), rest.filter(({ hash }) => hash <= 0)]) {
      if (run.length === 0) continue
      const child = createNode(run, node, this.clock)
      node.children.push(child)
      node = child
      count += run.length
    }
    for (const step of old) step.locks--
    for (const step of pathOf(node)) step.locks++
    sequence.node = node
  }

  close(sequence: RadixModelSequence, retracted: boolean): void {
    if (!retracted) this.#insert(sequence)
    this.unused += sequence.blockCount - depth(sequence.node)
    this.clock++
    for (const step of pathOf(sequence.node)) {
      step.locks--
      if (step.locks === 0) step.usedAt = this.clock
    }
  }
}
