import { describe, expect, it } from 'vitest'
import { observation, usage } from './observation.fixture.ts'
import type { RequestFailure } from './observation.ts'
import { createTokenTally } from './token-account.ts'

const failure = (kind: RequestFailure['kind'], status = 0): RequestFailure => ({
  kind,
  status,
  message: '',
  retryAfterSeconds: null,
})

describe('createTokenTally', () => {
  it('adds usage of all phases, and keeps the client’s count beside it', () => {
    const tally = createTokenTally('o200k_base')
    const { counted } = observation({})
    tally.add(observation({ phase: 'warm-up', reported: { ...usage(113, 3), cachedTokens: 64 } }))
    tally.add(
      observation({
        reported: { ...usage(110, 5), reasoningTokens: 2, inputAudioTokens: 1, cacheWriteTokens: 7 },
        counted: { ...counted, contentChunks: 2, reasoningCharacters: 8, tokens: 4 },
      }),
    )
    expect(tally.account(null)).toEqual({
      server: {
        requests: 2,
        inputTokens: 223,
        cachedTokens: 64,
        cacheWriteTokens: 7,
        inputAudioTokens: 1,
        outputTokens: 8,
        reasoningTokens: 2,
        outputAudioTokens: 0,
      },
      client: { contentChunks: 5, characters: 32, tokens: 4, tokenizer: 'o200k_base' },
      askedInputTokens: 200,
      askedOutputTokens: 6,
      requestsWithoutUsage: 0,
      counters: null,
    })
    expect(tally.totals()).toMatchObject({ requests: 2, inputTokens: 223, cachedTokens: 64, outputTokens: 8 })
  })

  it('knows no cached tokens where no answer tells them, and no tokenizer where there is none', () => {
    const tally = createTokenTally(null)
    tally.add(observation({}))
    expect(tally.totals().cachedTokens).toBeNull()
    expect(tally.account(null).client).toMatchObject({ tokens: null, tokenizer: null })
  })

  it('takes requests without usage as chunks, and at most as what was asked for', () => {
    const tally = createTokenTally(null)
    tally.add(observation({ reported: usage(112, 3) }))
    tally.add(observation({ reported: null, requestedOutputTokens: 40 }))
    tally.add(
      observation({
        reported: null,
        outcome: 'cancelled',
        failure: failure('cancelled'),
        requestedInputTokens: 50,
        requestedOutputTokens: 64,
      }),
    )
    expect(tally.totals().unreported).toEqual({
      requests: 2,
      served: 1,
      inputTokens: 150,
      outputTokens: 6,
      // The one that reported had twelve tokens more than asked for.
      mostInputTokens: 174,
      mostOutputTokens: 104,
    })
    expect(tally.account(null)).toMatchObject({ requestsWithoutUsage: 1, askedInputTokens: 200 })
  })

  it('leaves out what cannot have reached the engine', () => {
    const tally = createTokenTally(null)
    const ended = { reported: null, outcome: 'failed' } as const
    tally.add(observation({ ...ended, status: 0, failure: failure('connect') }))
    tally.add(observation({ ...ended, status: 429, failure: failure('http-status', 429) }))
    expect(tally.totals().unreported.requests).toBe(0)
    tally.add(observation({ ...ended, status: 500, failure: failure('http-status', 500) }))
    tally.add(observation({ ...ended, status: 0, failure: failure('reset') }))
    expect(tally.totals().unreported.requests).toBe(2)
    expect(tally.totals().requests).toBe(0)
  })
})
