/**
 * Engine time of one replica, given to its requests. Computing prompts takes the engine for itself; what is left while
 * anything decodes is shared among those that decode. What is left of that, nobody used.
 */
import type { EngineFact, EngineRates } from './engine-fact.ts'
import { prefillSpans } from './prefill-spans.ts'

export interface EngineShare {
  prefillMs: number
  decodeMs: number
  heldTokenMs: number
}

/** Shares within [fromMs, toMs), one for each fact, in their order. Facts of one replica only; their order does not matter. */
export function replicaTime(
  facts: readonly EngineFact[],
  fromMs: number,
  toMs: number,
  rates: EngineRates,
): EngineShare[] {
  const shares = facts.map(() => ({ prefillMs: 0, decodeMs: 0, heldTokenMs: 0 }))
  const clip = (from: number, to: number): number => Math.max(0, Math.min(to, toMs) - Math.max(from, fromMs))
  const firstTokens = facts.map(fact => firstTokenOf(fact, rates))
  const spans = prefillSpans(
    facts.map((fact, index) => ({
      fromMs: fact.sentMs,
      toMs: firstTokens[index] ?? fact.endMs ?? Math.max(fact.sentMs, toMs),
      workMs: prefillMs(fact, rates),
    })),
  )
  for (const { fromMs: from, toMs: to, work } of spans) shares[work]!.prefillMs += clip(from, to)

  const changes: { atMs: number; kind: 'busy' | 'free' | 'start' | 'end'; fact: number }[] = []
  for (const { fromMs: from, toMs: to } of spans) {
    changes.push({ atMs: from, kind: 'busy', fact: -1 }, { atMs: to, kind: 'free', fact: -1 })
  }
  facts.forEach((fact, index) => {
    const firstTokenMs = firstTokens[index]!
    if (firstTokenMs === null) return
    const endMs = fact.endMs ?? Math.max(firstTokenMs, toMs)
    changes.push(
      { atMs: firstTokenMs, kind: 'start', fact: index },
      { atMs: endMs, kind: 'end', fact: index },
    )
    shares[index]!.heldTokenMs = clip(firstTokenMs, endMs) * contextTokens(fact)
  })
  changes.sort((a, b) => a.atMs - b.atMs)

  // One running integral of time per unit of weight, so that a request costs two look-ups however long it decodes.
  const startedAt = new Float64Array(facts.length)
  let perWeight = 0
  let weight = 0
  let decoding = 0
  let busy = 0
  let lastMs = 0
  for (const { atMs, kind, fact } of changes) {
    if (busy === 0 && decoding > 0) perWeight += clip(lastMs, atMs) / weight
    lastMs = atMs
    if (kind === 'busy') busy++
    else if (kind === 'free') busy--
    else if (kind === 'start') {
      startedAt[fact] = perWeight
      decoding++
      weight += decodeWeight(facts[fact]!, rates)
    } else {
      const own = decodeWeight(facts[fact]!, rates)
      shares[fact]!.decodeMs = (perWeight - startedAt[fact]!) * own
      decoding--
      weight = decoding === 0 ? 0 : weight - own
    }
  }
  return shares
}

/**
 * Of an answer that came in one piece nobody heard the first token: its prompt is taken to have been computed at once, so that time in a
 * queue counts as decoding. null: none was written, or it is not over.
 */
function firstTokenOf(fact: EngineFact, rates: EngineRates): number | null {
  const { firstTokenMs, endMs, sentMs, outputTokens } = fact
  if (firstTokenMs !== null || endMs === null || outputTokens === 0) return firstTokenMs
  return Math.min(endMs, sentMs + prefillMs(fact, rates))
}

/** Time of a prompt alone: per token computed, and per token computed and token before it (attention). */
export function prefillMs(
  fact: Pick<EngineFact, 'computedTokens' | 'cachedTokens'>,
  rates: EngineRates,
): number {
  const pairs = fact.computedTokens * (fact.cachedTokens + fact.computedTokens / 2)
  return (
    1000 * (fact.computedTokens * rates.prefillSecondsPerToken + pairs * rates.prefillSecondsPerTokenPair)
  )
}

/** 1 for a sequence as such, more for what is read of its cache in each step. */
function decodeWeight(fact: EngineFact, rates: EngineRates): number {
  return 1 + rates.decodeWeightPerContextToken * contextTokens(fact)
}

/** Mean context while it decodes. */
function contextTokens(fact: EngineFact): number {
  return fact.computedTokens + fact.cachedTokens + Math.round(fact.outputTokens / 2)
}
