/**
 * What engines hold and how busy they are: KV events in order and in our own words, metrics polled, prompts named by the same
 * rule, so that a router (src/routing) can send a prompt where it is cached. Answers no request and opens no port but for KV events of
 * engines that connect by themselves. Assumes one clock, and engines named by configuration. docs/models/engine-state.md.
 */
export {
  type ByteBlockSettings,
  type ByteHasher,
  createByteHasher,
  type PromptIdentity,
} from './byte-blocks.ts'
export { type DecodedBatch, type DecodedCacheEvent, decodeCacheEvents } from './cache-event-decoder.ts'
export type { CacheEventEndpoints } from './cache-event-subscriber.ts'
export {
  createEngineState,
  type EngineState,
  type EngineStateListener,
  type EngineStateSettings,
  type WatchedReplica,
} from './engine-state.ts'
export type { DegradedReason, EventSourceSettings, EventSourceState } from './event-source-types.ts'
export { ownBlockTokens } from './event-translator.ts'
export type { PolledState } from './metrics-poller.ts'
export {
  createMixedPrefixIndex,
  type MixedPrefixIndex,
  type MixedPrefixSettings,
} from './mixed-prefix-index.ts'
export { commonScope, type PrefixScope } from './prefix-hash.ts'
export {
  commonBlockTokens,
  createPromptMemo,
  identifyPrompt,
  type PromptMemo,
  type PromptReading,
  type Tokenizer,
} from './prompt-memo.ts'
export { type PollSettings, pollDefaults } from './replica-poll.ts'
export { type ReplicaReading, readReplica } from './replica-reading.ts'
