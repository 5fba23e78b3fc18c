/**
 * What a run cost, to the last nano-dollar: replicas by the second, energy where the price leaves it out, shared over token
 * classes by the time the engines worked for each, with idle time as a line of its own (docs/models/metrics.md §5,
 * docs/models/cost.md §2).
 */
import { assert } from '../core/assert.ts'
import { formatNanoUsd, type NanoUsd, nanoPerUsd, nanoUsdFromProduct } from '../core/money.ts'
import { allocate } from '../cost/allocate.ts'
import { costPerMillionTokens } from '../cost/per-million-tokens.ts'
import type { Allocation, AllocationWeights, CostPerMillionTokens, TokenCounts } from '../cost/types.ts'
import { type EngineTime, weightsByEngineTime, withoutEmptyClasses } from '../cost/weights.ts'

/** What one pool used over the run. */
export interface PoolBillInput {
  readonly pool: string
  readonly usdPerReplicaHour: number
  /** From the order for a replica until it was given back, start-up included, all replicas. */
  readonly replicaSeconds: number
  /** Of them, seconds in which a step ran. */
  readonly busySeconds: number
  /** Share of that time which is due to prompts; the rest is decoding. */
  readonly prefillShare: number
  /** Seconds in which engines stood still to load cached blocks, part of busySeconds; 0 when the cache is in device memory. */
  readonly cachedInputSeconds: number
  /** Energy of the whole run, and the part of it drawn in steps. */
  readonly joules: number
  readonly stepJoules: number
  /** Null when the price includes energy. */
  readonly energy: EnergyPrice | null
}

export interface EnergyPrice {
  readonly usdPerKilowattHour: number
  /** Utility power ÷ IT power, 1 or more. */
  readonly pue: number
}

export interface RunBillInput {
  readonly pools: readonly PoolBillInput[]
  /** Served over the same time as the pools were paid for: warm-up included. */
  readonly requests: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  /** Requests that met every objective, and all their tokens (input and output). */
  readonly goodRequests: number
  readonly goodTokens: number
}

export interface RunBillLine {
  readonly pool: string
  readonly component: 'replicas' | 'energy'
  readonly nanoUsd: NanoUsd
  readonly formula: string
  /** Adds up to the line exactly. */
  readonly allocation: Allocation
}

export interface RunBill {
  readonly lines: readonly RunBillLine[]
  /** Exactly the sum of the lines, and of its own four parts. */
  readonly allocation: Allocation
  /** Null when no request was served. */
  readonly perMillionTokens: CostPerMillionTokens | null
  readonly usdPerRequest: number | null
  /** Whole bill ÷ what met the objectives: late, rejected and failed requests make it dearer. Null when nothing did. */
  readonly usdPerGoodRequest: number | null
  readonly usdPerMillionGoodTokens: number | null
}

const secondsPerHour = 3_600n
const joulesPerKilowattHour = 3_600_000n
const tokensPerMillion = 1e6

/** The bill of a run and what a token of each class came to. */
export function runBill(input: RunBillInput): RunBill {
  assert(input.cachedInputTokens <= input.inputTokens, 'cached tokens are part of the input')
  const tokens: TokenCounts = {
    uncachedInput: BigInt(input.inputTokens - input.cachedInputTokens),
    cachedInput: BigInt(input.cachedInputTokens),
    output: BigInt(input.outputTokens),
  }
  const lines = input.pools.flatMap(pool => [
    replicaLine(pool, tokens),
    ...(pool.energy === null ? [] : [energyLine(pool, pool.energy, tokens)]),
  ])
  const allocation = addAllocations(lines.map(line => line.allocation))
  const bill = allocation.billNanoUsd
  const all = input.inputTokens + input.outputTokens
  return {
    lines,
    allocation,
    perMillionTokens: all > 0 ? costPerMillionTokens(bill, tokens, weightsOf(allocation)) : null,
    usdPerRequest: usdPer(bill, input.requests),
    usdPerGoodRequest: usdPer(bill, input.goodRequests),
    usdPerMillionGoodTokens: usdPer(bill, input.goodTokens / tokensPerMillion),
  }
}

