/** Observations for tests: a streamed request with three chunks, bent as a test wants it; and any at all. */
import fc from 'fast-check'
import {
  type ChunkLog,
  failureKinds,
  type ReportedUsage,
  type RequestObservation,
  type RequestTimes,
} from './observation.ts'

export type ObservationChanges = Partial<Omit<RequestObservation, 'times'>> & {
  readonly times?: Partial<RequestTimes>
}

export const noTimes: RequestTimes = {
  scheduledUs: Number.NaN,
  dispatchedUs: Number.NaN,
  connectedUs: Number.NaN,
  sentUs: Number.NaN,
  firstByteUs: Number.NaN,
  firstEventUs: Number.NaN,
  firstReasoningUs: Number.NaN,
  firstContentUs: Number.NaN,
  lastContentUs: Number.NaN,
  usageUs: Number.NaN,
  endedUs: Number.NaN,
}

/** Prompt of 100 tokens; sent at 1 ms, tokens at 101, 121 and 141 ms, closed at 150 ms. */
export function observation({ times, ...changes }: ObservationChanges): RequestObservation {
  return {
    id: 0,
    phase: 'measured',
    session: -1,
    turn: 0,
    tenant: '',
    model: 'm',
    requestedInputTokens: 100,
    requestedOutputTokens: 3,
    times: {
      scheduledUs: 0,
      dispatchedUs: 500,
      connectedUs: 800,
      sentUs: 1_000,
      firstByteUs: 100_000,
      firstEventUs: 100_500,
      firstReasoningUs: Number.NaN,
      firstContentUs: 101_000,
      lastContentUs: 141_000,
      usageUs: 145_000,
      endedUs: 150_000,
      ...times,
    },
    connection: { reused: false, attempts: 1 },
    status: 200,
    outcome: 'served',
    failure: null,
    answerId: 'chatcmpl-1',
    finishReason: 'length',
    reported: usage(100, 3),
    counted: {
      contentChunks: 3,
      reasoningChunks: 0,
      toolChunks: 0,
      contentCharacters: 12,
      reasoningCharacters: 0,
      tokens: null,
    },
    chunks: {
      us: [101_000, 121_000, 141_000],
      tokens: [1, 1, 1],
      coalesced: [0, 0, 0],
      method: 'one-per-chunk',
    },
    requestBytes: 400,
    responseBytes: 900,
    ...changes,
  }
}

export function usage(inputTokens: number, outputTokens: number): ReportedUsage {
  return {
    inputTokens,
    cachedTokens: null,
    cacheWriteTokens: null,
    inputAudioTokens: null,
    outputTokens,
    reasoningTokens: null,
    outputAudioTokens: null,
    acceptedPredictionTokens: null,
    rejectedPredictionTokens: null,
  }
}

const count = fc.nat(1_000_000)
const text = fc.string({ unit: 'binary', maxLength: 12 })
const us = fc.oneof(fc.nat(4_000_000_000), fc.constant(Number.NaN))
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })

const arbitraryChunks: fc.Arbitrary<ChunkLog> = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(4_000_000_000), fc.double({ min: 0, max: 64, noNaN: true }), fc.nat(1)), {
      maxLength: 8,
    }),
    fc.constantFrom('usage-per-chunk', 'one-per-chunk', 'by-characters', 'chunks-are-tokens'),
  )
  .map(([chunks, method]) => ({
    us: chunks.map(chunk => chunk[0]),
    tokens: chunks.map(chunk => chunk[1]),
    coalesced: chunks.map(chunk => chunk[2]),
    method,
  }))

export const arbitraryObservation: fc.Arbitrary<RequestObservation> = fc.record({
  id: count,
  phase: fc.constantFrom('warm-up', 'measured'),
  session: fc.integer({ min: -1, max: 1000 }),
  turn: fc.nat(50),
  tenant: text,
  model: text,
  requestedInputTokens: count,
  requestedOutputTokens: count,
  times: fc.record({
    scheduledUs: us,
    dispatchedUs: us,
    connectedUs: us,
    sentUs: us,
    firstByteUs: us,
    firstEventUs: us,
    firstReasoningUs: us,
    firstContentUs: us,
    lastContentUs: us,
    usageUs: us,
    endedUs: us,
  }),
  connection: fc.record({ reused: fc.boolean(), attempts: fc.integer({ min: 1, max: 3 }) }),
  status: fc.constantFrom(0, 200, 429, 500),
  outcome: fc.constantFrom('served', 'rejected', 'failed', 'cancelled'),
  failure: orNull(
    fc.record({
      kind: fc.constantFrom(...failureKinds),
      status: fc.constantFrom(0, 200, 429, 500),
      message: text,
      retryAfterSeconds: orNull(fc.nat(600)),
    }),
  ),
  answerId: text,
  finishReason: orNull(text),
  reported: orNull(
    fc.record({
      inputTokens: count,
      cachedTokens: orNull(count),
      cacheWriteTokens: orNull(count),
      inputAudioTokens: orNull(count),
      outputTokens: count,
      reasoningTokens: orNull(count),
      outputAudioTokens: orNull(count),
      acceptedPredictionTokens: orNull(count),
      rejectedPredictionTokens: orNull(count),
    }),
  ),
  counted: fc.record({
    contentChunks: count,
    reasoningChunks: count,
    toolChunks: count,
    contentCharacters: count,
    reasoningCharacters: count,
    tokens: orNull(count),
  }),
  chunks: arbitraryChunks,
  requestBytes: count,
  responseBytes: count,
})
