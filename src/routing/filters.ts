/** The first stage: who could take the request at all. */
import type { DecisionView } from './decision-view.ts'
import type { FilterName, RejectReason } from './types.ts'

/** In the order in which they are asked; a candidate stops at the first it fails. */
export const filterNames: readonly FilterName[] = ['ready', 'model', 'capacity', 'saturation']

const passed = 0
const notReady = 1
const otherModel = 2
const full = 3
const saturated = 4

/** Whether what took a candidate out passes with time: it is ready and serves the model, at most full or saturated now. */
export function couldServe(excluded: number): boolean {
  return excluded !== notReady && excluded !== otherModel
}

/** When a candidate counts as saturated. JSON-able. */
export interface SaturationSettings {
  /** More waiting requests than this. */
  readonly waiting: number
  /** A larger share of its cache in use than this, 0 to 1. */
  readonly cacheUse: number
  /** When all are: ignore it and let the policy choose the best of them, or give no candidate. */
  readonly whenAll: 'ignore' | 'refuse'
}

/**
 * 5 waiting and 0.8 of the cache, ignored when all are: llm-d-router, flowcontrol/saturationdetector/utilization/README.md
 * (queueDepthThreshold, kvCacheUtilThreshold, fail-open fallback).
 */
export const saturationDefaults: SaturationSettings = { waiting: 5, cacheUse: 0.8, whenAll: 'ignore' }

/**
 * Writes who is kept. When nobody is: why not, told by the candidate that came furthest, since one that is full says more than
 * one that is not ready. null when somebody is.
 */
export function filterCandidates(
  view: DecisionView,
  saturation: SaturationSettings | null,
): RejectReason | null {
  const { candidates, count, excluded, kept, requests } = view
  const { model } = view.request
  let keptCount = 0
  let furthest = 0
  for (let position = 0; position < count; position++) {
    const { ready, models, capacity } = candidates[position]!
    let failed = passed
    if (!ready) failed = notReady
    else if (models !== undefined && model !== '' && !models.includes(model)) failed = otherModel
    else if (requests[position]! >= capacity) failed = full
    excluded[position] = failed
    if (failed === passed) kept[keptCount++] = position
    else if (failed > furthest) furthest = failed
  }
  view.keptCount = keptCount
  if (keptCount === 0) return furthest === full ? 'queue-full' : 'no-candidate'
  return saturation === null ? null : filterSaturated(view, saturation)
}

function filterSaturated(view: DecisionView, saturation: SaturationSettings): RejectReason | null {
  const { candidates, excluded, kept, waiting } = view
  const before = view.keptCount
  let keptCount = 0
  for (let index = 0; index < before; index++) {
    const position = kept[index]!
    const isSaturated =
      waiting[position]! > saturation.waiting || candidates[position]!.cacheUse > saturation.cacheUse
    excluded[position] = isSaturated ? saturated : passed
    if (!isSaturated) keptCount++
  }
  if (keptCount === 0 && saturation.whenAll === 'ignore') {
    for (let index = 0; index < before; index++) excluded[kept[index]!] = passed
    return null
  }
  let end = 0
  for (let index = 0; index < before; index++) {
    const position = kept[index]!
    if (excluded[position] === passed) kept[end++] = position
  }
  view.keptCount = end
  return end === 0 ? 'saturated' : null
}
