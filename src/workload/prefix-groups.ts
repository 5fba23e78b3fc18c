/**
 * Prompts that begin alike: groups with a shared system prompt, the popular ones chosen more often. Popularity falls with
 * rank as 1 ÷ rank^exponent (Zipf), as in SGLang's generated-shared-prefix dataset (_zipf_group_probs).
 */
import type { RandomStream } from '../core/random.ts'
import { pickCumulative } from './empirical.ts'
import type { TokenContent } from './request.ts'
import type { RunNumbers } from './request-emitter.ts'
import { checkedFields, checkedNumber, specFault } from './spec-checks.ts'
import { createTokenChain, singleContent, type TokenChain } from './token-chain.ts'

/** Stated lengths of prompts include what is shared. */
export type PrefixSpec = {
  /** Different system prompts. */
  readonly groups: number
  /** 0 (default): all groups alike. 1: the second half as popular as the first, the third a third … */
  readonly zipfExponent?: number
  /** Granularity at which content is known; 16 when left out, the default block of vLLM. */
  readonly tokensPerBlock?: number
} & (
  | /** Tokens of the system prompt; shorter prompts are shared as a whole. */ { readonly tokens: number }
  | /** Part of each prompt's tokens that is shared. */ { readonly share: number }
)

/** vLLM's DEFAULT_BLOCK_SIZE (vllm/config/cache.py, documentation of v0.29.0). */
export const defaultTokensPerBlock = 16

export interface PrefixGroups {
  /** A new text that begins with the system prompt of a group chosen by the stream, for a prompt of so many tokens. */
  begin(stream: RandomStream, inputTokens: number): TokenChain
  /** The content of a prompt that is not continued. */
  content(stream: RandomStream, inputTokens: number): TokenContent
}

/** Checks the description of prefix groups and gives each group its text. */
export function createPrefixGroups(spec: PrefixSpec, where: string, numbers: RunNumbers): PrefixGroups {
  checkedFields(spec, where, 'a prefix', ['groups', 'zipfExponent', 'tokensPerBlock', 'tokens', 'share'])
  const groups = checkedNumber(spec.groups, `${where}.groups`, 'the number of prefix groups', {
    minimum: 1,
    maximum: 10_000_000,
    whole: true,
  })
  const exponent = checkedNumber(spec.zipfExponent ?? 0, `${where}.zipfExponent`, 'the Zipf exponent', {
    minimum: 0,
    maximum: 20,
  })
  const tokensPerBlock = checkedTokensPerBlock(spec.tokensPerBlock, `${where}.tokensPerBlock`)
  const sharedTokens = checkedSharedTokens(spec, where)

  const cumulative = new Float64Array(groups)
  let sum = 0
  for (let rank = 1; rank <= groups; rank++) {
    sum += rank ** -exponent
    cumulative[rank - 1] = sum
  }
  // A group's text is made when first asked for: most of a million groups never are.
  const texts = new Map<number, TokenChain>()
  const textOf = (group: number) => {
    let text = texts.get(group)
    if (text === undefined) {
      text = createTokenChain(numbers, tokensPerBlock)
      texts.set(group, text)
    }
    return text
  }
  const sharedBlocks = (stream: RandomStream, inputTokens: number): ArrayLike<number> => {
    const group = pickCumulative(cumulative, stream.uniform())
    // A block that holds tokens of its own besides shared ones is not shared.
    const blocks = Math.floor(sharedTokens(inputTokens) / tokensPerBlock)
    return textOf(group).content(blocks * tokensPerBlock).blockIds
  }
  return {
    begin: (stream, inputTokens) =>
      createTokenChain(numbers, tokensPerBlock, sharedBlocks(stream, inputTokens)),
    content: (stream, inputTokens) =>
      singleContent(numbers, tokensPerBlock, sharedBlocks(stream, inputTokens), inputTokens),
  }
}

export function checkedTokensPerBlock(value: number | undefined, where: string): number {
  return checkedNumber(value ?? defaultTokensPerBlock, where, 'tokens per block', {
    minimum: 1,
    maximum: 65_536,
    whole: true,
  })
}

function checkedSharedTokens(spec: PrefixSpec, where: string): (inputTokens: number) => number {
  if ('tokens' in spec === 'share' in spec) {
    throw specFault(where, 'a prefix has either tokens or a share', 'give "tokens": 1000 or "share": 0.5')
  }
  if ('tokens' in spec) {
    const tokens = checkedNumber(spec.tokens, `${where}.tokens`, 'tokens of the prefix', {
      minimum: 1,
      whole: true,
    })
    return inputTokens => Math.min(tokens, inputTokens)
  }
  const share = checkedNumber(spec.share, `${where}.share`, 'the shared part of the prompt', {
    minimum: 0,
    maximum: 1,
  })
  return inputTokens => Math.round(share * inputTokens)
}
