/** A seed → a small cluster of any kind: pools, engine rules, caches of few blocks, tiers, speculation, routers. */
import type { RandomSource, RandomStream } from '../../src/core/random.ts'
import type { EngineSettings, SchedulerRules, TierSettings } from '../../src/engine/settings.ts'
import { linearTimer } from '../../src/engine/timers/linear-timer.ts'
import type { FleetSettings, PoolSettings } from '../../src/fleet/types.ts'
import { randomRouter } from './random-router.ts'

export function pick<T>(random: RandomStream, values: readonly T[]): T {
  return values[random.integer(values.length)]!
}

/** Whole number in [low, high]. */
export function between(random: RandomStream, low: number, high: number): number {
  return low + random.integer(high - low + 1)
}

export function randomCluster(source: RandomSource): FleetSettings {
  const random = source.stream('cluster')
  const kind = random.uniform()
  // Few replicas with little cache: preemptions.
  const crowded = random.uniform() < 0.5
  const pools: PoolSettings[] = []
  if (kind < 0.7)
    for (let index = between(random, 1, 2); index > 0; index--)
      pools.push(randomPool(random, `serve-${index}`, 'serve', crowded))
  if (kind >= 0.6) {
    for (let index = between(random, 1, 2); index > 0; index--)
      pools.push(randomPool(random, `prefill-${index}`, 'prefill', crowded))
    for (let index = between(random, 1, 2); index > 0; index--)
      pools.push(randomPool(random, `decode-${index}`, 'decode', crowded))
  }
  return {
    pools,
    router: randomRouter(source, 'router'),
    decodeRouter: random.uniform() < 0.5 ? null : randomRouter(source, 'decode-router'),
    seed: source.seed,
    retryAfterCrash: random.uniform() < 0.5,
    firstTokenAfter: pick(random, ['decode', 'transfer', 'prefill'] as const),
  }
}

function randomPool(
  random: RandomStream,
  name: string,
  role: PoolSettings['role'],
  crowded: boolean,
): PoolSettings {
  const times = {
    stepSeconds: pick(random, [0.001, 0.005, 0.02]),
    promptTokenSeconds: pick(random, [0, 2e-5, 3e-4]),
    sequenceSeconds: pick(random, [0, 1e-4]),
    contextTokenSeconds: pick(random, [0, 1e-6]),
    busyWatts: 700,
    idleWatts: pick(random, [0, 90]),
    ingressSeconds: pick(random, [0, 0, 0.0007, 0.03]),
    firstTokenLagSteps: pick(random, [0, 0, 1, 2.5]),
  }
  return {
    name,
    role,
    engine: randomEngine(random, crowded),
    timer: () => linearTimer(times),
    replicas: crowded ? 1 : between(random, 1, 4),
    devicesPerReplica: pick(random, [1, 8]),
    usdPerReplicaHour: pick(random, [0, 2.5, 31.2]),
    startupSeconds: pick(random, [0, 0.2, 1.5]),
    cacheBytesPerToken: pick(random, [0, 1000, 320_000]),
    linkBytesPerSecond: pick(random, [1e6, 5e7, 5e10]),
    handoffSeconds: pick(random, [0, 0.004]),
  }
}

function randomEngine(random: RandomStream, crowded: boolean): EngineSettings {
  const blockTokens = pick(random, [1, 4, 16])
  const blocksPerRank = Math.ceil(between(random, 40, crowded ? 130 : 400) / blockTokens)
  return {
    rules: randomRules(random),
    ranks: pick(random, [1, 1, 2, 3]),
    pipelineStages: pick(random, [1, 1, 2]),
    blocksPerRank,
    blockTokens,
    tokenBudget: between(random, 16, 200),
    maximumSequences: pick(random, [1, 3, 8, 8]),
    maximumContextTokens: pick(random, [150, 1000]),
    maximumWaiting: pick(random, [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 2]),
    prefixCaching: random.uniform() < 0.8,
    tiers: randomTiers(random),
    speculation:
      random.uniform() < 0.7 ? null : { draftTokens: 3, tokensPerStep: pick(random, [1, 1.7, 2.4, 4]) },
    skipEvents: random.uniform() < 0.7,
    cacheEvents: random.uniform() < 0.5,
  }
}

function randomRules(random: RandomStream): SchedulerRules {
  switch (between(random, 0, 2)) {
    case 0:
      return {
        engine: 'vllm',
        policy: pick(random, ['fcfs', 'priority'] as const),
        longPrefillTokenThreshold: pick(random, [0, 24]),
      }
    case 1:
      return {
        engine: 'sglang',
        policy: pick(random, ['fcfs', 'lpm'] as const),
        conservativeness: pick(random, [0.1, 1]),
        mixedChunk: random.uniform() < 0.5,
      }
    default:
      return {
        engine: 'trtllm',
        policy: pick(random, ['guaranteed-no-evict', 'max-utilization'] as const),
        chunkedContext: random.uniform() < 0.7,
      }
  }
}

function randomTiers(random: RandomStream): TierSettings[] {
  const tier = (name: TierSettings['tier']): TierSettings => ({
    tier: name,
    blocksPerRank: between(random, 3, 60),
    readBytesPerSecond: pick(random, [1e6, 1e9]),
    writeBytesPerSecond: pick(random, [1e6, 1e9]),
    blockBytes: 10_000,
  })
  const kind = random.uniform()
  if (kind < 0.6) return []
  return kind < 0.85 ? [tier('host')] : [tier('host'), tier('disk')]
}
