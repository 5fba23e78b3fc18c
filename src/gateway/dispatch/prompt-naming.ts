/**
 * A prompt's name for routers. By its bytes, at once, where engines tell nothing of their caches; by its tokens where they do, since their events
 * name tokens. A tokenizer that fails costs a cache hit, never a request: bytes take its place and an alarm is raised.
 */
import type { MonotonicClock } from '../../live/clock.ts'
import type { ModelConfig } from '../config/gateway-config.ts'
import {
  commonScope,
  createByteHasher,
  createPromptMemo,
  type PromptIdentity,
  type PromptMemo,
  type PromptReading,
} from '../engine-state/index.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import { createEngineEncoder } from './engine-encoder.ts'
import { createAskTokens } from './engine-tokens.ts'
import { createLocalEncoder } from './local-encoder.ts'
import { mediaBytes } from './media-bytes.ts'
import { type PartEncoder, type PartTokens, PromptRefused } from './part-encoder.ts'
import { promptParts } from './prompt-parts.ts'
import type { PromptFacts } from './types.ts'

export interface PromptNaming {
  identify(bytes: Buffer, facts: PromptFacts | null): PromptIdentity | Promise<PromptIdentity>
}

export interface PromptNamingSettings {
  readonly clock: MonotonicClock
  readonly onAlarm: (subject: string, name: string, detail: string) => void
}

/** Tokens of an image or a sound, where they come as bytes in the prompt (assumed: OpenAI's of a picture of middle size; from memory). */
const tokensOfMedium = 1000
/** As the byte hasher counts (byteBlockDefaults). */
const bytesPerToken = 4

export function nameByBytes(): PromptNaming {
  const hasher = createByteHasher()
  return {
    identify(bytes, facts) {
      const named = hasher.ofBytes(bytes, commonScope)
      const media = mediaBytes(bytes, facts?.api === 'messages')
      if (media.count === 0) return named
      const text = (bytes.length - media.bytes) / bytesPerToken
      return { ...named, inputTokens: Math.max(1, Math.ceil(text + media.count * tokensOfMedium)) }
    },
  }
}

/** entries: of the alias, now. Local tokenizers must have been loaded. */
export function createPromptNaming(
  { alias, tokenizer }: ModelConfig,
  entries: () => readonly CandidateEntry[],
  { clock, onAlarm }: PromptNamingSettings,
): PromptNaming {
  const byBytes = nameByBytes()
  if (tokenizer === 'bytes') return byBytes
  let hasFailed = false
  return nameByTokens(
    tokenizer === 'engine'
      ? createEngineEncoder(createAskTokens(entries, clock))
      : createLocalEncoder(tokenizer),
    byBytes,
    error => {
      const isNew = error !== null && !hasFailed
      hasFailed = error !== null
      if (isNew) onAlarm(alias, 'tokenizer-failed', error instanceof Error ? error.message : String(error))
    },
  )
}

/** told: how each question ended, null when well. */
export function nameByTokens(
  encoder: PartEncoder,
  byBytes: PromptNaming,
  told: (error: unknown) => void,
  memo: PromptMemo = createPromptMemo(),
): PromptNaming {
  function finish(reading: PromptReading, tokens: PartTokens): PromptIdentity {
    told(null)
    return memo.finish(reading, tokens)
  }

  return {
    identify(bytes, facts) {
      const parts = facts === null ? null : promptParts(facts)
      if (parts === null) return byBytes.identify(bytes, facts)
      const reading = memo.read(parts.texts, parts.scope)
      if (reading.pending.length === 0) return memo.finish(reading, [])
      const failed = (error: unknown) => {
        if (!(error instanceof PromptRefused)) told(error)
        return byBytes.identify(bytes, facts)
      }
      const firstPending = parts.texts.length - reading.pending.length
      try {
        const tokens = encoder.encode({ parts, firstPending, knownTokens: reading.knownTokens })
        return tokens instanceof Promise
          ? tokens.then(found => finish(reading, found)).catch(failed)
          : finish(reading, tokens)
      } catch (error) {
        return failed(error)
      }
    },
  }
}
