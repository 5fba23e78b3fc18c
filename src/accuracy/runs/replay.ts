/**
 * Replays a measured run: the same requests at the same times into the twin's engine, set up as the run was. What comes
 * out is comparable request by request. Only the scheduler's own clock is compared (queued, first, last token), so front
 * end and stream play no part.
 */
import type { Accelerator } from '../../catalog/types.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { createEngine } from '../../engine/engine.ts'
import type { EngineEvent, StepTimer } from '../../engine/types.ts'
import type { ModelArchitecture, NumberFormat } from '../../model/architecture.ts'
import type { CoefficientSet, LocalCoefficients } from '../../perf/coefficients.ts'
import type { Deployment, Precision } from '../../perf/deployment.ts'
import { twinPools } from '../../sim/twin-pools.ts'
import { latencyOf, type MeasuredRun, type RequestLatency } from './measured-run.ts'

export interface ReplayFacts {
  readonly modelId: string
  readonly architecture: ModelArchitecture
  readonly accelerator: Accelerator
  readonly coefficients: CoefficientSet
}

export interface Replay {
  /** In the order of the run's requests. */
  readonly latencies: readonly RequestLatency[]
  readonly preemptions: number
  readonly steps: number
  readonly blocksPerRank: number
}

/** Predicts every request of a run; `adjust` puts calibrated coefficients in place of the fitted ones. */
export function replayRun(
  run: MeasuredRun,
  facts: ReplayFacts,
  adjust?: (coefficients: LocalCoefficients) => LocalCoefficients,
): Replay {
  const { settings, requests } = run
  const total = (pick: (request: MeasuredRun['requests'][number]) => number) =>
    requests.reduce((sum, request) => sum + pick(request), 0) / requests.length
  const [pool] = twinPools({
    modelId: facts.modelId,
    architecture: facts.architecture,
    deployment: runDeployment(run, facts),
    shape: {
      inputTokens: total(request => request.inputTokens),
      outputTokens: total(request => request.outputTokens),
      cachedTokens: 0,
      inputVariation: 0,
      outputVariation: 0,
    },
    accelerator: () => facts.accelerator,
    coefficients: facts.coefficients,
    ...(adjust === undefined ? {} : { adjust }),
    usdPerDeviceHour: () => 0,
    overrides: {
      tokenBudget: settings.maximumBatchedTokens,
      maximumSequences: settings.maximumSequences,
      maximumContextTokens: settings.maximumContextTokens ?? undefined,
      blocksPerRank: settings.gpuBlocks ?? undefined,
      blockTokens: settings.blockTokens,
      prefixCaching: settings.prefixCaching,
      asyncScheduling: settings.asyncScheduling,
    },
    // Step by step, so that the end of the step in progress is known when a request arrives.
    skipEvents: false,
    cacheEvents: false,
    startupSeconds: 0,
  })
  return { ...drive(run, pool!.engine, pool!.timer()), blocksPerRank: pool!.engine.blocksPerRank }
}

function drive(
  run: MeasuredRun,
  settings: Parameters<typeof createEngine>[0],
  timer: StepTimer,
): Omit<Replay, 'blocksPerRank'> {
  const engine = createEngine(settings, timer)
  const count = run.requests.length
  const queuedUs = new Float64Array(count)
  const firstUs = new Float64Array(count).fill(Number.NaN)
  const lastUs = new Float64Array(count).fill(Number.NaN)
  const events: EngineEvent[] = []
  let preemptions = 0
  let steps = 0
  let next = 0
  for (;;) {
    const arrivalUs =
      next < count ? Math.round(run.requests[next]!.arrivalSeconds * 1e6) : Number.POSITIVE_INFINITY
    const engineUs = engine.nextUs()
    if (arrivalUs === Number.POSITIVE_INFINITY && engineUs === Number.POSITIVE_INFINITY) break
    if (arrivalUs <= engineUs) {
      const { inputTokens, outputTokens, content } = run.requests[next]!
      engine.accept(
        arrivalUs,
        {
          kind: 'submit',
          request: { id: next, inputTokens, outputTokens, content, priority: 0, role: 'serve' },
        },
        events,
      )
      // The scheduler looks at its inbox between steps.
      queuedUs[next] = Math.min(engine.nextUs(), Number.MAX_SAFE_INTEGER)
      next++
    } else engine.wake(engineUs, events)
    for (const event of events) {
      if (event.kind === 'first-token') firstUs[event.requestId] = event.atUs
      else if (event.kind === 'finished') lastUs[event.requestId] = event.atUs
      else if (event.kind === 'preempted') preemptions++
      else if (event.kind === 'steps') steps += event.steps
      if (event.kind === 'finished' && event.outcome !== 'served') {
        throw new TokenwrightError(
          'measurements',
          `the twin refuses request ${event.requestId}: ${event.reason}`,
          {
            where: run.name,
            fix: 'the measured engine served it: check num_gpu_blocks, max_model_len and the device',
          },
        )
      }
    }
    events.length = 0
  }
  const latencies = run.requests.map((request, index) =>
    latencyOf(queuedUs[index]! * 1e-6, firstUs[index]! * 1e-6, lastUs[index]! * 1e-6, request.outputTokens),
  )
  return { latencies, preemptions, steps }
}

/** What the run served with, as the prediction takes it. */
export function runDeployment(
  run: MeasuredRun,
  facts: Pick<ReplayFacts, 'accelerator' | 'architecture'>,
): Deployment {
  const { settings } = run
  const { tensorParallel, dataParallel } = settings
  return {
    mode: 'aggregated',
    engine: 'vllm',
    precision: runPrecision(run, facts.architecture),
    speculation: null,
    pool: {
      acceleratorId: facts.accelerator.id,
      parallelism: {
        tensor: tensorParallel,
        pipeline: settings.pipelineParallel,
        attentionData: dataParallel,
        expert: settings.expertParallel ? tensorParallel * dataParallel : 1,
      },
      replicas: 1,
    },
  }
}

/** The checkpoint's own formats unless the run quantised it while loading. */
function runPrecision(run: MeasuredRun, architecture: ModelArchitecture): Precision {
  const own = architecture.checkpointFormats
  const { weightFormat, cacheFormat } = run.settings
  const loaded: NumberFormat | null = weightFormat === 'fp8' ? 'fp8' : null
  const cache: NumberFormat = cacheFormat.startsWith('fp8') ? 'fp8' : 'bf16'
  return {
    preset: loaded ?? own.attention,
    attention: loaded ?? own.attention,
    denseFeedForward: loaded ?? own.denseFeedForward,
    routedExperts: loaded ?? own.routedExperts,
    sharedExperts: loaded ?? own.sharedExperts,
    head: own.head,
    keyValueCache: cache,
  }
}
