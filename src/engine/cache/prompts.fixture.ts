/** Prompts that share prefixes, and what tests know of their blocks without asking the code under test. */
import fc from 'fast-check'
import type { TokenContent } from '../../workload/request.ts'
import { BlockKeys } from './block-keys.ts'

export interface Prompt {
  readonly content: TokenContent | null
  readonly inputTokens: number
}

/** Chained ids: the same choices from the start give the same ids. */
export function chainedContent(tokensPerBlock: number, choices: readonly number[]): TokenContent {
  let id = 1
  const blockIds = choices.map(choice => {
    id = id * 3 + choice
    return id
  })
  return { tokensPerBlock, blockIds }
}

const choices = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 7, size: 'max' })

/** Prompts of one trace: one content block size, some without content, some longer than their content, last blocks partial. */
export const promptsArbitrary: fc.Arbitrary<readonly Prompt[]> = fc
  .record({
    tokensPerBlock: fc.constantFrom(1, 2, 3, 4, 5, 8, 11),
    prompts: fc.array(
      fc.record({
        choices,
        known: fc.constantFrom(true, true, true, false),
        extra: fc.integer({ min: -3, max: 9 }),
      }),
      {
        minLength: 3,
        maxLength: 7,
        size: 'max',
      },
    ),
  })
  .map(({ tokensPerBlock, prompts }) =>
    prompts.map(prompt => ({
      content: prompt.known ? chainedContent(tokensPerBlock, prompt.choices) : null,
      inputTokens: Math.max(1, prompt.choices.length * tokensPerBlock + prompt.extra),
    })),
  )

/** Names the prefix that ends with a block: by its last token, or by the owner where that is not known; null for nobody's. */
export function blockName(
  content: TokenContent | null,
  owner: number,
  blockTokens: number,
  block: number,
): string | null {
  const token = (block + 1) * blockTokens - 1
  const index = content === null ? 0 : Math.floor(token / content.tokensPerBlock)
  if (content !== null && index < content.blockIds.length) {
    return `content ${content.blockIds[index]} token ${token}`
  }
  return owner < 0 ? null : `owner ${owner} block ${block}`
}

/** The hash that events have for it: block-keys.test.ts shows that names and hashes are one to one. */
export function blockHash(
  content: TokenContent | null,
  owner: number,
  blockTokens: number,
  block: number,
): number {
  const keys = new BlockKeys(blockTokens)
  keys.start(content, owner, block)
  return keys.key
}

/** Caches that hold about as much as a prompt or a few. */
export const sizesArbitrary = fc
  .record({ tokens: fc.integer({ min: 16, max: 80 }), blockTokens: fc.constantFrom(1, 2, 3, 4, 7, 10) })
  .map(({ tokens, blockTokens }) => ({ blocks: Math.ceil(tokens / blockTokens), blockTokens }))

/** One step of a random history; numbers are taken modulo what there is. */
export interface HistoryStep {
  readonly kind: 'open' | 'commit' | 'decode' | 'close' | 'retract' | 'clear'
  readonly which: number
  readonly amount: number
}

export const historyArbitrary: fc.Arbitrary<readonly HistoryStep[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      {
        weight: 24,
        arbitrary: fc.constantFrom(
          'open',
          'open',
          'open',
          'commit',
          'commit',
          'commit',
          'decode',
          'close',
          'retract',
        ),
      },
      { weight: 1, arbitrary: fc.constant('clear') },
    ) as fc.Arbitrary<HistoryStep['kind']>,
    which: fc.noBias(fc.nat(100)),
    amount: fc.noBias(fc.integer({ min: 1, max: 30 })),
  }),
  { minLength: 30, maxLength: 50, size: 'max' },
)
