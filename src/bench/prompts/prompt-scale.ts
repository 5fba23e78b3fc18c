/**
 * How many words make a prompt of so many tokens on the server at hand: tokens = overhead + tokens per word × words, fitted
 * to the usage of two or three probes. The overhead is the chat template's (and a system prompt's, where the server has
 * one); words of our list are one token each in the tokenizers we know.
 */
import { TokenwrightError } from '../../core/errors.ts'

export interface PromptScale {
  readonly tokensPerWord: number
  /** Prompt tokens of a request with a single message, beside its words. */
  readonly overheadTokens: number
}

/** Before anything is known of the server: a word is a token, the template costs nothing. */
export const plainScale: PromptScale = { tokensPerWord: 1, overheadTokens: 0 }

/** A prompt of so many words that the server said to have so many tokens. */
export interface PromptProbe {
  readonly words: number
  readonly promptTokens: number
}

/**
 * Least squares over the probes; with probes of one length only, a word is taken to be a token and the rest overhead, if
 * there is a rest. A negative overhead (a first word of two tokens, rounding) becomes 0.
 * @throws TokenwrightError('measurements') when the server's counts do not grow with the prompt.
 */
export function fitPromptScale(probes: readonly PromptProbe[]): PromptScale {
  const count = probes.length
  if (count === 0) return plainScale
  const meanWords = probes.reduce((sum, probe) => sum + probe.words, 0) / count
  const meanTokens = probes.reduce((sum, probe) => sum + probe.promptTokens, 0) / count
  let spread = 0
  let together = 0
  for (const { words, promptTokens } of probes) {
    spread += (words - meanWords) ** 2
    together += (words - meanWords) * (promptTokens - meanTokens)
  }
  if (spread === 0) {
    if (meanTokens >= meanWords) return { tokensPerWord: 1, overheadTokens: meanTokens - meanWords }
    return checkedScale(meanTokens / meanWords, 0, probes)
  }
  const slope = together / spread
  const overhead = meanTokens - slope * meanWords
  return overhead >= 0
    ? checkedScale(slope, overhead, probes)
    : checkedScale(meanTokens / meanWords, 0, probes)
}

function checkedScale(
  tokensPerWord: number,
  overheadTokens: number,
  probes: readonly PromptProbe[],
): PromptScale {
  if (tokensPerWord > 0 && Number.isFinite(tokensPerWord)) return { tokensPerWord, overheadTokens }
  const counts = probes.map(probe => `${probe.promptTokens} for ${probe.words} words`).join(', ')
  throw new TokenwrightError(
    'measurements',
    `the server's prompt tokens do not grow with the prompt: ${counts}`,
    {
      where: 'usage.prompt_tokens of the probes',
      fix: 'check that the endpoint reports usage of the request itself, or give the scale of prompts by hand',
    },
  )
}

/** Words of a prompt that is to have so many tokens; at least 1. */
export function wordsForTokens(tokens: number, scale: PromptScale): number {
  return Math.max(1, Math.round((tokens - scale.overheadTokens) / scale.tokensPerWord))
}
