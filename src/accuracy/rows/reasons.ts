/** Closed lists of why a row is not predicted, and why a predicted row is not trusted. */

/**
 * duplicate: not a measurement of its own (a copy, or one more metric of a measurement listed already).
 * filtered: the row does not state what ran, so nobody could predict it.
 * outside: a measurement of something else than a language model on accelerators.
 * unpredictable: a measurement that this project does not predict.
 */
export type SkipKind = 'duplicate' | 'filtered' | 'outside' | 'unpredictable'

export const skipReasons = {
  copy: { kind: 'duplicate', text: 'copy of another row' },
  anotherMetric: { kind: 'duplicate', text: 'another metric of a measurement already counted' },
  noValue: { kind: 'filtered', text: 'measured value missing or not a positive number' },
  noConcurrency: { kind: 'filtered', text: 'load not stated' },
  noLengths: { kind: 'filtered', text: 'lengths not stated' },
  noLayout: { kind: 'filtered', text: 'layout not stated' },
  impossibleLayout: { kind: 'filtered', text: 'layout contradicts itself' },
  noArrivalRate: { kind: 'filtered', text: 'arrival rate not published' },
  unknownEngine: { kind: 'unpredictable', text: 'engine not modelled' },
  notLanguageModel: { kind: 'outside', text: 'not a text model (speech or vision)' },
  withoutAccelerator: { kind: 'unpredictable', text: 'run on processors without accelerators' },
  mixedAccelerators: { kind: 'unpredictable', text: 'several kinds of accelerators in one system' },
  unknownScenario: { kind: 'unpredictable', text: 'scenario without a published load or latency limit' },
} as const satisfies Record<string, { kind: SkipKind; text: string }>

export type SkipReason = keyof typeof skipReasons

export const suspectReasons = {
  hiddenSpeculation: 'speculative decoding was on without being stated',
  inferredLoad: 'concurrency inferred, not measured',
  impliedUtilisation: 'implies more than half of the peak compute end to end (prefix-cache hits)',
  queueCollapse: 'most requests waited outside the batch: the engine capped its batch below the load',
  prefillStall: 'TTFT of a nearly idle system is far beyond its prefill work',
  eagerMode: 'step overhead per layer of an engine without compiled graphs',
  expertLayout: 'expert layout does not cover the devices',
  markedByFile: 'marked suspect by the file',
  tooManyTokens: "more tokens than Little's law allows",
  assumedWorkers: 'disaggregated without worker counts: counts are assumed',
  assumedWorkerSize: 'disaggregated without devices per worker: sizes are assumed',
  assumedSplit: 'the layout is the devices of a whole disaggregated system: their split is assumed',
  inputLengthUnpublished: 'mean input length not published',
  relatedAccelerator: 'accelerator not in the catalog: predicted as its nearest relative',
  relatedModel: 'model not in the catalog: predicted as its nearest relative',
} as const

export type SuspectReason = keyof typeof suspectReasons
