/** An emulator over a small fleet with constant step times, for tests and the benchmark. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineSettings } from '../engine/settings.ts'
import { constantTimes, type LinearTimes, linearTimer } from '../engine/timers/linear-timer.ts'
import { createFleet } from '../fleet/fleet.ts'
import type { Fleet, FleetSettings } from '../fleet/types.ts'
import type { Router } from '../routing/types.ts'
import { defaultEmulatorSettings, type EmulatedModel, type EmulatorSettings } from './settings.ts'
import { type Emulator, startEmulator } from './start-emulator.ts'
import type { Dialect } from './telemetry/settings.ts'
import { createTelemetry } from './telemetry/telemetry.ts'
import type { TruthEnd, TruthHeader, TruthRecord } from './truth-record.ts'

export const testEngine: EngineSettings = {
  rules: { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 },
  ranks: 1,
  pipelineStages: 1,
  blocksPerRank: 20_000,
  blockTokens: 16,
  tokenBudget: 8192,
  maximumSequences: 256,
  maximumContextTokens: 32_768,
  maximumWaiting: Number.POSITIVE_INFINITY,
  prefixCaching: true,
  tiers: [],
  speculation: null,
  skipEvents: false,
  cacheEvents: false,
}

/** Fewest requests; ties to the lower id. */
export function leastLoadedRouter(): Router {
  return {
    route(_nowUs, _request, candidates) {
      let best = null
      for (const candidate of candidates) {
        if (!candidate.ready) continue
        const load = candidate.waiting + candidate.running
        if (best === null || load < best.load) best = { id: candidate.id, load }
      }
      if (best === null) return { kind: 'reject', reason: 'no-candidate', retryAfterSeconds: 3 }
      return { kind: 'send', candidateId: best.id, expectedCachedTokens: 0 }
    },
    sent() {},
    firstToken() {},
    ended() {},
    cacheChanged() {},
    removed() {},
  }
}

export interface TestFleet {
  readonly replicas?: number
  readonly times?: Partial<LinearTimes>
  readonly engine?: Partial<EngineSettings>
  readonly fleet?: Partial<FleetSettings>
}

/** Steps of 10 ms and 0.1 ms a prompt token unless told otherwise. */
export function testFleet(options: TestFleet = {}): Fleet {
  return createFleet({
    pools: [
      {
        name: 'serve',
        role: 'serve',
        engine: { ...testEngine, ...options.engine },
        timer: () =>
          linearTimer({
            ...constantTimes,
            promptTokenSeconds: 1e-4,
            busyWatts: 500,
            idleWatts: 100,
            ...options.times,
          }),
        replicas: options.replicas ?? 1,
        devicesPerReplica: 1,
        usdPerReplicaHour: 2,
        startupSeconds: 1,
        cacheBytesPerToken: 0,
        linkBytesPerSecond: 1e9,
        handoffSeconds: 0,
      },
    ],
    router: leastLoadedRouter(),
    decodeRouter: null,
    seed: 1,
    ...options.fleet,
  })
}

export function testModel(id: string, fleet: Fleet, rest: Partial<EmulatedModel> = {}): EmulatedModel {
  return {
    id,
    aliases: [],
    fleet,
    maximumContextTokens: 32_768,
    meanOutputTokens: null,
    telemetry: null,
    autoscaler: null,
    observer: null,
    ...rest,
  }
}

/** Metrics as an engine of that kind tells them. */
export function testTelemetry(fleet: Fleet, dialect: Dialect): NonNullable<EmulatedModel['telemetry']> {
  return ({ epochSeconds }) =>
    createTelemetry({
      fleet,
      pools: [
        {
          name: 'serve',
          role: 'serve',
          modelName: 'test-model',
          engine: testEngine,
          devicesPerReplica: 1,
          idleWatts: 100,
          device: { modelName: 'NVIDIA H200', memoryBytes: null, usedBytes: null },
          cacheLabels: {},
        },
      ],
      dialect,
      legacyNames: false,
      epochSeconds,
      hostname: 'node',
      cacheEvents: null,
    })
}

export interface RunningEmulator extends Emulator {
  /** Closes it and reads its truth log. */
  truth(): Promise<TruthLines>
}

export interface TruthLines {
  readonly header: TruthHeader
  readonly requests: readonly TruthRecord[]
  readonly end: TruthEnd
}

/** Ten times real time, on any free port, with a truth log in a temporary folder. */
export async function startTestEmulator(settings: Partial<EmulatorSettings> = {}): Promise<RunningEmulator> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-emulate-'))
  const truthLog = join(folder, 'truth.jsonl')
  const emulator = await startEmulator({
    ...defaultEmulatorSettings,
    models: [testModel('test-model', testFleet(), { aliases: ['alias'] })],
    port: 0,
    timeScale: 10,
    meanOutputTokens: 20,
    truthLog,
    onFault: error => {
      throw error
    },
    ...settings,
  })
  return Object.assign(Object.create(emulator) as Emulator, {
    async truth(): Promise<TruthLines> {
      await emulator.close()
      const lines = readFileSync(truthLog, 'utf8').trimEnd().split('\n')
      rmSync(folder, { recursive: true })
      const parsed = lines.map(line => JSON.parse(line) as TruthHeader | TruthRecord | TruthEnd)
      return {
        header: parsed[0] as TruthHeader,
        requests: parsed.slice(1, -1) as TruthRecord[],
        end: parsed.at(-1) as TruthEnd,
      }
    },
  })
}
