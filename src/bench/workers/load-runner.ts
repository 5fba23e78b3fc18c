/**
 * One agent with what it needs: client, pacer, prompts, and a watch on its own thread. It runs in the main thread when it
 * is alone, and in a thread of its own when there are several.
 */
import { assert, present } from '../../core/assert.ts'
import { RandomSource } from '../../core/random.ts'
import { startEventLoopMonitor } from '../../live/event-loop-delay.ts'
import { createStreamingClient } from '../../live/http/streaming-client.ts'
import { createPacer, type Pacer } from '../../live/pacer.ts'
import type { BenchPhase, RequestObservation } from '../../measure/observation.ts'
import type { BenchEndpoint } from '../bench-endpoint.ts'
import type { BenchLoad, BenchRequests, BenchWorkload } from '../bench-load.ts'
import { type LoadAgent, type LoadLimits, startLoadAgent } from '../load-agent.ts'
import type { HeardEnd } from '../load-recorder.ts'
import type { PromptScale } from '../prompts/prompt-scale.ts'
import { createPromptSource } from '../prompts/prompt-source.ts'
import { createWording, type PromptSupply, type RequestWording } from '../request-wording.ts'
import { openRequests } from './open-requests.ts'
import { type Segment, shareOf } from './segment.ts'
import type { SharedClock } from './shared-clock.ts'

export interface RunnerSettings {
  readonly endpoint: BenchEndpoint
  readonly scale: PromptScale
  readonly supply: PromptSupply | null
  readonly tokenizer: { count(text: string): number } | null
  /** Texts of answers are wanted by whoever hears of ends. */
  readonly keepsText: boolean
  readonly clock: SharedClock
  readonly segment: Segment
}

/** A phase as all agents are told it; each takes its part. Plain data. */
export interface PhaseOrder {
  readonly phase: BenchPhase
  readonly requests: BenchRequests
  readonly seed: string
  readonly maximumInFlight: number | null
  readonly maximumPrefills: number | null
  readonly cancellation: BenchLoad['cancellation']
  readonly durationSeconds: number | null
  readonly graceSeconds: number
}

/** What became of a request. `warmUp`: it belongs to the filling of a loop. */
export type HearRequest = (observation: RequestObservation, ended: HeardEnd, warmUp: boolean) => void

/** Of one agent, or of all of them. */
export interface PhaseEnd {
  /** When the last request was over, µs from the origin. */
  readonly endUs: number
  /** Broken off by the run's own end, or held back until then. */
  readonly unfinished: number
  /** Of all phases so far. */
  readonly connectionsOpened: number
  readonly staleRetries: number
  /** Of the busiest thread: CPU seconds ÷ wall seconds; the share of time that its loop ran where Node cannot tell. */
  readonly threadShare: number
  /** Of the thread where it was longest. */
  readonly eventLoopDelay: { readonly p50Ms: number; readonly p99Ms: number; readonly maximumMs: number }
}

export interface LoadRunner {
  /** Makes everything ready that can be before the start; what is to be said of the requests is the answer. */
  prepare(order: PhaseOrder): Promise<readonly string[]>
  /** Sends what was prepared, with `originUs` of the clock as its 0 µs. */
  begin(originUs: number, hear: HearRequest): Promise<PhaseEnd>
  /** Sends no more and breaks off what is under way. */
  interrupt(): void
  readonly inFlight: number
  readonly waiting: number
  close(): void
}

interface Prepared {
  readonly order: PhaseOrder
  readonly made: BenchWorkload | null
  readonly wording: RequestWording
  readonly pacer: Pacer
}

