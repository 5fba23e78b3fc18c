/** Measures one load: warm-up, then the requests that count, with the engine's counters read before and after. */
import { RandomSource } from '../core/random.ts'
import { startMonotonicClock } from '../live/clock.ts'
import { startEventLoopMonitor } from '../live/event-loop-delay.ts'
import { createStreamingClient } from '../live/http/streaming-client.ts'
import type { StreamingClient } from '../live/http/types.ts'
import { createPacer } from '../live/pacer.ts'
import type { ClientHealth } from '../measure/bench-result.ts'
import type { EnergyMeter } from '../measure/energy-meters.ts'
import type { RequestObservation } from '../measure/observation.ts'
import { orNull } from '../metrics/latency-summary.ts'
import type { LatencyClock, Objective } from '../metrics/objective.ts'
import type { BenchEndpoint } from './bench-endpoint.ts'
import type { BenchLoad, BenchWorkload } from './bench-load.ts'
import { type EndedRequest, type LoadAgent, type LoadLimits, startLoadAgent } from './load-agent.ts'
import { createLoadRecorder, type LoadRecorder } from './load-recorder.ts'
import type { PromptScale } from './prompts/prompt-scale.ts'
import { createPromptSource } from './prompts/prompt-source.ts'
import { createWording, type PromptSupply } from './request-wording.ts'
import type { Get } from './server/http-get.ts'
import { createScraper, defaultScrapeIntervalMs, type ScrapeRecord } from './server/metrics-scraper.ts'

export interface RunLoadSettings {
  readonly endpoint: BenchEndpoint
  readonly load: BenchLoad
  readonly scale: PromptScale
  readonly supply: PromptSupply | null
  /** Texts of answers are wanted by the listener. */
  readonly keepsText: boolean
  readonly tokenizer: { readonly name: string; count(text: string): number } | null
  readonly seed: string
  readonly objectives: readonly Objective[]
  readonly clock: LatencyClock
  /** Addresses of engine counters and power meters; none: neither is read. */
  readonly metricsUrls: readonly string[]
  readonly meter: EnergyMeter | null
  readonly get: Get
  readonly listener: ((observation: RequestObservation, ended: EndedRequest) => void) | null
  /** Now and then, while it runs. */
  readonly onProgress: ((progress: LoadProgress) => void) | null
  /** Ends the load early and in order; what was measured until then is the answer. */
  readonly signal: AbortSignal
}

export interface LoadProgress {
  readonly phase: RequestObservation['phase']
  readonly seconds: number
  readonly recorder: LoadRecorder
  readonly inFlight: number
  readonly waiting: number
}

/** What was measured at a load, before anyone made sentences or dollars of it. */
export interface LoadMeasurement {
  readonly load: BenchLoad
  /** Wall clock at µs 0 of the measured part. */
  readonly startedAt: string
  readonly endUs: number
  readonly unfinished: number
  readonly recorder: LoadRecorder
  readonly client: ClientHealth
  readonly wallClockStepMs: number
  readonly scrape: ScrapeRecord
  /** µs 0 of the measured part on the clock of the scrape's readings, seconds. */
  readonly scrapeOffsetSeconds: number
  readonly notes: readonly string[]
  readonly interrupted: boolean
}

const progressMs = 500

