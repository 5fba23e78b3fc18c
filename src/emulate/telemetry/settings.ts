/** What telemetry must be told beside the fleet's events. */
import type { EngineSettings, SchedulerRules } from '../../engine/settings.ts'
import type { Fleet } from '../../fleet/types.ts'
import type { CacheEventSettings } from './cache-event-settings.ts'
import type { Labels } from './exposition.ts'

export interface TelemetrySettings {
  /** Read when text is asked for: who is there, and what waits and runs. */
  readonly fleet: Pick<Fleet, 'replicas'>
  readonly pools: readonly PoolTelemetry[]
  /** Whose metric names; null: of the engine whose rules the pool follows. */
  readonly dialect: Dialect | null
  /** vLLM's names from before 0.11 beside the new ones: gpu_cache_usage_perc, time_per_output_token_seconds … */
  readonly legacyNames: boolean
  /** Wall clock at µs 0 of the run, seconds since 1970: for time stamps and process_start_time_seconds. */
  readonly epochSeconds: number
  /** Hostname of the devices is this, a hyphen and the replica. */
  readonly hostname: string
  /** null: KV events are off. */
  readonly cacheEvents: CacheEventSettings | null
}

export type Dialect = SchedulerRules['engine']

/** A pool of the fleet, by its name there. */
export interface PoolTelemetry {
  readonly name: string
  readonly role: 'serve' | 'prefill' | 'decode'
  /** --served-model-name. */
  readonly modelName: string
  readonly engine: EngineSettings
  readonly devicesPerReplica: number
  /** All devices of a replica between steps, watts: the timer's idleWatts. */
  readonly idleWatts: number
  readonly device: DeviceTelemetry
  /** Further labels of vllm:cache_config_info (cache_dtype, gpu_memory_utilization …): only what is known. */
  readonly cacheLabels: Labels
}

export interface DeviceTelemetry {
  /** As nvidia-smi writes it: NVIDIA H200. */
  readonly modelName: string
  /** Memory of one device and what the engine holds of it, bytes; null: unknown, and its metrics are left out. */
  readonly memoryBytes: number | null
  readonly usedBytes: number | null
}

/** What a client asked for, where the workload's request does not say it. */
export interface RequestParameters {
  /** max_tokens; null when the client left it out. */
  readonly maximumTokens: number | null
  readonly choices: number
  /** How it ends when it is served: by its limit, or by an end token or stop string. */
  readonly finish: 'length' | 'stop'
}
