/** The last stage: one of the kept candidates, by their scores. */
import { assert } from '../core/assert.ts'
import type { RandomStream } from '../core/random.ts'
import type { Picker } from './decision-view.ts'

/** JSON-able. */
export type PickerSpec =
  | { readonly kind: 'best' }
  /** By chance, in favour of high scores; towards 0 as 'best', towards Infinity as 'random'. */
  | { readonly kind: 'softmax'; readonly temperature: number }
  /** The better of two drawn at random. */
  | { readonly kind: 'two-choices' }
  | { readonly kind: 'random' }

export function createPicker(spec: PickerSpec, random: RandomStream): Picker {
  switch (spec.kind) {
    case 'best':
      return bestPicker()
    case 'softmax':
      return spec.temperature === 0 ? bestPicker() : softmaxPicker(spec.temperature, random)
    case 'two-choices':
      return twoChoicesPicker(random)
    case 'random':
      return view => view.kept[random.integer(view.keptCount)]!
  }
}

/**
 * The highest score; among equals the one whose id follows the last pick's, in a circle. So equals take turns, whatever
 * the order of the list, and without chance.
 */
export function bestPicker(): Picker {
  let lastId = Number.NEGATIVE_INFINITY
  return view => {
    const { kept, keptCount, score, ids } = view
    let chosen = -1
    let best = Number.NEGATIVE_INFINITY
    for (let index = 0; index < keptCount; index++) {
      const position = kept[index]!
      const value = score[position]!
      if (
        value > best ||
        (value === best && (chosen === -1 || isSooner(ids[position]!, ids[chosen]!, lastId)))
      ) {
        best = value
        chosen = position
      }
    }
    assert(chosen !== -1, 'some kept candidate has a score')
    lastId = ids[chosen]!
    return chosen
  }
}

/** Whether `left` comes before `right` on the way round from `last`. */
function isSooner(left: number, right: number, last: number): boolean {
  const leftAhead = left > last
  const rightAhead = right > last
  return leftAhead === rightAhead ? left < right : leftAhead
}

/**
 * P(i) ∝ exp(score_i ÷ (range · temperature)), range = highest − lowest score, so that a temperature means the same for scores
 * in blocks and in shares (Dynamo, kv-router/src/scheduling/selector.rs, softmax_sample, commit ccd1706).
 */
function softmaxPicker(temperature: number, random: RandomStream): Picker {
  let weights = new Float64Array(64)
  return view => {
    const { kept, keptCount, score } = view
    if (weights.length < keptCount) weights = new Float64Array(keptCount * 2)
    let highest = Number.NEGATIVE_INFINITY
    let lowest = Number.POSITIVE_INFINITY
    for (let index = 0; index < keptCount; index++) {
      const value = score[kept[index]!]!
      if (value > highest) highest = value
      if (value < lowest) lowest = value
    }
    const range = highest - lowest
    let sum = 0
    for (let index = 0; index < keptCount; index++) {
      const weight = range === 0 ? 1 : Math.exp((score[kept[index]!]! - highest) / (range * temperature))
      weights[index] = weight
      sum += weight
    }
    let left = random.uniform() * sum
    for (let index = 0; index < keptCount - 1; index++) {
      left -= weights[index]!
      if (left < 0) return kept[index]!
    }
    return kept[keptCount - 1]!
  }
}

/**
 * Two different candidates at random, then the better one, the first drawn among equals: nearly as even as looking at all, and
 * without the herd that late counts send to the one that looked best (Mitzenmacher, The Power of Two Choices in
 * Randomized Load Balancing, IEEE TPDS 12(10), 2001).
 */
function twoChoicesPicker(random: RandomStream): Picker {
  return view => {
    const { kept, keptCount, score } = view
    const first = random.integer(keptCount)
    if (keptCount === 1) return kept[first]!
    const draw = random.integer(keptCount - 1)
    const second = draw < first ? draw : draw + 1
    return score[kept[second]!]! > score[kept[first]!]! ? kept[second]! : kept[first]!
  }
}