export async function runLoad(settings: RunLoadSettings): Promise<LoadMeasurement> {
  const { endpoint, load, signal } = settings
  const clock = startMonotonicClock()
  let originUs = 0
  // Every phase begins at 0 for its requests; the connections of the warm-up are kept.
  const nowUs = () => clock.nowUs() - originUs
  const client = createStreamingClient(endpoint.target, {
    nowUs,
    reuse: endpoint.reuse,
    totalTimeoutMs: endpoint.requestTimeoutSeconds * 1000,
    tls: { insecure: endpoint.insecure },
  })
  const random = new RandomSource(settings.seed)
  const workload = await load.create(random)
  const recorder = createLoadRecorder({
    objectives: settings.objectives,
    clock: settings.clock,
    users: load.point.requestsPerSecond === null ? load.point.concurrency : null,
    tokenizer: settings.tokenizer?.name ?? null,
    isWarmUp: workload.isWarmUp,
    listener: settings.listener,
  })
  const scraper = createScraper({
    urls: settings.metricsUrls,
    intervalMs: defaultScrapeIntervalMs,
    model: endpoint.model,
    meter: settings.meter,
    get: settings.get,
    nowUs: clock.nowUs,
    onGauges: null,
  })
  const monitor = startEventLoopMonitor()
  const phases: Phases = { settings, client, nowUs, recorder }
  try {
    await scraper.start()
    const warmUp = await load.createWarmUp?.(new RandomSource(`${settings.seed}/warm-up`))
    if (warmUp !== undefined) await runPhase(phases, 'warm-up', warmUp, `${settings.seed}/warm-up`)
    await scraper.scrape()
    originUs = clock.nowUs()
    const startMs = Date.now()
    monitor.restart()
    const { unfinished } = await runPhase(phases, 'measured', workload, settings.seed)
    const endUs = nowUs()
    const own = monitor.report()
    const wallClockStepMs = Date.now() - startMs - endUs / 1000
    const { chunks, sends, latenessMs } = recorder
    return {
      load,
      startedAt: new Date(startMs).toISOString(),
      endUs,
      unfinished,
      recorder,
      client: {
        wallSeconds: own.wallSeconds,
        cpuSeconds: own.cpuSeconds,
        cpuShare: own.threadCpuShare ?? own.cpuShare,
        cpuMicrosecondsPerChunk: chunks.count === 0 ? null : (own.cpuSeconds * 1e6) / chunks.count,
        eventLoopDelay: own.delay,
        scheduleLateness: {
          count: latenessMs.count,
          p50Ms: orNull(latenessMs.quantile(0.5)),
          p99Ms: orNull(latenessMs.quantile(0.99)),
          maximumMs: orNull(latenessMs.maximum),
        },
        askedRequestsPerSecond: load.point.requestsPerSecond,
        achievedRequestsPerSecond:
          sends.count < 2 ? null : ((sends.count - 1) * 1e6) / (sends.lastUs - sends.firstUs),
        chunks: chunks.count,
        coalescedShare: chunks.count === 0 ? null : chunks.coalesced / chunks.count,
        connectionsOpened: client.statistics.connectionsOpened,
        staleRetries: client.statistics.staleRetries,
        workers: 1,
      },
      wallClockStepMs,
      scrape: await scraper.stop(),
      scrapeOffsetSeconds: originUs / 1e6,
      notes: workload.notes,
      interrupted: signal.aborted,
    }
  } finally {
    monitor.close()
    client.close()
  }
}

interface Phases {
  readonly settings: RunLoadSettings
  readonly client: StreamingClient
  readonly nowUs: () => number
  readonly recorder: LoadRecorder
}

/** Sends a workload and waits for its answers, as long as the load allows. */
async function runPhase(
  { settings, client, nowUs, recorder }: Phases,
  phase: RequestObservation['phase'],
  { workload, open, conversations }: BenchWorkload,
  seed: string,
): Promise<{ readonly unfinished: number }> {
  const { endpoint, load, signal, onProgress, tokenizer } = settings
  const wording = createWording(
    endpoint,
    createPromptSource(seed, settings.scale),
    settings.supply,
    conversations,
  )
  const pacer = createPacer(nowUs)
  const measured = phase === 'measured'
  let late = false
  let unfinished = 0
  const agent = startLoadAgent({
    workload,
    open,
    client,
    pacer,
    nowUs,
    phase,
    model: endpoint.model,
    generates: endpoint.kind.generates,
    limits: measured ? limitsOf(settings) : noLimits,
    keepsText: wording.keepsText || settings.keepsText || tokenizer !== null,
    countTokens: tokenizer === null ? null : text => tokenizer.count(text),
    word: request => wording.word(request),
    onEnd(observation, ended) {
      if (wording.keepsText && observation.outcome === 'served')
        wording.answered(ended.request, ended.texts?.content ?? '', observation.reported)
      // What the run itself broke off at its end tells nothing of the server.
      if (late && observation.outcome === 'cancelled') unfinished++
      else recorder.add(observation, ended)
    },
  })
  const stop = () => agent.stop()
  const timers: NodeJS.Timeout[] = []
  const after = (seconds: number, action: () => void) => timers.push(setTimeout(action, seconds * 1000))
  const cut = () => {
    late = true
    agent.cancelAll()
  }
  if (measured && load.durationSeconds !== null) {
    after(load.durationSeconds, stop)
    after(load.durationSeconds + load.graceSeconds, cut)
  }
  const interrupt = () => {
    stop()
    cut()
  }
  signal.addEventListener('abort', interrupt)
  if (signal.aborted) interrupt()
  const progress = setInterval(() => report(phase, agent, recorder, nowUs, onProgress), progressMs)
  try {
    await agent.over
  } finally {
    clearInterval(progress)
    for (const timer of timers) clearTimeout(timer)
    signal.removeEventListener('abort', interrupt)
    pacer.close()
  }
  return { unfinished: unfinished + agent.abandoned }
}

function report(
  phase: RequestObservation['phase'],
  { inFlight, waiting }: LoadAgent,
  recorder: LoadRecorder,
  nowUs: () => number,
  onProgress: RunLoadSettings['onProgress'],
): void {
  onProgress?.({ phase, seconds: nowUs() / 1e6, recorder, inFlight, waiting })
}

const noLimits: LoadLimits = { maximumInFlight: null, maximumPrefills: null, cancellation: null }

function limitsOf({ load, seed }: RunLoadSettings): LoadLimits {
  const { cancellation } = load
  const random = new RandomSource(seed)
  return {
    maximumInFlight: load.maximumInFlight,
    maximumPrefills: load.maximumPrefills,
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
