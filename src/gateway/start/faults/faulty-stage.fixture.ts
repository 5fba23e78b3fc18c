/** What a fault run plays on: emulators that break, and a gateway before them. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type RunningEmulator,
  startTestEmulator,
  testFleet,
  testModel,
} from '../../../emulate/emulator.fixture.ts'
import type { Fault } from '../../../fleet/types.ts'
import { readGatewayConfig, shippedFacts } from '../../config/index.ts'
import type { LedgerEvent } from '../../ledger/index.ts'
import type { RequestSummary } from '../../observe/index.ts'
import { type Gateway, startGateway } from '../start-gateway.ts'
import { faultApis, httpFaults } from './fault-clients.fixture.ts'

/** Each emulator breaks attempts by itself too, so that further attempts may succeed. */
const ownFaultRate = 0.15
/** Between two faults of engines, ms. */
const engineFaultEveryMs = 120
const modelName = 'test-model'

export interface StagedGateway {
  readonly gateway: Gateway
  readonly url: string
  readonly summaries: readonly RequestSummary[]
  readonly notices: readonly { readonly event: string; readonly fields: object }[]
  /** Everything in the ledger, when all requests are over. */
  events(): Promise<readonly LedgerEvent[]>
  close(): Promise<void>
}

/** Two deployments and an offer, a model for each API, a budget that nobody reaches. */
export async function startStagedGateway(emulators: readonly RunningEmulator[]): Promise<StagedGateway> {
  const summaries: RequestSummary[] = []
  const notices: { event: string; fields: object }[] = []
  const gateway = await startGateway({
    config: readGatewayConfig(configuration(emulators), {
      where: 'faults',
      environment: {},
      facts: shippedFacts,
    }),
    source: '/nowhere/gateway.yaml',
    version: '0.0.0',
    book: shippedFacts.priceBook(),
    seed: 'faults',
    log: { requestEnded: summary => summaries.push(summary) },
    onNotice: (_level, event, fields) => notices.push({ event, fields }),
  })
  return {
    gateway,
    url: gateway.url,
    summaries,
    notices,
    async events() {
      const until = performance.now() + longestEndMs
      while ((gateway.inFlight > 0 || gateway.ledgerWaiting > 0) && performance.now() < until) await sleep(10)
      return (await gateway.ledger.scan(0, 10_000_000)).map(({ event }) => event)
    },
    close: () => gateway.close(1000),
  }
}

/** After the last client has its answer, for requests that are read on. */
const longestEndMs = 15_000

export function startFaultyEmulator(seed: string): Promise<RunningEmulator> {
  return startTestEmulator({
    models: [testModel(modelName, testFleet({ replicas: 2, fleet: { seed } }))],
    seed,
    faultRates: httpFaults.map(fault => ({ fault, rate: ownFaultRate / httpFaults.length })),
    transcriptionSpeed: 10,
  })
}

function configuration(emulators: readonly RunningEmulator[]): Record<string, unknown> {
  const passHeaders = ['x-tokenwright-fault']
  const deployment = (index: number): object => ({
    replicas: [{ name: 'r0', url: emulators[index]!.url, metrics: false }],
    upstreamModel: modelName,
    passHeaders,
    cost: { usdPerReplicaHour: 3.6 },
    capacity: 12,
  })
  return {
    listen: { port: 0 },
    control: { port: 0 },
    ledger: { kind: 'memory' },
    deployments: { a: deployment(0), b: deployment(1) },
    offers: {
      c: {
        url: emulators[2]!.url,
        upstreamModel: modelName,
        apiKey: 'none',
        passHeaders,
        price: { uncachedInput: '0.137', cachedInput: '0.011', output: '1.93' },
      },
    },
    // One alias an API, so that the ledger tells them apart.
    models: Object.fromEntries(
      faultApis.map(api => [
        api,
        {
          candidates: ['a', 'b', 'c'],
          policy: 'least-loaded',
          attempts: {
            firstTokenTimeoutMs: 1000,
            gapTimeoutMs: 500,
            totalTimeoutMs: 4000,
            cooldownAfter: 20,
            cooldownSeconds: 0.1,
            longestCooldownSeconds: 0.2,
          },
        },
      ]),
    ),
    tenants: { anonymous: { limits: [{ per: 'month', usd: 1_000_000 }] } },
    limits: { drainSeconds: 1 },
    sampledDecisions: 0.5,
  }
}

export function breakEngines(
  emulators: readonly RunningEmulator[],
  random: { uniform(): number; integer(most: number): number },
) {
  let faults = 0
  const timer = setInterval(() => {
    const replica = random.integer(2)
    const kinds: readonly Fault[] = [
      { kind: 'crash', replica, downSeconds: 2 },
      { kind: 'slow', replica, factor: 4, seconds: 3 },
      { kind: 'stall', replica, seconds: 2 },
    ]
    faults++
    const fault = kinds[random.integer(kinds.length)]!
    emulators[random.integer(emulators.length)]!.apply(modelName, { kind: 'fault', fault })
  }, engineFaultEveryMs)
  return {
    stop(): number {
      clearInterval(timer)
      return faults
    },
  }
}
