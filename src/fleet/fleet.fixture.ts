/** Small fleets with round times: steps of 10 ms, front ends without delay, whatever a test does not change. */
import type { EngineSettings } from '../engine/settings.ts'
import type { StepTimer } from '../engine/types.ts'
import type { RequestRecord } from '../metrics/record.ts'
import type { CandidateState, Router, RoutingDecision } from '../routing/types.ts'
import { plainRequest, type WorkloadRequest } from '../workload/request.ts'
import type { Fleet, FleetEvent, FleetInput, FleetSettings, PoolSettings } from './types.ts'

export const stepUs = 10_000

export function constantTimer(overrides: Partial<StepTimer> = {}): StepTimer {
  return {
    step: (_ranks, out) => {
      out.seconds = stepUs / 1e6
      out.joules = 5
    },
    idleWatts: 100,
    ingressSeconds: () => 0,
    firstTokenLagSteps: 0,
    ...overrides,
  }
}

export function engineSettings(overrides: Partial<EngineSettings> = {}): EngineSettings {
  return {
    rules: { engine: 'vllm', policy: 'fcfs', longPrefillTokenThreshold: 0 },
    ranks: 1,
    pipelineStages: 1,
    blocksPerRank: 1000,
    blockTokens: 16,
    tokenBudget: 2048,
    maximumSequences: 8,
    maximumContextTokens: 8192,
    maximumWaiting: Number.POSITIVE_INFINITY,
    prefixCaching: true,
    tiers: [],
    speculation: null,
    skipEvents: true,
    cacheEvents: false,
    ...overrides,
  }
}

export function pool(overrides: Partial<PoolSettings> = {}): PoolSettings {
  return {
    name: 'pool',
    role: 'serve',
    engine: engineSettings(),
    timer: () => constantTimer(),
    replicas: 1,
    devicesPerReplica: 1,
    usdPerReplicaHour: 3.6,
    startupSeconds: 60,
    cacheBytesPerToken: 1000,
    linkBytesPerSecond: 10e6,
    handoffSeconds: 0,
    ...overrides,
  }
}

export type Choice = (
  request: WorkloadRequest,
  candidates: readonly CandidateState[],
  nowUs: number,
) => RoutingDecision

/** Remembers what it was told. */
export interface TestRouter extends Router {
  readonly heard: string[]
}

/** The ready candidate with the fewest requests, the first of equals; rejects when none is ready. */
export function leastLoaded(_: WorkloadRequest, candidates: readonly CandidateState[]): RoutingDecision {
  let best: CandidateState | null = null
  for (const candidate of candidates) {
    if (!candidate.ready) continue
    if (best === null || candidate.waiting + candidate.running < best.waiting + best.running) best = candidate
  }
  if (best === null) return { kind: 'reject', reason: 'no-candidate', retryAfterSeconds: 1 }
  return { kind: 'send', candidateId: best.id, expectedCachedTokens: 0 }
}

export function testRouter(choose: Choice = leastLoaded): TestRouter {
  const heard: string[] = []
  return {
    heard,
    route: (nowUs, request, candidates) => choose(request, candidates, nowUs),
    sent: (_, { id }, candidate) => heard.push(`sent ${id} ${candidate}`),
    firstToken: (_, id, candidate) => heard.push(`first ${id} ${candidate}`),
    ended: (_, id, candidate) => heard.push(`ended ${id} ${candidate}`),
    cacheChanged: (candidate, { kind }) => heard.push(`${kind} ${candidate}`),
    removed: candidate => heard.push(`removed ${candidate}`),
  }
}

export function fleetSettings(overrides: Partial<FleetSettings> = {}): FleetSettings {
  return { pools: [pool()], router: testRouter(), decodeRouter: null, seed: 1, ...overrides }
}

/** A prefill replica and a decode replica, and settings of both. */
export function pairOfPools(overrides: Partial<PoolSettings> = {}): PoolSettings[] {
  return [
    pool({ ...overrides, name: 'prefill', role: 'prefill' }),
    pool({ ...overrides, name: 'decode', role: 'decode' }),
  ]
}

let nextId = 0

export function request(overrides: Partial<WorkloadRequest> = {}): WorkloadRequest {
  return { ...plainRequest, id: nextId++, arrivalUs: 0, inputTokens: 100, outputTokens: 5, ...overrides }
}

/** Drives a fleet by hand: inputs at their times, invariants after every event. */
export class Stage {
  readonly fleet: Fleet
  readonly events: FleetEvent[] = []

  constructor(fleet: Fleet) {
    this.fleet = fleet
  }

  /** Everything that is due before nowUs happens, then the input. */
  give(nowUs: number, input: FleetInput): this {
    this.until(nowUs - 1)
    this.fleet.accept(nowUs, input, this.events)
    this.fleet.checkInvariants()
    return this
  }

  submit(nowUs: number, wanted: WorkloadRequest): this {
    return this.give(nowUs, { kind: 'submit', request: wanted })
  }

  until(limitUs: number): this {
    for (;;) {
      const nextUs = this.fleet.nextUs()
      if (nextUs > limitUs || nextUs === Number.POSITIVE_INFINITY) return this
      this.fleet.wake(nextUs, this.events)
      this.fleet.checkInvariants()
    }
  }

  /** Until nothing is left to happen. */
  finish(): this {
    return this.until(Number.POSITIVE_INFINITY)
  }

  record(id: number): RequestRecord {
    const found = this.events.filter(event => event.kind === 'ended' && event.record.id === id)
    if (found.length !== 1) throw new Error(`request ${id} ended ${found.length} times`)
    return (found[0] as Extract<FleetEvent, { kind: 'ended' }>).record
  }

  records(): RequestRecord[] {
    return this.events.flatMap(event => (event.kind === 'ended' ? [event.record] : []))
  }

  ofKind<Kind extends FleetEvent['kind']>(kind: Kind): Extract<FleetEvent, { kind: Kind }>[] {
    return this.events.filter(event => event.kind === kind) as Extract<FleetEvent, { kind: Kind }>[]
  }
}
