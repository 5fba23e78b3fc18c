/** Metrics and KV events of the emulator as flags state them. */
import type { FactsCatalog } from '../catalog/index.ts'
import { findAccelerator } from '../catalog/index.ts'
import { present } from '../core/assert.ts'
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { parseCount } from '../core/parse-quantity.ts'
import {
  type CacheEventFormatName,
  cacheEventFormats,
  createTelemetry,
  type Dialect,
  defaultCacheEventSettings,
  type EmulatedModel,
  type PoolTelemetry,
} from '../emulate/index.ts'
import { offsetEndpoint } from '../emulate/telemetry/cache-event-publisher.ts'
import type { PoolSettings } from '../fleet/types.ts'
import { poolsOf } from '../report/describe-deployment.ts'
import type { EmulateFlags } from './emulate-flags.ts'
import type { SimulationQuestion } from './simulate-question.ts'

/** Side channels, read from flags once for all deployments. */
export interface SideChannels {
  readonly dialect: Dialect | null
  readonly oldNames: boolean
  /** Null: no KV events. */
  readonly cacheEvents: CacheEventPlan | null
}

export interface CacheEventPlan {
  readonly endpoint: string
  readonly replayEndpoint: string | null
  readonly topic: string
  readonly pod: string
  /** Null: that of the engine. */
  readonly format: CacheEventFormatName | null
  readonly bufferSteps: number
  readonly hashSeed: number
}

/** Ports of the replicas of several deployments must not meet: the next one begins so many ports later. */
export const portsPerDeployment = 100

/** Null with --no-metrics. */
export function sideChannels(flags: EmulateFlags): SideChannels | null {
  const cacheEvents = cacheEventPlan(flags)
  if (flags.metrics)
    return { dialect: dialectOf(flags.metricNames), oldNames: flags.oldMetricNames ?? false, cacheEvents }
  const other =
    cacheEvents !== null
      ? '--kv-events-endpoint'
      : flags.metricNames !== undefined
        ? '--metric-names'
        : flags.oldMetricNames === true
          ? '--old-metric-names'
          : null
  if (other === null) return null
  throw new TokenwrightError('usage', `--no-metrics and ${other} contradict each other`, {
    where: '--no-metrics',
    fix: 'drop one of them',
  })
}

const dialects = ['vllm', 'sglang', 'trtllm'] as const

function dialectOf(text: string | undefined): Dialect | null {
  if (text === undefined) return null
  return oneOf(text, dialects, '--metric-names', 'names of metrics')
}

function oneOf<Name extends string>(text: string, names: readonly Name[], where: string, what: string): Name {
  const found = names.find(name => name === text)
  if (found !== undefined) return found
  const [near] = nearestNames(text, names, 1)
  throw new TokenwrightError('usage', `"${text}" is no known form of ${what}`, {
    where,
    fix: `${near === undefined ? '' : `did you mean ${near}? `}take one of ${names.join(', ')}`,
  })
}

const dependent = [
  'kvEventsReplayEndpoint',
  'kvEventsTopic',
  'kvEventsPod',
  'kvEventsFormat',
  'kvEventsBuffer',
  'kvEventsHashSeed',
] as const satisfies readonly (keyof EmulateFlags)[]

