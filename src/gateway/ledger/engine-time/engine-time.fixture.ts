/** Facts and rates with round numbers: a prompt token takes a millisecond. */
import { owner } from '../ledger.fixture.ts'
import type { EngineFact, EngineRates } from './engine-fact.ts'

/** 1 ms a prompt token. */
export const rates: EngineRates = {
  prefillSecondsPerToken: 1e-3,
  prefillSecondsPerTokenPair: 0,
  decodeWeightPerContextToken: 0,
  prefillWatts: 1000,
  decodeWatts: 500,
  idleWatts: 100,
}

export function fact(overrides: Partial<EngineFact> = {}): EngineFact {
  return {
    ...owner(),
    attempt: 0,
    bearer: 'tenant',
    replica: '0',
    sentMs: 0,
    firstTokenMs: 100,
    endMs: 1100,
    computedTokens: 100,
    cachedTokens: 0,
    outputTokens: 11,
    ...overrides,
  }
}
