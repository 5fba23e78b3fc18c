/**
 * The truth to judge the attribution by: a twin in virtual time, observed from inside (who had the engine, step by step) and
 * from outside (what a gateway sees). Time and joules of a step are shared as the emulator's truth log does it: prompts by
 * tokens computed, the rest equally among the sequences that decode.
 */
import { RandomSource } from '../../../core/random.ts'
import {
  createEnergyShares,
  decodeJoules,
  type EnergyMark,
  promptJoules,
} from '../../../emulate/energy-shares.ts'
import type { EngineEvent } from '../../../engine/types.ts'
import { createFleet } from '../../../fleet/fleet.ts'
import type { PoolSettings } from '../../../fleet/types.ts'
import type { RequestRecord } from '../../../metrics/record.ts'
import { createRouter } from '../../../routing/create-router.ts'
import { simulate } from '../../../sim/driver.ts'
import { createWorkload, type WorkloadSpec } from '../../../workload/index.ts'
import type { EngineFact } from './engine-fact.ts'

export interface TrueShare {
  prefillMs: number
  decodeMs: number
  joules: number
}

export interface TwinTruth {
  /** As a gateway sees it. */
  readonly facts: readonly EngineFact[]
  /** By request id. */
  readonly shares: ReadonlyMap<string, TrueShare>
  readonly endMs: number
  readonly heldMs: number
  readonly busyMs: number
  /** All devices, idle power included. */
  readonly joules: number
}

/** Requests at random with chat's lengths, assumed: 2,000 tokens in and 200 out, widely spread. */
export function chatLoad(requestsPerSecond: number, requests: number): WorkloadSpec {
  return {
    kind: 'open',
    arrivals: { kind: 'poisson', rate: requestsPerSecond },
    lengths: {
      input: { kind: 'lognormal', mean: 2000, cv: 1 },
      output: { kind: 'lognormal', mean: 200, cv: 0.7 },
    },
    requests,
  }
}

interface Happened {
  readonly replica: number
  readonly event: Extract<EngineEvent, { readonly kind: 'steps' | 'scheduled' | 'first-token' | 'finished' }>
}

/** Runs the workload against the pool and tells what was true. */
export function twinTruth(pool: PoolSettings, workload: WorkloadSpec, seed: string): TwinTruth {
  const random = new RandomSource(seed)
  const fleet = createFleet({
    pools: [pool],
    router: createRouter({ kind: 'least-loaded' }, random),
    decodeRouter: null,
    seed,
  })
  const happened: Happened[] = []
  const records: RequestRecord[] = []
  const { nowUs } = simulate(createWorkload(workload, random), fleet, event => {
    if (event.kind === 'ended') records.push(event.record)
    if (event.kind !== 'engine') return
    const { replica, event: inner } = event
    if (
      inner.kind === 'steps' ||
      inner.kind === 'scheduled' ||
      inner.kind === 'first-token' ||
      inner.kind === 'finished'
    )
      happened.push({ replica, event: inner })
  })
  // A step counts for those whose last one it was; their ends are told before it.
  const order = (each: Happened): number => (each.event.kind === 'steps' ? 0 : 1)
  happened.sort((a, b) => a.event.atUs - b.event.atUs || order(a) - order(b))
  const usage = fleet.usage(nowUs)[0]!
  return {
    facts: records.map(factOf),
    shares: sharesOf(happened, records),
    endMs: Math.ceil(nowUs / 1000),
    heldMs: usage.replicaSeconds * 1000,
    busyMs: usage.busySeconds * 1000,
    joules: usage.joules,
  }
}

interface Marks {
  readonly time: EnergyMark
  readonly energy: EnergyMark
}

function sharesOf(happened: readonly Happened[], records: readonly RequestRecord[]): Map<string, TrueShare> {
  const computed = new Map(
    records.map(({ id, inputTokens, cachedTokens }) => [id, inputTokens - cachedTokens]),
  )
  const shares = new Map<string, TrueShare>()
  const marks = new Map<number, Marks>()
  const time = createEnergyShares()
  const energy = createEnergyShares()
  for (const { replica, event } of happened) {
    if (event.kind === 'steps') {
      energy.addSteps(replica, event)
      time.addSteps(replica, { ...event, joules: (event.atUs - event.startUs) / 1000 })
      continue
    }
    const now = { time: time.mark(replica), energy: energy.mark(replica) }
    const from = marks.get(event.requestId)
    if (event.kind !== 'scheduled' || from === undefined) marks.set(event.requestId, now)
    const share = shares.get(String(event.requestId)) ?? { prefillMs: 0, decodeMs: 0, joules: 0 }
    shares.set(String(event.requestId), share)
    if (event.kind === 'first-token' && from !== undefined) {
      const tokens = computed.get(event.requestId)!
      share.prefillMs += promptJoules(from.time, now.time, tokens)
      share.joules += promptJoules(from.energy, now.energy, tokens)
    } else if (event.kind === 'finished' && from !== undefined) {
      share.decodeMs += decodeJoules(from.time, now.time)
      share.joules += decodeJoules(from.energy, now.energy)
    }
  }
  return shares
}

function factOf(record: RequestRecord): EngineFact {
  return {
    requestId: String(record.id),
    tenant: record.tenant === '' ? 'acme' : record.tenant,
    keyId: 'key',
    modelAlias: 'chat',
    attempt: 0,
    bearer: 'tenant',
    replica: String(record.replica),
    sentMs: record.sentUs / 1000,
    firstTokenMs: Number.isNaN(record.firstTokenUs) ? null : record.firstTokenUs / 1000,
    endMs: record.endedUs / 1000,
    computedTokens: record.inputTokens - record.cachedTokens,
    cachedTokens: record.cachedTokens,
    outputTokens: record.outputTokens,
  }
}
