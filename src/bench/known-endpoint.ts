/**
 * An endpoint whose timings are known: the emulator with steps of constant length and a log of when every token was handed
 * to the socket. What a load generator reports of it can be compared with the truth, on the machine on which it measures.
 */

import { RandomSource } from '../core/random.ts'
import { createTelemetry, defaultEmulatorSettings, type Emulator, startEmulator } from '../emulate/index.ts'
import type { EngineSettings } from '../engine/settings.ts'
import { constantTimes, linearTimer } from '../engine/timers/linear-timer.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { FleetSettings } from '../fleet/types.ts'
import { createRouter } from '../routing/create-router.ts'

export interface KnownEndpointSettings {
  /** Seconds of a step: every sequence gets a token in each. */
  readonly stepSeconds: number
  /** Sequences that fit into a step; more wait. */
  readonly maximumSequences: number
  /** Written when it closes; null: none. */
  readonly truthLog: string | null
  readonly port?: number
}

export const knownModel = 'known-timings'

/** vLLM's rules with room for everything: nothing but the step decides when a token comes. */
function knownEngine(maximumSequences: number): EngineSettings {
  return {
    rules: { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 },
    ranks: 1,
    pipelineStages: 1,
    blocksPerRank: 4_000_000,
    blockTokens: 16,
    tokenBudget: 1_000_000,
    maximumSequences,
    maximumContextTokens: 1_000_000,
    maximumWaiting: Number.POSITIVE_INFINITY,
    prefixCaching: true,
    tiers: [],
    speculation: null,
    skipEvents: false,
    cacheEvents: false,
  }
}

/** Starts it on a free port unless one is given. */
export function startKnownEndpoint(settings: KnownEndpointSettings): Promise<Emulator> {
  const engine = knownEngine(settings.maximumSequences)
  const timer = () =>
    linearTimer({ ...constantTimes, stepSeconds: settings.stepSeconds, busyWatts: 500, idleWatts: 100 })
  const fleetSettings: FleetSettings = {
    pools: [
      {
        name: 'serve',
        role: 'serve',
        engine,
        timer,
        replicas: 1,
        devicesPerReplica: 1,
        usdPerReplicaHour: 1,
        startupSeconds: 0,
        cacheBytesPerToken: 0,
        linkBytesPerSecond: 1e9,
        handoffSeconds: 0,
      },
    ],
    router: createRouter({ kind: 'least-loaded' }, new RandomSource('known-endpoint')),
    decodeRouter: null,
    seed: 1,
  }
  const fleet = createFleet(fleetSettings)
  return startEmulator({
    ...defaultEmulatorSettings,
    port: settings.port ?? 0,
    truthLog: settings.truthLog,
    models: [
      {
        id: knownModel,
        aliases: [],
        fleet,
        maximumContextTokens: 1_000_000,
        meanOutputTokens: null,
        telemetry: ({ epochSeconds, fleet: driven }) =>
          createTelemetry({
            fleet: driven,
            pools: [
              {
                name: 'serve',
                role: 'serve',
                modelName: knownModel,
                engine,
                devicesPerReplica: 1,
                idleWatts: 100,
                device: { modelName: 'none', memoryBytes: null, usedBytes: null },
                cacheLabels: {},
              },
            ],
            dialect: null,
            legacyNames: false,
            epochSeconds,
            hostname: 'localhost',
            cacheEvents: null,
          }),
        autoscaler: null,
        observer: null,
      },
    ],
  })
}