export function createLoadRunner(settings: RunnerSettings): LoadRunner {
  const { endpoint, scale, supply, clock, segment } = settings
  let originUs = 0
  // Every phase begins at 0 for its requests; the connections of the warm-up are kept.
  const nowUs = () => clock.nowUs() - originUs
  const client = createStreamingClient(endpoint.target, {
    nowUs,
    reuse: endpoint.reuse,
    totalTimeoutMs: endpoint.requestTimeoutSeconds * 1000,
    tls: { insecure: endpoint.insecure },
  })
  const monitor = startEventLoopMonitor()
  let prepared: Prepared | null = null
  let agent: LoadAgent | null = null
  let interrupt: (() => void) | null = null

  return {
    async prepare(order) {
      assert(prepared === null, 'one phase at a time')
      const made = await openRequests(order.requests, order.seed, segment)
      const source = createPromptSource(order.seed, scale)
      const wording = createWording(endpoint, source, supply, made?.conversations ?? false)
      prepared = { order, made, wording, pacer: createPacer(nowUs) }
      return made?.notes ?? []
    },
    async begin(atUs, hear) {
      const { order, made, wording, pacer } = present(prepared, 'a phase is prepared before it begins')
      originUs = atUs
      monitor.restart()
      let unfinished = 0
      try {
        if (made !== null) unfinished = await run(order, made, wording, pacer, hear)
      } finally {
        pacer.close()
        prepared = null
        agent = null
        interrupt = null
      }
      const { threadCpuShare, loopShare, delay } = monitor.report()
      return {
        endUs: made === null ? 0 : nowUs(),
        unfinished,
        connectionsOpened: client.statistics.connectionsOpened,
        staleRetries: client.statistics.staleRetries,
        threadShare: threadCpuShare ?? loopShare,
        eventLoopDelay: delay,
      }
    },
    interrupt: () => interrupt?.(),
    get inFlight() {
      return agent?.inFlight ?? 0
    },
    get waiting() {
      return agent?.waiting ?? 0
    },
    close() {
      prepared?.pacer.close()
      monitor.close()
      client.close()
    },
  }

  /** Sends a workload and waits for its answers, as long as the load allows: how many were left unfinished. */
  async function run(
    order: PhaseOrder,
    { workload, open, isWarmUp }: BenchWorkload,
    wording: RequestWording,
    pacer: Pacer,
    hear: HearRequest,
  ): Promise<number> {
    const { tokenizer, keepsText } = settings
    let unfinished = 0
    const sending = startLoadAgent({
      workload,
      open,
      client,
      pacer,
      nowUs,
      phase: order.phase,
      model: endpoint.model,
      generates: endpoint.kind.generates,
      limits: limitsOf(order, segment),
      keepsText: wording.keepsText || keepsText || tokenizer !== null,
      countTokens: tokenizer === null ? null : text => tokenizer.count(text),
      word: request => wording.word(request),
      onEnd(observation, ended) {
        if (wording.keepsText && observation.outcome === 'served')
          wording.answered(ended.request, ended.texts?.content ?? '', observation.reported)
        if (observation.failure?.kind === 'unfinished') unfinished++
        hear(observation, ended, isWarmUp(observation.id))
      },
    })
    agent = sending
    const cut = () => sending.cancelAll()
    interrupt = () => {
      sending.stop()
      cut()
    }
    const timers: NodeJS.Timeout[] = []
    const at = (seconds: number, action: () => void) =>
      timers.push(setTimeout(action, Math.max(0, seconds * 1000 - nowUs() / 1000)))
    if (order.durationSeconds !== null) {
      at(order.durationSeconds, () => sending.stop())
      at(order.durationSeconds + order.graceSeconds, cut)
    }
    try {
      await sending.over
    } finally {
      for (const timer of timers) clearTimeout(timer)
    }
    return unfinished + sending.abandoned
  }
}

/** An agent's part of the caps. */
function limitsOf(order: PhaseOrder, segment: Segment): LoadLimits {
  const { cancellation, maximumInFlight, maximumPrefills } = order
  const random = new RandomSource(order.seed)
  return {
    maximumInFlight: maximumInFlight === null ? null : shareOf(maximumInFlight, segment),
    maximumPrefills: maximumPrefills === null ? null : shareOf(maximumPrefills, segment),
    cancellation:
      cancellation === null
        ? null
        : {
            // By the request's number, so that it does not matter who ends first.
            isCancelled: id => random.stream('cancellation', id).uniform() < cancellation.share,
            afterUs: cancellation.afterSeconds * 1e6,
          },
  }
}
