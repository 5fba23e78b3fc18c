/** Tokens of a prompt's parts, by whoever knows how: a tokenizer in this process, or an engine. */
import type { PromptParts } from './prompt-parts.ts'

export interface PendingParts {
  readonly parts: PromptParts
  /** Those before are known, and have so many tokens. */
  readonly firstPending: number
  readonly knownTokens: number
}

/** Of each pending part; null: its tokens come with the next one's. */
export type PartTokens = readonly (ArrayLike<number> | null)[]

export interface PartEncoder {
  /** Rejects, or throws, when nobody can tell. */
  encode(pending: PendingParts): PartTokens | Promise<PartTokens>
}

/** The prompt is none that can be tokenised: the client's fault, and no reason for an alarm. */
export class PromptRefused extends Error {}
