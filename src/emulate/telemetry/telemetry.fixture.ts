/** Telemetry of small fleets, driven in virtual time. */
import { createFleet } from '../../fleet/fleet.ts'
import type { FleetEvent, FleetInput, FleetSettings } from '../../fleet/types.ts'
import {
  type CacheEventSettings,
  cacheEventFormats,
  defaultCacheEventSettings,
} from './cache-event-settings.ts'
import type { RequestParameters, TelemetrySettings } from './settings.ts'
import { createTelemetry } from './telemetry.ts'

export const plainParameters: RequestParameters = { maximumTokens: 64, choices: 1, finish: 'length' }

/** Settings that say of each pool what the fleet's settings say. */
export function telemetrySettings(
  settings: FleetSettings,
  fleet: TelemetrySettings['fleet'],
  change: Partial<TelemetrySettings> = {},
): TelemetrySettings {
  return {
    fleet,
    pools: settings.pools.map(pool => ({
      name: pool.name,
      role: pool.role,
      modelName: 'org/model',
      engine: pool.engine,
      devicesPerReplica: pool.devicesPerReplica,
      idleWatts: pool.timer().idleWatts,
      device: { modelName: 'NVIDIA H200', memoryBytes: null, usedBytes: null },
      cacheLabels: { cache_dtype: 'auto' },
    })),
    dialect: null,
    legacyNames: false,
    epochSeconds: 1_700_000_000,
    hostname: 'node',
    cacheEvents: null,
    ...change,
  }
}

export function cacheEventSettings(
  folder: string,
  change: Partial<CacheEventSettings> = {},
): CacheEventSettings {
  return {
    ...defaultCacheEventSettings,
    endpoint: `ipc://${folder}/events`,
    replayEndpoint: `ipc://${folder}/replay`,
    format: cacheEventFormats['vllm-0.24'],
    tokensOf: (requestId, firstBlock, count, blockTokens) =>
      Array.from(
        { length: count * blockTokens },
        (_, index) => requestId * 100 + firstBlock * blockTokens + index,
      ),
    ...change,
  }
}

/** A fleet with its telemetry; every event is told to it as it happens, and kept. */
export async function openStage(settings: FleetSettings, change: Partial<TelemetrySettings> = {}) {
  const fleet = createFleet(settings)
  const telemetry = await createTelemetry(telemetrySettings(settings, fleet, change))
  const events: FleetEvent[] = []
  const tell = (out: readonly FleetEvent[]): void => {
    for (const event of out) telemetry.onFleetEvent(event)
    telemetry.flush()
    events.push(...out)
  }
  const until = (limitUs: number): void => {
    for (let nextUs = fleet.nextUs(); nextUs <= limitUs && nextUs !== Infinity; nextUs = fleet.nextUs()) {
      const out: FleetEvent[] = []
      fleet.wake(nextUs, out)
      tell(out)
    }
  }
  const give = (nowUs: number, input: FleetInput, parameters = plainParameters): void => {
    until(nowUs - 1)
    if (input.kind === 'submit') telemetry.onSubmit(input.request, parameters)
    const out: FleetEvent[] = []
    fleet.accept(nowUs, input, out)
    tell(out)
  }
  return { fleet, telemetry, events, until, give }
}
