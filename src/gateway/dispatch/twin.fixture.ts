/** The dispatcher in front of the twin: real engine rules and step times, in virtual time; predictions beside what came of them. */
import { RandomSource } from '../../core/random.ts'
import { createFleet } from '../../fleet/fleet.ts'
import type { PoolSettings } from '../../fleet/types.ts'
import { bookOf, rows } from '../../market/market.fixture.ts'
import type { RequestRecord } from '../../metrics/record.ts'
import type { Router } from '../../routing/index.ts'
import { simulate } from '../../sim/driver.ts'
import { createWorkload, type WorkloadSpec } from '../../workload/synthetic.ts'
import type { GatewayConfig } from '../config/gateway-config.ts'
import { atMs, request as dispatchRequest, outcome, sent } from './dispatch.fixture.ts'
import { createDispatcher } from './dispatcher.ts'
import type { Choice, Dispatcher } from './types.ts'

export interface TwinAnswer {
  readonly candidate: string
  readonly predictedTtftMs: number | null
  readonly predictedTpotMs: number | null
  readonly record: RequestRecord
}

export interface TwinRun {
  readonly dispatcher: Dispatcher
  /** In the order in which they ended. */
  readonly answers: readonly TwinAnswer[]
}

interface Flying {
  readonly choice: Choice & { kind: 'send' }
  readonly sentUs: number
  readonly predictedTpotMs: number | null
  firstTokenMs: number | null
}

/** Candidates are replicas of pools in order: deployments of the configuration are pools of the same order and size. */
export async function runTwin(
  config: GatewayConfig,
  pools: readonly PoolSettings[],
  workload: WorkloadSpec,
  alias = 'chat',
): Promise<TwinRun> {
  let nowUs = 0
  const random = new RandomSource('twin behind a gateway')
  const dispatcher = await createDispatcher({
    config,
    random,
    clock: { nowUs: () => nowUs, startedAt: new Date(atMs).toISOString() },
    book: bookOf(rows),
    nowMs: () => atMs + nowUs / 1000,
    onAlarm: () => {},
    setTimer: () => () => {},
  })
  const replicaOf = new Map(dispatcher.candidates.map(({ name }, replica) => [name, replica]))
  const flying = new Map<number, Flying>()
  const answers: TwinAnswer[] = []
  const router: Router = {
    route(us, { id, inputTokens, outputTokens, content, session }) {
      nowUs = us
      const prompt = { inputTokens, content: content ?? { tokensPerBlock: 64, blockIds: [] } }
      const choice = sent(
        dispatcher
          .pool(alias)!
          .choose(us, dispatchRequest(id, { prompt, outputTokens, session, explained: true })),
      )
      const told = choice.explanation!.candidates.find(({ name }) => name === choice.candidate.name)!
      const predictedTpotMs = told.parts.tpotMs ?? null
      flying.set(id, { choice, sentUs: us, predictedTpotMs, firstTokenMs: null })
      const { expectedCachedTokens } = choice
      return { kind: 'send', candidateId: replicaOf.get(choice.candidate.name)!, expectedCachedTokens }
    },
    sent() {},
    firstToken(us, id) {
      nowUs = us
      const one = flying.get(id)!
      one.firstTokenMs = (us - one.sentUs) / 1000
      one.choice.flight.firstToken(one.firstTokenMs)
    },
    ended() {},
    cacheChanged() {},
    removed() {},
  }
  const fleet = createFleet({ pools, router, decodeRouter: null, seed: 1, engineEvents: false })
  simulate(createWorkload(workload, random), fleet, event => {
    if (event.kind !== 'ended') return
    const { record } = event
    const { choice, sentUs, predictedTpotMs, firstTokenMs } = flying.get(record.id)!
    flying.delete(record.id)
    nowUs = record.endedUs
    choice.flight.ended(
      outcome({
        durationMs: (record.endedUs - sentUs) / 1000,
        ttftMs: firstTokenMs,
        outputTokens: record.outputTokens,
        inputTokens: record.inputTokens,
        cachedTokens: record.cachedTokens,
      }),
    )
    const { candidate, predictedTtftMs } = choice
    answers.push({ candidate: candidate.name, predictedTtftMs, predictedTpotMs, record })
  })
  return { dispatcher, answers }
}
