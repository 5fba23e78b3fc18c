/** A block pool written to be obviously right: arrays, names, walks from the start. Slow. */
import type { BlockPoolRules } from './block-pool.ts'
import type { CacheModel } from './history.fixture.ts'
import type { PrefixHit } from './key-value-cache.ts'
import { blockHash, blockName, type Prompt } from './prompts.fixture.ts'

interface ModelBlock {
  /** null: no key. 'nobody': full, but cannot be found. */
  name: string | null
  hash: number
  holders: number
}

export interface PoolModelSequence {
  readonly prompt: Prompt
  readonly owner: number
  readonly blocks: ModelBlock[]
  /** Full blocks, decoded ones included, and those that have their names. */
  full: number
  named: number
}

export interface ModelTier {
  readonly tier: 'host' | 'disk'
  readonly capacity: number
  /** Names, next to be evicted first. */
  queue: string[]
}

export class PoolModel implements CacheModel<PoolModelSequence> {
  removed: number[] = []
  readonly blockTokens: number
  readonly rules: BlockPoolRules
  readonly blocks: number
  readonly policy: 'write-through' | 'write-back'
  readonly tiers: readonly ModelTier[]
  queue: ModelBlock[] = []
  /** In the order in which they got their names. */
  named: ModelBlock[] = []

  constructor(
    blocks: number,
    blockTokens: number,
    rules: BlockPoolRules,
    policy: 'write-through' | 'write-back' = 'write-through',
    tiers: readonly ModelTier[] = [],
  ) {
    this.blocks = blocks
    this.blockTokens = blockTokens
    this.rules = rules
    this.policy = policy
    this.tiers = tiers
    this.clear()
  }

  clear(): void {
    this.queue = Array.from({ length: this.blocks }, () => ({ name: null, hash: 0, holders: 0 }))
    this.named = []
    for (const tier of this.tiers) tier.queue = []
  }

  freeBlocks(): number {
    return this.queue.length
  }

