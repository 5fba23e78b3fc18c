/** Agents in threads of their own. The main thread only hears of ends: statistics and files are fed in one place. */
import { Worker } from 'node:worker_threads'
import type { BenchEndpoint } from '../bench-endpoint.ts'
import type { PromptScale } from '../prompts/prompt-scale.ts'
import {
  type AgentPlan,
  endpointPlan,
  errorOf,
  type FromAgent,
  faultOf,
  type ToAgent,
} from './agent-messages.ts'
import type { LoadCrew } from './load-crew.ts'
import type { HearRequest, PhaseEnd } from './load-runner.ts'
import { unpackBatch } from './observation-batch.ts'
import type { SupplySource } from './prompt-supply.ts'
import type { SharedClock } from './shared-clock.ts'

export interface ThreadCrewSettings {
  readonly agents: number
  readonly endpoint: BenchEndpoint
  readonly scale: PromptScale
  readonly supply: SupplySource | null
  readonly tokenizer: string | null
  readonly keepsText: boolean
  readonly clock: SharedClock
}

/**
 * The order to begin reaches a thread that waits within a millisecond on an idle machine; this leaves room for a busy one.
 * Assumed. Requests of an open loop are worded in the meantime.
 */
const leadUs = 50_000
/** Threads that were asked to end and have not are ended after so long (assumed). */
const longestCloseMs = 1_000

/** Resolves when all threads are there. @throws what keeps one of them from starting. */
export async function startThreadCrew(settings: ThreadCrewSettings): Promise<LoadCrew> {
  const { promise: broken, reject: breakUp } = Promise.withResolvers<never>()
  // Whoever waits then is told; if nobody does, the next one is.
  broken.catch(() => {})
  const threads = Array.from({ length: settings.agents }, (_, index) =>
    startThread(planOf(settings, index), breakUp),
  )
  const all = <T>(answers: readonly Promise<T>[]): Promise<T[]> =>
    Promise.race([Promise.all(answers), broken])
  const tell = (message: ToAgent) => {
    for (const thread of threads) thread.tell(message)
  }
  const close = async () => {
    await Promise.all(threads.map(thread => thread.close()))
  }
  try {
    await all(threads.map(thread => thread.next('ready')))
  } catch (error) {
    await close()
    throw error
  }
  return {
    agents: threads.length,
    leadUs,
    async prepare(order) {
      const answers = threads.map(thread => thread.next('prepared'))
      tell({ kind: 'prepare', order })
      // All say the same of the same requests; one that has nothing to send says nothing.
      return [...new Set((await all(answers)).flatMap(({ notes }) => notes))]
    },
    async begin(originUs, hear) {
      const answers = threads.map(thread => {
        thread.hear = hear
        return thread.next('over')
      })
      tell({ kind: 'begin', originUs })
      const loop = performance.eventLoopUtilization()
      const end = together((await all(answers)).map(answer => answer.end))
      // This thread sends nothing, but has to keep up with what it is told.
      const { utilization } = performance.eventLoopUtilization(loop)
      return { ...end, threadShare: Math.max(end.threadShare, utilization) }
    },
    interrupt: () => tell({ kind: 'interrupt' }),
    get inFlight() {
      return threads.reduce((sum, { inFlight }) => sum + inFlight, 0)
    },
    get waiting() {
      return threads.reduce((sum, { waiting }) => sum + waiting, 0)
    },
    close,
  }
}

function planOf(
  { endpoint, scale, supply, tokenizer, ...rest }: ThreadCrewSettings,
  index: number,
): AgentPlan {
  return {
    endpoint: endpointPlan(endpoint),
    scale,
    supply,
    tokenizer,
    keepsText: rest.keepsText,
    clockOriginNs: rest.clock.originNs,
    segment: { index, of: rest.agents },
  }
}

function together(ends: readonly PhaseEnd[]): PhaseEnd {
  const sum = (of: (end: PhaseEnd) => number) => ends.reduce((total, end) => total + of(end), 0)
  const most = (of: (end: PhaseEnd) => number) => Math.max(...ends.map(of))
  return {
    endUs: most(end => end.endUs),
    unfinished: sum(end => end.unfinished),
    connectionsOpened: sum(end => end.connectionsOpened),
    staleRetries: sum(end => end.staleRetries),
    threadShare: most(end => end.threadShare),
    eventLoopDelay: {
      p50Ms: most(end => end.eventLoopDelay.p50Ms),
      p99Ms: most(end => end.eventLoopDelay.p99Ms),
      maximumMs: most(end => end.eventLoopDelay.maximumMs),
    },
  }
}

type Answer<Kind extends FromAgent['kind']> = Extract<FromAgent, { kind: Kind }>

interface AgentThread {
  hear: HearRequest
  readonly inFlight: number
  readonly waiting: number
  tell(message: ToAgent): void
  /** The next message of that kind. */
  next<Kind extends FromAgent['kind']>(kind: Kind): Promise<Answer<Kind>>
  close(): Promise<void>
}

function startThread(plan: AgentPlan, breakUp: (error: Error) => void): AgentThread {
  // As it lies in src (.ts) or in dist (.js).
  const file = import.meta.url.endsWith('.ts') ? './agent-thread.ts' : './agent-thread.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData: plan, execArgv: [] })
  const expected = new Map<FromAgent['kind'], (message: FromAgent) => void>()
  const { promise: exited, resolve: exit } = Promise.withResolvers<void>()
  let standing = { inFlight: 0, waiting: 0 }
  let closing = false

  const thread: AgentThread = {
    hear: () => {},
    get inFlight() {
      return standing.inFlight
    },
    get waiting() {
      return standing.waiting
    },
    tell: message => worker.postMessage(message),
    next: <Kind extends FromAgent['kind']>(kind: Kind) =>
      new Promise<Answer<Kind>>(resolve => {
        expected.set(kind, message => resolve(message as Answer<Kind>))
      }),
    async close() {
      closing = true
      worker.postMessage({ kind: 'close' } satisfies ToAgent)
      const patience = setTimeout(() => worker.terminate(), longestCloseMs)
      await exited
      clearTimeout(patience)
    },
  }

  worker.on('message', (message: FromAgent) => {
    switch (message.kind) {
      case 'batch':
        unpackBatch(message.batch, thread.hear)
        return
      case 'standing':
        standing = message
        return
      case 'fault':
        breakUp(errorOf(message.fault))
        return
      case 'over':
        standing = { inFlight: 0, waiting: 0 }
    }
    expected.get(message.kind)?.(message)
    expected.delete(message.kind)
  })
  worker.on('error', error => breakUp(errorOf(faultOf(error))))
  worker.on('exit', code => {
    exit()
    if (!closing) breakUp(errorOf(faultOf(new Error(`exit code ${code}`))))
  })
  return thread
}
