/** Plays a random history on a cache and on a naive model of it, and compares what both say after every step. */
import { expect } from 'vitest'
import type { CacheListener, KeyValueCache, PrefixHit } from './key-value-cache.ts'
import type { HistoryStep, Prompt } from './prompts.fixture.ts'

export interface CacheModel<Sequence> {
  /** Hashes of content blocks that left the device since they were last looked at, in order. */
  removed: number[]
  freeBlocks(): number
  lookup(prompt: Prompt, maximumTokens: number, owner: number): PrefixHit
  open(prompt: Prompt, cachedTokens: number, tokens: number, owner: number): Sequence | null
  grow(sequence: Sequence, tokens: number): boolean
  commit(sequence: Sequence, tokens: number, decoding: boolean): void
  close(sequence: Sequence, retracted: boolean): void
  clear(): void
}

interface Running<Sequence> {
  readonly real: NonNullable<ReturnType<KeyValueCache['open']>>
  readonly model: Sequence
  computed: number
}

export function playHistory<Sequence>(
  cacheOf: (listener: CacheListener) => KeyValueCache,
  model: CacheModel<Sequence>,
  prompts: readonly Prompt[],
  steps: readonly HistoryStep[],
): void {
  const removed: number[] = []
  const announced = new Set<string>()
  const cache = cacheOf(change => {
    if (change.kind === 'blocks-cleared') {
      announced.clear()
      return
    }
    for (const hash of change.hashes) {
      // A subscriber's picture is exact: nothing is announced twice, nothing goes that was not there.
      const name = `${change.tier} ${hash}`
      expect(announced.has(name)).toBe(change.kind === 'blocks-removed')
      if (change.kind === 'blocks-stored') announced.add(name)
      else announced.delete(name)
    }
    if (change.kind === 'blocks-removed' && change.tier === 'device') removed.push(...change.hashes)
  })
  const running: Running<Sequence>[] = []
  for (const step of steps) {
    const position = step.which % Math.max(1, running.length)
    const entry = running[position]
    if (step.kind === 'open') {
      const opened = open(cache, model, prompts, step)
      if (opened !== null) running.push(opened)
    } else if (step.kind === 'clear') {
      cache.clear()
      model.clear()
      for (const { real } of running.splice(0)) cache.close(real)
    } else if (entry !== undefined && (step.kind === 'commit' || step.kind === 'decode')) {
      advance(cache, model, entry, step)
    } else if (entry !== undefined) {
      cache.close(entry.real, step.kind === 'retract')
      model.close(entry.model, step.kind === 'retract')
      running.splice(position, 1)
    }
    cache.checkInvariants()
    expect(cache.freeBlocks()).toBe(model.freeBlocks())
    expect(removed.splice(0)).toEqual(model.removed.splice(0))
    compareLookups(cache, model, prompts)
  }
}

function compareLookups<Sequence>(
  cache: KeyValueCache,
  model: CacheModel<Sequence>,
  prompts: readonly Prompt[],
): void {
  prompts.forEach((prompt, index) => {
    for (const owner of [-1, index]) {
      const hit = { deviceTokens: -1, hostTokens: -1, diskTokens: -1 }
      // Beyond the prompt as well: a resumed request asks for its answer so far.
      const maximum = prompt.inputTokens + 5
      cache.lookup(prompt.content, maximum, hit, owner)
      expect(hit).toEqual(model.lookup(prompt, maximum, owner))
    }
  })
}

function open<Sequence>(
  cache: KeyValueCache,
  model: CacheModel<Sequence>,
  prompts: readonly Prompt[],
  step: HistoryStep,
): Running<Sequence> | null {
  const index = step.which % prompts.length
  const prompt = prompts[index]!
  // Some sequences have an owner, others are nobody's.
  const owner = step.amount % 3 === 0 ? -1 : index
  const hit = { deviceTokens: 0, hostTokens: 0, diskTokens: 0 }
  cache.lookup(prompt.content, prompt.inputTokens - 1, hit, owner)
  const cached = hit.deviceTokens + hit.hostTokens + hit.diskTokens
  const tokens = Math.min(prompt.inputTokens, cached + step.amount)
  const free = cache.freeBlocks()
  const fits = cache.fits(prompt.content, cached, tokens, 0, owner)
  const real = cache.open(prompt.content, cached, tokens, owner)
  const modelled = model.open(prompt, cached, tokens, owner)
  expect(fits).toBe(real !== null)
  expect(modelled !== null).toBe(real !== null)
  if (real === null || modelled === null) {
    expect(cache.freeBlocks()).toBe(free)
    return null
  }
  expect(real.blockCount).toBe(Math.ceil(tokens / cache.blockTokens))
  if (tokens > cached && step.which % 4 > 0) {
    cache.commit(real, tokens)
    model.commit(modelled, tokens, false)
    return { real, model: modelled, computed: tokens }
  }
  return { real, model: modelled, computed: cached }
}

function advance<Sequence>(
  cache: KeyValueCache,
  model: CacheModel<Sequence>,
  entry: Running<Sequence>,
  step: HistoryStep,
): void {
  const tokens = entry.computed + step.amount
  const needed = cache.blocksNeeded(entry.real, tokens)
  const before = entry.real.blockCount
  const grown = cache.grow(entry.real, tokens)
  expect(model.grow(entry.model, tokens)).toBe(grown)
  expect(entry.real.blockCount - before).toBe(grown ? needed : 0)
  if (!grown) return
  entry.computed = tokens
  cache.commit(entry.real, tokens, step.kind === 'decode')
  model.commit(entry.model, tokens, step.kind === 'decode')
}