function replicaLine(pool: PoolBillInput, tokens: TokenCounts): RunBillLine {
  const { usdPerReplicaHour, replicaSeconds, busySeconds } = pool
  assert(replicaSeconds >= 0 && usdPerReplicaHour >= 0, 'time and price of replicas are not negative')
  const nanoUsd = nanoUsdFromProduct([replicaSeconds, usdPerReplicaHour], secondsPerHour)
  const weights = weightsByEngineTime({
    ...busyTime(pool, busySeconds),
    idleSeconds: Math.max(0, replicaSeconds - busySeconds),
  })
  return {
    pool: pool.pool,
    component: 'replicas',
    nanoUsd,
    formula: `${replicaSeconds} replica-seconds ÷ 3600 × $${usdPerReplicaHour}/replica-hour = ${formatNanoUsd(nanoUsd)}`,
    allocation: allocate(nanoUsd, withoutEmptyClasses(weights, tokens)),
  }
}

/** Idle replicas draw less than busy ones: energy is shared by joules, not by seconds. */
function energyLine(pool: PoolBillInput, price: EnergyPrice, tokens: TokenCounts): RunBillLine {
  assert(price.pue >= 1, `PUE is at least 1, got ${price.pue}`)
  const { joules, stepJoules } = pool
  assert(joules >= 0 && price.usdPerKilowattHour >= 0, 'energy and its price are not negative')
  const nanoUsd = nanoUsdFromProduct([joules, price.pue, price.usdPerKilowattHour], joulesPerKilowattHour)
  const weights = weightsByEngineTime({
    ...busyTime(pool, stepJoules),
    idleSeconds: Math.max(0, joules - stepJoules),
  })
  return {
    pool: pool.pool,
    component: 'energy',
    nanoUsd,
    formula: `${joules} J ÷ 3,600,000 × ${price.pue} PUE × $${price.usdPerKilowattHour}/kWh = ${formatNanoUsd(nanoUsd)}`,
    allocation: allocate(nanoUsd, withoutEmptyClasses(weights, tokens)),
  }
}

/** An amount of busy seconds (or of joules in them) by class, as weights. */
function busyTime(pool: PoolBillInput, amount: number): Omit<EngineTime, 'idleSeconds'> {
  const { busySeconds, prefillShare, cachedInputSeconds } = pool
  assert(prefillShare >= 0 && prefillShare <= 1, `a share lies in [0, 1], got ${prefillShare}`)
  const cachedShare = busySeconds > 0 ? Math.min(1, cachedInputSeconds / busySeconds) : 0
  const computing = amount * (1 - cachedShare)
  return {
    prefillSeconds: computing * prefillShare,
    decodeSeconds: computing * (1 - prefillShare),
    cachedInputSeconds: amount * cachedShare,
  }
}

/** Parts are added up part by part, so the sums add up to the sum. */
function addAllocations(allocations: readonly Allocation[]): Allocation {
  const sum = (key: Exclude<keyof Allocation, 'method'>) =>
    allocations.reduce((running, allocation) => running + allocation[key], 0n)
  return {
    method: 'engine-time',
    billNanoUsd: sum('billNanoUsd'),
    uncachedInputNanoUsd: sum('uncachedInputNanoUsd'),
    cachedInputNanoUsd: sum('cachedInputNanoUsd'),
    outputNanoUsd: sum('outputNanoUsd'),
    idleNanoUsd: sum('idleNanoUsd'),
  }
}

/** An allocation as weights: splitting its bill by them gives it back (exact below 2^53 nano-dollars, $9 million). */
function weightsOf(allocation: Allocation): AllocationWeights {
  return {
    method: allocation.method,
    uncachedInput: Number(allocation.uncachedInputNanoUsd),
    cachedInput: Number(allocation.cachedInputNanoUsd),
    output: Number(allocation.outputNanoUsd),
    idle: Number(allocation.idleNanoUsd),
  }
}

function usdPer(billNanoUsd: NanoUsd, count: number): number | null {
  return count > 0 ? Number(billNanoUsd) / Number(nanoPerUsd) / count : null
}
