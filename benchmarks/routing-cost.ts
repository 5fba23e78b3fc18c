/**
 * What a million tokens cost behind each routing policy, at equal goodput, on a mixed fleet in the twin:
 *
 *   node benchmarks/routing-cost.ts TRACE... [--seeds 3] [--loads 1,2,3] [--policies cost,prefix-aware] [--skip-fleets] [--json]
 *
 * A TRACE is a file, or several of one trace with commas between. With recorded times (Mooncake) or of sessions (agents).
 *
 * Replicas are paid for whether they are used or not, so a policy saves money in two ways, and both are measured:
 * 1. The fleet is given: the load is raised until fewer than the target share of requests are within the objectives. The bill of an
 *    hour ÷ the tokens of an hour at that load. Loads between measured ones are interpolated in the logarithm.
 * 2. The load is given: the cheapest fleet, by number of replicas of each kind, that holds the target.
 * "engine time" is the third, marginal view: $ of the time in which steps ran, at one load that all share.
 * Model, prices, objectives and windows stand in routing-cost-fleet.ts. Two minutes of one core for Mooncake's 40 minutes, three for 240 agent
 * sessions without part 2, which takes as long again.
 */
import { parseArgs } from 'node:util'
import type { RouterSpec } from '../src/routing/router-spec.ts'
import {
  type FleetSize,
  fleetSize,
  limits,
  type RunOutcome,
  run,
  type Trace,
  traceOf,
  usdPerHour,
} from './routing-cost-fleet.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3' },
    loads: { type: 'string' },
    policies: { type: 'string' },
    'skip-fleets': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const { ttftMs, tpotMs } = limits
const policies: Readonly<Record<string, RouterSpec>> = {
  'round-robin': { kind: 'round-robin' },
  'least-loaded': { kind: 'least-loaded' },
  'least-loaded by pending tokens': { kind: 'least-loaded', by: 'pending-tokens' },
  'prefix-aware': { kind: 'prefix-aware' },
  'kv-aware': { kind: 'kv-aware', index: { kind: 'estimated' } },
  'cost, a wall': { kind: 'cost', ttftMs, tpotMs, errorFactor: 1, reuseWeight: 0 },
  'cost, caches not priced': { kind: 'cost', ttftMs, tpotMs, reuseWeight: 0 },
  cost: { kind: 'cost', ttftMs, tpotMs },
}
const targets = [0.95, 0.9] as const
const seeds = Array.from({ length: Number(flags.seeds) }, (_, seed) => seed)
/** Times the recorded rate; sessions at a time. */
const defaultLoads = {
  recorded: [0.35, 0.5, 0.7, 1, 1.25, 1.6, 2, 2.5],
  sessions: [8, 16, 24, 32, 40, 48, 56, 64, 72],
}
/** Part 2: the load, and how many of each kind there might be. */
const givenLoad = { recorded: 1, sessions: 32 }
const stock: FleetSize = { h200: 2, h100: 3, l40s: 6 }

interface Point {
  readonly load: number
  readonly outcomes: readonly RunOutcome[]
}

