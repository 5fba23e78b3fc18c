/** The part of long-prompts.ts that goes through src/gateway/dispatch. */
import { RandomSource } from '../src/core/random.ts'
import {
  deployment,
  request as dispatchRequest,
  gatewayConfig,
  model,
  outcome,
} from '../src/gateway/dispatch/dispatch.fixture.ts'
import { createDispatcher, type Flight } from '../src/gateway/dispatch/index.ts'
import { bookOf, rows } from '../src/market/market.fixture.ts'
import { begin, nextTurn } from './long-conversations.ts'

export interface DispatcherRun {
  readonly replicas: number
  readonly cacheTokens: number
  readonly conversationCount: number
  readonly requests: number
  /** Adds the processor's time of the work to what is told of it. */
  readonly timed: <Result>(what: string, work: () => Result) => Result
  /** What was added so far was a warm-up. */
  readonly forget: () => void
}

/** Share of tokens believed cached. */
export async function runDispatcher(run: DispatcherRun): Promise<number> {
  const { replicas, cacheTokens, conversationCount, requests, timed, forget } = run
  const own = deployment('own', replicas, {
    capacity: 256,
    performance: { ttftMs: 50, msPerPromptToken: 0.05, tpotMs: 20 },
  })
  const router = { kind: 'prefix-aware', index: { kind: 'estimated', capacityTokens: cacheTokens } } as const
  let nowUs = 0
  const dispatcher = await createDispatcher({
    config: gatewayConfig([own], [], [model('chat', ['own'], { router })]),
    clock: { nowUs: () => nowUs, startedAt: '' },
    random: new RandomSource(1),
    book: bookOf(rows),
    nowMs: Date.now,
    onAlarm: () => {},
  })
  const pool = dispatcher.pool('chat')!
  const conversations = Array.from({ length: conversationCount }, (_, number) => begin(number))
  const ongoing: { readonly flight: Flight; readonly inputTokens: number; readonly cached: number }[] = []
  let cached = 0
  let total = 0
  const one = async (id: number): Promise<void> => {
    const conversation = nextTurn(conversations, id)
    // As they come from a socket.
    const bytes = Buffer.from(conversation.parts.join(''))
    nowUs = id * 10_000
    const identity = await timed('identify', () => pool.identify(bytes, 'acme'))
    timed('choose and end', () => {
      const choice = pool.choose(nowUs, dispatchRequest(id, { prompt: identity, outputTokens: 300 }))
      if (choice.kind !== 'send') throw new Error('nobody took a request')
      const { inputTokens } = identity
      ongoing.push({ flight: choice.flight, inputTokens, cached: choice.expectedCachedTokens })
      cached += choice.expectedCachedTokens
      total += inputTokens
      if (ongoing.length < 4 * replicas) return
      const over = ongoing.shift()!
      over.flight.firstToken(500)
      over.flight.ended(
        outcome({
          ttftMs: 500,
          durationMs: 6500,
          outputTokens: 300,
          inputTokens: over.inputTokens,
          cachedTokens: over.cached,
        }),
      )
    })
  }
  const warmUp = 2 * conversationCount
  for (let id = 0; id < warmUp; id++) await one(id)
  forget()
  cached = 0
  total = 0
  for (let id = warmUp; id < warmUp + requests; id++) await one(id)
  dispatcher.close()
  return cached / total
}
