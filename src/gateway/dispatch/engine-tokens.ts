/** Asks engines of a pool for tokens over HTTP, one after another until one answers; after failures they are left alone for a while. */
import type { MonotonicClock } from '../../live/clock.ts'
import { Breaker } from './breaker.ts'
import type { CandidateEntry } from './candidate-entry.ts'
import type { AskTokens } from './engine-encoder.ts'
import { PromptRefused } from './part-encoder.ts'

/** A prompt of 100,000 tokens takes an engine some tenths of a second (assumed); a request waits no longer than this for a better choice. */
const timeoutMs = 2_000
/** Engines asked for one prompt at most: assumed. */
const mostAsked = 2
/** A tokenizer that failed is not asked for so long, doubled each time: assumed. */
const patience = { cooldownAfter: 2, cooldownSeconds: 5, longestCooldownSeconds: 60 }

/** Answers that say that the prompt is wrong, not the engine: vLLM's for messages its template does not take. */
const ofTheRequest: ReadonlySet<number> = new Set([400, 413, 422])

export function createAskTokens(entries: () => readonly CandidateEntry[], clock: MonotonicClock): AskTokens {
  const breaker = new Breaker()
  let turn = 0

  return async (fields, clientModel) => {
    if (!breaker.admits(clock.nowUs())) throw new Error('left alone after failures')
    const ticket = breaker.sent(clock.nowUs())
    const replicas = entries().filter(({ source }) => source.kind === 'replica')
    let failure = 'no replica of one’s own'
    for (let asked = 0; asked < Math.min(mostAsked, replicas.length); asked++) {
      const entry = replicas[turn++ % replicas.length]!
      try {
        const tokens = await askOne(entry, fields, clientModel)
        breaker.ended(clock.nowUs(), ticket, { kind: 'served', retryAfterSeconds: null }, patience)
        return tokens
      } catch (error) {
        if (error instanceof PromptRefused) {
          breaker.ended(clock.nowUs(), ticket, { kind: 'refused', retryAfterSeconds: null }, patience)
          throw error
        }
        failure = `${entry.candidate.name}: ${error instanceof Error ? error.message : String(error)}`
      }
    }
    breaker.ended(clock.nowUs(), ticket, { kind: 'failed', retryAfterSeconds: null }, patience)
    throw new Error(failure)
  }
}

async function askOne(
  { candidate }: CandidateEntry,
  fields: string,
  clientModel: string,
): Promise<readonly number[]> {
  const model = JSON.stringify(candidate.upstreamModel ?? clientModel)
  const { apiKey, headers } = candidate.upstream
  const response = await fetch(tokenizeUrl(candidate.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    body: `{"model":${model},${fields}}`,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    if (ofTheRequest.has(response.status)) throw new PromptRefused(`/tokenize answered ${response.status}`)
    throw new Error(`/tokenize answered ${response.status}`)
  }
  const { tokens } = (await response.json()) as { readonly tokens?: unknown }
  if (!Array.isArray(tokens) || !tokens.every(Number.isInteger))
    throw new Error('/tokenize answered no list of tokens')
  return tokens as number[]
}

/** It stands beside /v1, not below it. */
export function tokenizeUrl(url: string): string {
  return `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/tokenize`
}