interface PolicyResult {
  readonly policy: string
  readonly points: readonly Point[]
  /** By target: $/Mtok of each seed; null where even the lightest load misses it. */
  readonly usdPerMillionTokens: readonly (readonly (number | null)[])[]
  readonly cheapestFleet: { readonly size: FleetSize; readonly usdPerHour: number } | null
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Up the loads until every seed is below the lowest target: beyond it nothing is asked. */
function climb(trace: Trace, spec: RouterSpec, loads: readonly number[]): Point[] {
  const points: Point[] = []
  for (const load of loads) {
    const outcomes = seeds.map(seed => run(trace, spec, fleetSize, load, seed))
    points.push({ load, outcomes })
    if (outcomes.every(({ goodput }) => goodput < targets.at(-1)!)) break
  }
  return points
}

/** $/Mtok where goodput crosses the target for the last time, of one seed. */
function costAt(points: readonly Point[], seed: number, target: number, hourUsd: number): number | null {
  const shares = points.map(({ outcomes }) => outcomes[seed]!.goodput)
  const last = shares.findLastIndex(share => share >= target)
  if (last === -1) return null
  const at = points[last]!.outcomes[seed]!
  const next = points[last + 1]?.outcomes[seed]
  const part = next === undefined ? 0 : (at.goodput - target) / (at.goodput - next.goodput)
  const beyond = next?.millionTokensPerHour ?? at.millionTokensPerHour
  return hourUsd / (at.millionTokensPerHour * (beyond / at.millionTokensPerHour) ** part)
}

/** From the cheapest up; what holds fewer of every kind than one that failed fails too. */
function cheapestFleet(trace: Trace, spec: RouterSpec, load: number, target: number) {
  const sizes: FleetSize[] = []
  for (let h200 = 0; h200 <= stock.h200; h200++)
    for (let h100 = 0; h100 <= stock.h100; h100++)
      for (let l40s = 0; l40s <= stock.l40s; l40s++)
        if (h200 + h100 + l40s > 0) sizes.push({ h200, h100, l40s })
  sizes.sort((a, b) => usdPerHour(a, trace.shape) - usdPerHour(b, trace.shape))
  const failed: FleetSize[] = []
  const isBelow = (a: FleetSize, b: FleetSize) => a.h200 <= b.h200 && a.h100 <= b.h100 && a.l40s <= b.l40s
  const holds = (size: FleetSize): boolean => {
    let sum = 0
    for (const [index, seed] of seeds.entries()) {
      sum += run(trace, spec, size, load, seed).goodput
      // Even if all others were perfect.
      if (sum + seeds.length - index - 1 < target * seeds.length) return false
    }
    return true
  }
  // A few tries further up leave out most of what is too small.
  for (const probe of [0.15, 0.25, 0.35, 0.45]) {
    const size = sizes[Math.floor(probe * sizes.length)]!
    if (!failed.some(other => isBelow(size, other)) && !holds(size)) failed.push(size)
  }
  for (const size of sizes) {
    if (failed.some(other => isBelow(size, other))) continue
    if (holds(size)) return { size, usdPerHour: usdPerHour(size, trace.shape) }
    failed.push(size)
  }
  return null
}

function measure(trace: Trace, policy: string): PolicyResult {
  const kind = trace.isSessions ? 'sessions' : 'recorded'
  const spec = policies[policy]!
  const loads = flags.loads?.split(',').map(Number) ?? defaultLoads[kind]
  const points = climb(trace, spec, loads)
  const hourUsd = usdPerHour(fleetSize, trace.shape)
  return {
    policy,
    points,
    usdPerMillionTokens: targets.map(target => seeds.map(seed => costAt(points, seed, target, hourUsd))),
    cheapestFleet: flags['skip-fleets'] ? null : cheapestFleet(trace, spec, givenLoad[kind], targets.at(-1)!),
  }
}

const cents = (usd: number) => (usd * 100).toFixed(2)

function spread(values: readonly (number | null)[]): string {
  const known = values.filter(value => value !== null)
  if (known.length === 0) return 'not reached'
  const range = `${cents(Math.min(...known))}–${cents(Math.max(...known))}`
  const some = known.length < values.length ? `, ${known.length} of ${values.length} seeds` : ''
  return `${cents(mean(known))} (${range}${some})`
}

function print(trace: Trace, results: readonly PolicyResult[]): void {
  const { inputTokens, outputTokens, cachedTokens } = trace.shape
  const kind = trace.isSessions ? 'sessions' : 'recorded'
  const load = givenLoad[kind]
  const reuse = `${Math.round((cachedTokens / inputTokens) * 100)} %`
  console.log(
    `\n${trace.name}: ${Math.round(inputTokens)} tokens in, ${Math.round(outputTokens)} out, ${reuse} reused at most`,
  )
  console.log(
    `fleet ${JSON.stringify(fleetSize)} at $${usdPerHour(fleetSize, trace.shape).toFixed(2)}/h; TTFT < ${ttftMs} ms, TPOT < ${tpotMs} ms`,
  )
  console.log(
    `\n${'¢ per million tokens at equal goodput'.padEnd(40)}${targets.map(target => `${target * 100} %`.padStart(30)).join('')}   cheapest fleet at load ${load}, ${targets.at(-1)! * 100} %`,
  )
  for (const { policy, usdPerMillionTokens, cheapestFleet: found } of results) {
    const fleet =
      found === null
        ? 'none in stock'
        : `$${found.usdPerHour.toFixed(2)}/h  ${Object.values(found.size).join(' + ')}`
    console.log(
      `${policy.padEnd(40)}${usdPerMillionTokens.map(values => spread(values).padStart(30)).join('')}   ${flags['skip-fleets'] ? '' : fleet}`,
    )
  }
  console.log('\ngoodput · cached · ¢ of engine time a million tokens, mean of seeds, by load')
  for (const { policy, points } of results) {
    const cells = points.map(({ load, outcomes }) => {
      const share = mean(outcomes.map(({ goodput }) => goodput))
      const hits = mean(outcomes.map(({ hitShare }) => hitShare))
      const busy = mean(outcomes.map(({ busyUsdPerMillionTokens }) => busyUsdPerMillionTokens))
      return `${load}: ${(share * 100).toFixed(1)} · ${(hits * 100).toFixed(0)} · ${cents(busy)}`
    })
    console.log(`${policy.padEnd(32)}${cells.join(' | ')}`)
  }
}

if (positionals.length === 0) {
  console.error('name a trace: node benchmarks/routing-cost.ts TRACE...')
  process.exit(1)
}

const all = []
for (const group of positionals) {
  const trace = await traceOf(group.split(','))
  const asked = flags.policies?.split(',') ?? Object.keys(policies)
  const results = asked.map(policy => measure(trace, policy))
  if (flags.json) all.push({ trace: trace.name, fleetSize, results })
  else print(trace, results)
}
if (flags.json) console.log(JSON.stringify(all, null, 2))
