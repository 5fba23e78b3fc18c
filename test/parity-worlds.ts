/** Small fleets and one trace for the parity test: caches too small for what is asked, so that engines preempt and evict. */
import { RandomSource } from '../src/core/random.ts'
import type { EngineSettings, SchedulerRules } from '../src/engine/settings.ts'
import { linearTimer } from '../src/engine/timers/linear-timer.ts'
import type { FleetSettings, PoolSettings } from '../src/fleet/types.ts'
import { createRouter } from '../src/routing/create-router.ts'
import type { RouterSpec } from '../src/routing/router-spec.ts'
import { plainRequest, type TokenContent, type WorkloadRequest } from '../src/workload/request.ts'

export interface ParityWorld {
  readonly name: string
  /** Pool sizes: replicas that serve, or those that prefill and decode. */
  readonly replicas: number | readonly [prefill: number, decode: number]
  readonly router: RouterSpec
  readonly rules: SchedulerRules
  readonly engine?: Partial<EngineSettings>
}

const vllm: SchedulerRules = { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 }
const sglang: SchedulerRules = { engine: 'sglang', policy: 'lpm', conservativeness: 0.3, mixedChunk: false }

export const parityWorlds: readonly ParityWorld[] = [
  { name: 'vLLM, prefix-aware', replicas: 3, router: { kind: 'prefix-aware' }, rules: vllm },
  { name: 'vLLM, KV-aware by events', replicas: 3, router: { kind: 'kv-aware' }, rules: vllm },
  { name: 'SGLang, prefix-aware', replicas: 3, router: { kind: 'prefix-aware' }, rules: sglang },
  { name: 'SGLang, KV-aware by events', replicas: 3, router: { kind: 'kv-aware' }, rules: sglang },
  {
    name: 'TensorRT-LLM, two choices',
    replicas: 3,
    router: { kind: 'two-choices' },
    rules: { engine: 'trtllm', policy: 'max-utilization', chunkedContext: true },
  },
  {
    name: 'vLLM, priorities, speculation, two ranks',
    replicas: 2,
    router: { kind: 'weighted' },
    rules: { ...vllm, policy: 'priority' },
    engine: { ranks: 2, speculation: { draftTokens: 3, tokensPerStep: 2.3 } },
  },
  {
    name: 'vLLM, host memory below the cache',
    replicas: 3,
    router: { kind: 'kv-aware' },
    rules: vllm,
    engine: {
      tiers: [
        {
          tier: 'host',
          blocksPerRank: 150,
          blockBytes: 2e6,
          readBytesPerSecond: 2e9,
          writeBytesPerSecond: 2e9,
        },
      ],
    },
  },
  { name: 'SGLang, prefill and decode pools', replicas: [2, 2], router: { kind: 'kv-aware' }, rules: sglang },
]

/** The fleet of a world; all its state is its own, so that two of them can run the same trace. */
export function parityFleet(world: ParityWorld, skipEvents: boolean): FleetSettings {
  const random = new RandomSource('parity')
  const [first, second] = typeof world.replicas === 'number' ? [world.replicas, 0] : world.replicas
  return {
    pools:
      second === 0
        ? [pool(world, 'serve', first, skipEvents)]
        : [pool(world, 'prefill', first, skipEvents), pool(world, 'decode', second, skipEvents)],
    router: createRouter(world.router, random, 'router'),
    decodeRouter: second === 0 ? null : createRouter(world.router, random, 'decode-router'),
    seed: 'parity',
  }
}

function pool(
  world: ParityWorld,
  role: PoolSettings['role'],
  replicas: number,
  skipEvents: boolean,
): PoolSettings {
  return {
    name: role,
    role,
    engine: {
      rules: world.rules,
      ranks: 1,
      pipelineStages: 1,
      blocksPerRank: 90,
      blockTokens: 16,
      tokenBudget: 512,
      maximumSequences: 12,
      maximumContextTokens: 1200,
      maximumWaiting: Number.POSITIVE_INFINITY,
      prefixCaching: true,
      tiers: [],
      speculation: null,
      ...world.engine,
      skipEvents,
      cacheEvents: true,
    },
    // Times that are no whole microseconds and grow along a run, so that rounding would show.
    timer: () =>
      linearTimer({
        stepSeconds: 0.0041357,
        promptTokenSeconds: 3.313e-5,
        sequenceSeconds: 1.117e-4,
        contextTokenSeconds: 7.7e-7,
        busyWatts: 700,
        idleWatts: 90,
        ingressSeconds: 0.00137,
        firstTokenLagSteps: 0,
      }),
    replicas,
    devicesPerReplica: 1,
    usdPerReplicaHour: 2,
    startupSeconds: 10,
    cacheBytesPerToken: 2e5,
    linkBytesPerSecond: 2e10,
    handoffSeconds: 0.003,
  }
}

const tokensPerBlock = 16
const families = 12
const sharedBlocks = 8

/** `count` requests in bursts; two thirds begin like others of their family, one third like nobody. */
export function parityTrace(
  count: number,
  model: string,
  startUs: number,
  seed = 'parity',
): WorkloadRequest[] {
  const random = new RandomSource(seed).stream('trace')
  const requests: WorkloadRequest[] = []
  let arrivalUs = startUs
  let nextBlock = families * sharedBlocks
  for (let id = 0; id < count; id++) {
    // Bursts of ten, some of them at one moment.
    arrivalUs += Math.round(random.exponential() * (id % 10 === 0 ? 250_000 : 9_000) * (id % 4 === 0 ? 0 : 1))
    const inputTokens = 40 + random.integer(360)
    const outputTokens = 1 + Math.min(300, Math.round(random.exponential() * 60))
    const family = random.uniform() < 0.67 ? random.integer(families) : -1
    const content = contentOf(family, inputTokens + outputTokens, () => nextBlock++)
    requests.push({
      ...plainRequest,
      id,
      arrivalUs,
      inputTokens,
      outputTokens,
      content,
      model,
      priority: random.integer(3) - 1,
    })
  }
  return requests
}

function contentOf(family: number, tokens: number, fresh: () => number): TokenContent {
  const blockIds: number[] = []
  for (let block = 0; block * tokensPerBlock < tokens; block++)
    blockIds.push(family >= 0 && block < sharedBlocks ? family * sharedBlocks + block : fresh())
  return { tokensPerBlock, blockIds }
}