  #name({ prompt, owner }: { prompt: Prompt; owner: number }, block: number): string | null {
    return blockName(prompt.content, owner, this.blockTokens, block)
  }

  #find(name: string | null): ModelBlock | undefined {
    return name === null ? undefined : this.named.find(block => block.name === name)
  }

  lookup(prompt: Prompt, maximumTokens: number, owner: number): PrefixHit {
    const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
    const limit = Math.floor(maximumTokens / this.blockTokens)
    let block = 0
    for (; block < limit && this.#find(this.#name({ prompt, owner }, block)) !== undefined; block++) {
      hit.deviceTokens += this.blockTokens
    }
    const rest = maximumTokens - limit * this.blockTokens
    if (this.rules.partialReuse && block === limit && this.#find(this.#name({ prompt, owner }, block))) {
      hit.deviceTokens += rest
    }
    for (; block < limit; block++) {
      const name = this.#name({ prompt, owner }, block)
      const tier = this.tiers.find(({ queue }) => name !== null && queue.includes(name))
      if (tier === undefined) break
      if (tier.tier === 'host') hit.hostTokens += this.blockTokens
      else hit.diskTokens += this.blockTokens
    }
    return hit
  }

  open(prompt: Prompt, cachedTokens: number, tokens: number, owner: number): PoolModelSequence | null {
    const hits = Math.floor(cachedTokens / this.blockTokens)
    const blocks: ModelBlock[] = []
    while (blocks.length < hits) {
      const block = this.#find(this.#name({ prompt, owner }, blocks.length))
      if (block === undefined) break
      blocks.push(block)
    }
    const needed = Math.ceil(tokens / this.blockTokens) - blocks.length
    const left = this.queue.filter(block => !blocks.includes(block))
    if (needed > left.length) return null
    this.queue = left
    for (const block of blocks) block.holders++
    const sequence = { prompt, owner, blocks, full: blocks.length, named: blocks.length }
    this.#load(sequence, hits)
    this.#take(sequence, needed)
    return sequence
  }

  #load(sequence: PoolModelSequence, hits: number): void {
    const from = this.policy === 'write-through' ? 0 : sequence.blocks.length
    for (let index = hits - 1; index >= from; index--) {
      const name = this.#name(sequence, index)
      for (const tier of this.tiers) {
        if (name === null || !tier.queue.includes(name)) continue
        tier.queue = tier.queue.filter(other => other !== name)
        if (this.policy === 'write-through') tier.queue.push(name)
      }
    }
  }

  #take(sequence: PoolModelSequence, count: number): void {
    for (let taken = 0; taken < count; taken++) {
      const block = this.queue.shift()!
      const { name, hash } = block
      this.named = this.named.filter(other => other !== block)
      block.name = null
      block.holders = 1
      sequence.blocks.push(block)
      if (name === null || name === 'nobody' || this.#find(name) !== undefined) continue
      if (hash > 0) this.removed.push(hash)
      if (this.policy === 'write-back') this.#sink(name, 0)
    }
  }

  /** A name moves down to a tier, whose oldest moves on to the next. */
  #sink(name: string, position: number): void {
    const tier = this.tiers[position]
    if (tier === undefined) return
    const known = tier.queue.includes(name)
    tier.queue = [...tier.queue.filter(other => other !== name), name]
    if (!known && tier.queue.length > tier.capacity) this.#sink(tier.queue.shift()!, position + 1)
  }

  grow(sequence: PoolModelSequence, tokens: number): boolean {
    const needed = Math.ceil(tokens / this.blockTokens) - sequence.blocks.length
    if (needed > this.queue.length) return false
    this.#take(sequence, Math.max(0, needed))
    return true
  }

  commit(sequence: PoolModelSequence, tokens: number, decoding: boolean): void {
    const full = Math.floor(tokens / this.blockTokens)
    if (full <= sequence.full) return
    sequence.full = full
    if ((decoding && this.rules.answersAtEnd) || this.#isPrivate(sequence)) return
    this.#nameFull(sequence, true)
    if (!decoding) this.#writeThrough(sequence)
  }

  /** Found by its own request only, after that was taken back: nobody needs its names before. */
  #isPrivate({ prompt }: PoolModelSequence): boolean {
    return prompt.content === null && this.tiers.length === 0
  }

  #nameFull(sequence: PoolModelSequence, findable: boolean): void {
    for (; sequence.named < sequence.full; sequence.named++) {
      const block = sequence.blocks[sequence.named]!
      const name = findable ? this.#name(sequence, sequence.named) : null
      block.name = name ?? 'nobody'
      block.hash = blockHash(sequence.prompt.content, sequence.owner, this.blockTokens, sequence.named)
      if (name !== null) this.named.push(block)
    }
  }

  /** Everything the sequence computed is in every tier, the start of the prompt used last. */
  #writeThrough(sequence: PoolModelSequence): void {
    if (this.policy === 'write-back') return
    const names = Array.from({ length: sequence.full }, (_, block) => this.#name(sequence, block)).filter(
      name => name !== null,
    )
    for (const tier of this.tiers) {
      const kept = names.slice(0, tier.capacity)
      tier.queue = [...tier.queue.filter(name => !kept.includes(name)), ...kept.toReversed()].slice(
        -tier.capacity,
      )
    }
  }

  close(sequence: PoolModelSequence, retracted: boolean): void {
    this.#nameFull(sequence, retracted || !this.#isPrivate(sequence))
    this.#writeThrough(sequence)
    for (const block of sequence.blocks) block.holders--
    const freed = sequence.blocks.filter(block => block.holders === 0).toReversed()
    if (this.rules.unusedFirst) {
      this.queue.unshift(...freed.filter(block => block.name === null))
      this.queue.push(...freed.filter(block => block.name !== null))
    } else this.queue.push(...freed)
  }
}
