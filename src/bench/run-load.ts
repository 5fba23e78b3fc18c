/** Measures one load: warm-up, then the requests that count, with the engine's counters read before and after. */
import type { ClientHealth } from '../measure/bench-result.ts'
import type { EnergyMeter } from '../measure/energy-meters.ts'
import type { RequestObservation } from '../measure/observation.ts'
import { orNull } from '../metrics/latency-summary.ts'
import type { LatencyClock, Objective } from '../metrics/objective.ts'
import { WarmupMarks } from '../workload/request-emitter.ts'
import type { BenchEndpoint } from './bench-endpoint.ts'
import type { BenchLoad } from './bench-load.ts'
import { createLoadRecorder, type HeardEnd, type LoadRecorder } from './load-recorder.ts'
import type { PromptScale } from './prompts/prompt-scale.ts'
import type { PromptSupply } from './request-wording.ts'
import type { Get } from './server/http-get.ts'
import { createScraper, defaultScrapeIntervalMs, type ScrapeRecord } from './server/metrics-scraper.ts'
import { agentCount } from './workers/agent-count.ts'
import { createLocalCrew, type LoadCrew } from './workers/load-crew.ts'
import type { HearRequest, PhaseEnd, PhaseOrder } from './workers/load-runner.ts'
import type { SupplySource } from './workers/prompt-supply.ts'
import { type SharedClock, startSharedClock } from './workers/shared-clock.ts'

export interface RunLoadSettings {
  readonly endpoint: BenchEndpoint
  readonly load: BenchLoad
  /** Threads that send; null: as many as the load needs. */
  readonly workers: number | null
  readonly scale: PromptScale
  readonly supply: PromptSupply | null
  /** What `supply` was opened from, for threads to open it again; null without one. */
  readonly supplySource: SupplySource | null
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
  readonly listener: ((observation: RequestObservation, ended: HeardEnd) => void) | null
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

/** @throws TokenwrightError what is wrong with the load, before anything is sent; 'internal' when a thread that sends dies. */
export async function runLoad(settings: RunLoadSettings): Promise<LoadMeasurement> {
  const { endpoint, load, signal, seed } = settings
  const clock = startSharedClock()
  const { agents, notes } = agentCount(load, settings.workers)
  /** Requests of the filling of a loop: whoever makes them says so, whoever counts them remembers it. */
  const warmUps = new WarmupMarks()
  const recorder = createLoadRecorder({
    objectives: settings.objectives,
    clock: settings.clock,
    users: load.point.requestsPerSecond === null ? load.point.concurrency : null,
    tokenizer: settings.tokenizer?.name ?? null,
    isWarmUp: id => warmUps.has(id),
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
  const crew = await startCrew(settings, clock, agents)
  const phases: Phases = {
    settings,
    crew,
    clock,
    recorder,
    hear(observation, ended, warmUp) {
      if (warmUp && observation.phase === 'measured') warmUps.add(observation.id)
      recorder.add(observation, ended)
    },
  }
  try {
    await scraper.start()
    if (load.warmUp !== null)
      await runPhase(phases, {
        phase: 'warm-up',
        requests: load.warmUp,
        seed: `${seed}/warm-up`,
        ...unlimited,
      })
    await scraper.scrape()
    const cpuBefore = process.cpuUsage()
    const measured = await runPhase(phases, {
      ...load,
      phase: 'measured',
      requests: load.requests,
      seed,
    })
    const { end, originUs } = measured
    // Of all threads; the clock is that of the run.
    const cpu = process.cpuUsage(cpuBefore)
    const cpuSeconds = (cpu.user + cpu.system) / 1e6
    const { chunks, sends, latenessMs } = recorder
    return {
      load,
      startedAt: new Date(measured.startMs).toISOString(),
      endUs: end.endUs,
      unfinished: end.unfinished,
      recorder,
      client: {
        wallSeconds: (clock.nowUs() - originUs) / 1e6,
        cpuSeconds,
        cpuShare: end.threadShare,
        cpuMicrosecondsPerChunk: chunks.count === 0 ? null : (cpuSeconds * 1e6) / chunks.count,
        eventLoopDelay: end.eventLoopDelay,
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
        connectionsOpened: end.connectionsOpened,
        staleRetries: end.staleRetries,
        workers: crew.agents,
      },
      wallClockStepMs: measured.wallClockStepMs,
      scrape: await scraper.stop(),
      scrapeOffsetSeconds: originUs / 1e6,
      notes: [...measured.notes, ...notes],
      interrupted: signal.aborted,
    }
  } finally {
    await crew.close()
  }
}

async function startCrew(
  { endpoint, scale, supply, supplySource, tokenizer, keepsText }: RunLoadSettings,
  clock: SharedClock,
  agents: number,
): Promise<LoadCrew> {
  if (agents === 1) return createLocalCrew({ endpoint, scale, supply, tokenizer, keepsText, clock })
  const { startThreadCrew } = await import('./workers/thread-crew.ts')
  return startThreadCrew({
    agents,
    endpoint,
    scale,
    supply: supplySource,
    tokenizer: tokenizer?.name ?? null,
    keepsText,
    clock,
  })
}

const unlimited = {
  maximumInFlight: null,
  maximumPrefills: null,
  cancellation: null,
  durationSeconds: null,
  graceSeconds: 0,
} as const satisfies Omit<PhaseOrder, 'phase' | 'requests' | 'seed'>

interface Phases {
  readonly settings: RunLoadSettings
  readonly crew: LoadCrew
  readonly clock: SharedClock
  readonly recorder: LoadRecorder
  readonly hear: HearRequest
}

interface RunPhase {
  readonly end: PhaseEnd
  /** µs 0 of the phase, on the clock of the whole run and by the wall clock. */
  readonly originUs: number
  readonly startMs: number
  /** By how much the wall clock went on more than the other one. */
  readonly wallClockStepMs: number
  readonly notes: readonly string[]
}

/** All agents send their parts, from the same moment on. */
async function runPhase(
  { settings, crew, clock, recorder, hear }: Phases,
  order: PhaseOrder,
): Promise<RunPhase> {
  const { signal, onProgress } = settings
  const notes = await crew.prepare(order)
  const originUs = clock.nowUs() + crew.leadUs
  const startMs = Date.now() + crew.leadUs / 1000
  const interrupt = () => crew.interrupt()
  signal.addEventListener('abort', interrupt)
  const progress = setInterval(() => {
    const { inFlight, waiting } = crew
    const seconds = Math.max(0, clock.nowUs() - originUs) / 1e6
    onProgress?.({ phase: order.phase, seconds, recorder, inFlight, waiting })
  }, progressMs)
  try {
    const over = crew.begin(originUs, hear)
    if (signal.aborted) interrupt()
    const end = await over
    const wallClockStepMs = Date.now() - startMs - (clock.nowUs() - originUs) / 1000
    return { end, originUs, startMs, wallClockStepMs, notes }
  } finally {
    clearInterval(progress)
    signal.removeEventListener('abort', interrupt)
  }
}