function cacheEventPlan(flags: EmulateFlags): CacheEventPlan | null {
  if (flags.kvEventsEndpoint === undefined) {
    const lonely = dependent.find(flag => flags[flag] !== undefined)
    if (lonely === undefined) return null
    const name = `--${lonely.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
    throw new TokenwrightError('usage', `${name} says nothing without --kv-events-endpoint`, {
      where: name,
      fix: 'add --kv-events-endpoint tcp://*:5557',
    })
  }
  const standard = defaultCacheEventSettings
  const names = Object.keys(cacheEventFormats) as CacheEventFormatName[]
  return {
    endpoint: endpointOf(flags.kvEventsEndpoint, '--kv-events-endpoint'),
    replayEndpoint:
      flags.kvEventsReplayEndpoint === undefined
        ? standard.replayEndpoint
        : endpointOf(flags.kvEventsReplayEndpoint, '--kv-events-replay-endpoint'),
    topic: flags.kvEventsTopic ?? standard.topic,
    pod: flags.kvEventsPod ?? standard.pod,
    format:
      flags.kvEventsFormat === undefined
        ? null
        : oneOf(flags.kvEventsFormat, names, '--kv-events-format', 'KV events'),
    bufferSteps:
      flags.kvEventsBuffer === undefined
        ? standard.bufferSteps
        : parseCount(flags.kvEventsBuffer, '--kv-events-buffer'),
    hashSeed:
      flags.kvEventsHashSeed === undefined
        ? standard.hashSeed
        : parseCount(flags.kvEventsHashSeed, '--kv-events-hash-seed', { minimum: 0 }),
  }
}

function endpointOf(text: string, where: string): string {
  const port = /^tcp:\/\/.+:(\d+)$/.exec(text)?.[1]
  if ((port !== undefined && Number(port) <= 65_535) || /^(ipc|inproc):\/\/.+/.test(text)) return text
  throw new TokenwrightError('usage', `"${text}" is no endpoint of ZeroMQ`, {
    where,
    fix: 'write for example tcp://*:5557 to listen, or ipc:///tmp/kv-events',
  })
}

/** What opens the side channels of one deployment's fleet; `place` is its number among them. */
export function telemetryOf(
  channels: SideChannels,
  question: SimulationQuestion,
  catalog: FactsCatalog,
  pools: readonly PoolSettings[],
  names: { readonly id: string; readonly place: number },
  onFault: (error: unknown) => void,
): NonNullable<EmulatedModel['telemetry']> {
  const described = pools.map((pool, index) => poolTelemetry(question, catalog, pool, index, names.id))
  const { cacheEvents } = channels
  return context =>
    createTelemetry(
      {
        fleet: context.fleet,
        pools: described,
        dialect: channels.dialect,
        legacyNames: channels.oldNames,
        epochSeconds: context.epochSeconds,
        hostname: names.place === 0 ? 'emulated' : `emulated-${names.place}`,
        cacheEvents:
          cacheEvents === null
            ? null
            : {
                ...defaultCacheEventSettings,
                ...cacheEvents,
                endpoint: offsetEndpoint(cacheEvents.endpoint, names.place * portsPerDeployment),
                replayEndpoint:
                  cacheEvents.replayEndpoint === null
                    ? null
                    : offsetEndpoint(cacheEvents.replayEndpoint, names.place * portsPerDeployment),
                format: cacheEventFormats[cacheEvents.format ?? defaultFormat(question)],
                tokensOf: context.tokensOf,
              },
      },
      0,
      onFault,
    )
}

/** TensorRT-LLM tells its events otherwise (over HTTP): whoever asks for ZeroMQ gets vLLM's. */
function defaultFormat({ deployment }: SimulationQuestion): CacheEventFormatName {
  return deployment.engine === 'sglang' ? 'sglang-maps' : 'vllm-0.24'
}

function poolTelemetry(
  { deployment }: SimulationQuestion,
  catalog: FactsCatalog,
  pool: PoolSettings,
  index: number,
  modelName: string,
): PoolTelemetry {
  const planned = present(poolsOf(deployment)[index], 'pools are in the order of the deployment')
  const device = findAccelerator(catalog, planned.acceleratorId)
  return {
    name: pool.name,
    role: pool.role,
    modelName,
    engine: pool.engine,
    devicesPerReplica: pool.devicesPerReplica,
    idleWatts: pool.timer().idleWatts,
    device: {
      modelName: `${device.vendor} ${device.name}`,
      memoryBytes: device.memoryBytes,
      // The twin knows weights and cache of a rank, not what libraries hold.
      usedBytes: null,
    },
    cacheLabels: { cache_dtype: deployment.precision.keyValueCache },
  }
}
