/** From flags to the planner's question. Every fault names its flag. */
import type { FactsCatalog, PriceTier } from '../catalog/index.ts'
import { findAccelerator, findElectricity } from '../catalog/lookup.ts'
import { TokenwrightError } from '../core/errors.ts'
import { nearestNames } from '../core/nearest-name.ts'
import { parseCount, parseFraction, parseRatePerSecond, parseTokenCount } from '../core/parse-quantity.ts'
import { type DemandShape, demandFill, demandShape } from '../cost/index.ts'
import { type Engine, engines, type RequestShape } from '../perf/deployment.ts'
import { parseObjectives } from '../plan/objectives.ts'
import { presetNames } from '../plan/search/precision-presets.ts'
import type { PlanRequest } from '../plan/types.ts'
import type { TraceStatistics } from '../workload/index.ts'
import type { PlanFlags } from './plan-flags.ts'

export const tiers = ['owned', 'reserved', 'on-demand', 'spot'] as const satisfies readonly PriceTier[]

/** Without a demand, one replica group is sized; with one, the deployment grows to meet it. */
const defaultMaximumDevices = { unitCost: 64, demand: 1024 }

export const exampleModel = 'meta-llama/Llama-3.1-70B'
const exampleObjectives = 'ttft p90 < 1s, tpot mean < 30ms'
const exampleShape: RequestShape = {
  inputTokens: 4000,
  outputTokens: 500,
  cachedTokens: 0,
  inputVariation: 0,
  outputVariation: 0,
}

export function planRequest(
  modelId: string,
  flags: PlanFlags,
  catalog: FactsCatalog,
  trace: TraceStatistics | null,
): PlanRequest {
  const requestsPerSecond = demand(flags, trace)
  const variation = requestsPerSecond === null ? null : (trace?.arrivalVariation ?? null)
  return {
    modelId,
    shape: requestShape(flags, trace),
    objectives: parseObjectives(flags.example ? exampleObjectives : (flags.slo ?? '')),
    requestsPerSecond,
    acceleratorIds: names(flags.hardware, '--hardware').map(name => accelerator(catalog, name)),
    engines: chosenOf<Engine>(flags.engine, '--engine', engines),
    precisions: chosenOf(flags.precision, '--precision', presetNames, []),
    tier: chosenOf<PriceTier>(flags.tier?.replaceAll('_', '-'), '--tier', tiers, ['reserved'])[0]!,
    region: region(flags, catalog),
    maximumDevices:
      flags.maxDevices === undefined
        ? defaultMaximumDevices[requestsPerSecond === null ? 'unitCost' : 'demand']
        : parseCount(flags.maxDevices, '--max-devices'),
    allowDisaggregated: flags.disaggregated,
    allowSpeculation: flags.speculation,
    loadFactor: loadFactor(flags, catalog),
    ...(variation === null ? {} : { arrivalVariation: variation }),
    ...(flags.concurrency === undefined ? {} : { concurrency: concurrency(flags.concurrency) }),
    ...(flags.margin === undefined ? {} : { safetyMargin: margin(flags.margin) }),
  }
}

function requestShape(flags: PlanFlags, trace: TraceStatistics | null): RequestShape {
  const lengths = flags.example ? exampleShape : (trace?.shape ?? givenLengths(flags))
  const cachedTokens =
    flags.cached !== undefined
      ? parseTokenCount(flags.cached, '--cached')
      : flags.prefixCacheHit !== undefined
        ? parseFraction(flags.prefixCacheHit, '--prefix-cache-hit') * lengths.inputTokens
        : lengths.cachedTokens
  if (cachedTokens > lengths.inputTokens) {
    throw new TokenwrightError(
      'number',
      `${cachedTokens} cached tokens are more than the ${lengths.inputTokens} of the input`,
      {
        where: '--cached',
        fix: 'cached tokens are part of the input: give --isl with them included',
      },
    )
  }
  return { ...lengths, cachedTokens }
}

function givenLengths(flags: PlanFlags): RequestShape {
  if (flags.isl === undefined || flags.osl === undefined) {
    const absent = flags.isl === undefined && flags.osl === undefined ? 'neither is given' : 'one is missing'
    throw new TokenwrightError('usage', `how long inputs and outputs are must be said: ${absent}`, {
      where: flags.isl === undefined ? '--isl' : '--osl',
      fix: 'add --isl 4000 --osl 500 (mean tokens), or --trace FILE, or try --example',
    })
  }
  return {
    ...exampleShape,
    inputTokens: positiveTokens(flags.isl, '--isl'),
    outputTokens: positiveTokens(flags.osl, '--osl'),
  }
}

export function positiveTokens(text: string, where: string): number {
  const tokens = parseTokenCount(text, where)
  if (tokens > 0) return tokens
  throw new TokenwrightError('number', `${where.slice(2)} must be at least 1 token`, {
    where,
    fix: 'give the mean length',
  })
}

function demand(flags: PlanFlags, trace: TraceStatistics | null): number | null {
  if (flags.rate === undefined) return null
  if (flags.rate === 'trace') {
    if (trace?.requestsPerSecond) return trace.requestsPerSecond
    throw new TokenwrightError('trace', 'the trace has no arrival times, so it has no rate', {
      where: '--rate trace',
      fix: 'give the rate: --rate 40/s',
    })
  }
  const rate = parseRatePerSecond(flags.rate, '--rate')
  if (rate > 0) return rate
  throw new TokenwrightError('number', 'a demand of no requests needs no deployment', {
    where: '--rate',
    fix: 'give a rate above 0, or leave --rate out to get the cost at full load',
  })
}

export function accelerator(catalog: FactsCatalog, name: string): string {
  try {
    return findAccelerator(catalog, name).id
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    throw new TokenwrightError(error.code, error.message, {
      where: '--hardware',
      ...(error.fix ? { fix: error.fix } : {}),
    })
  }
}

/** A region must be known either for electricity or for device prices; a misspelt one would silently change the answer. */
export function region(flags: PlanFlags, catalog: FactsCatalog): string | null {
  const name = flags.region
  if (name === undefined) return null
  const wanted = name.toLowerCase()
  if (catalog.prices.some(price => price.region?.toLowerCase().startsWith(wanted))) return name
  try {
    findElectricity(catalog, name)
    return name
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    throw new TokenwrightError(error.code, error.message, {
      where: '--region',
      ...(error.fix ? { fix: error.fix } : {}),
    })
  }
}

function concurrency(text: string): number {
  const count = parseCount(text, '--concurrency')
  if (count >= 1) return count
  throw new TokenwrightError('number', 'at least one request must be in flight', {
    where: '--concurrency',
    fix: 'give 1 or more, or leave it out to get the largest load within the objectives',
  })
}

function margin(text: string): number {
  const share = parseFraction(text, '--margin')
  if (share < 1) return share
  throw new TokenwrightError('number', 'a margin of 100 % leaves no time for serving', {
    where: '--margin',
    fix: 'give less than 100%',
  })
}

function loadFactor(flags: PlanFlags, catalog: FactsCatalog): number {
  if (flags.demandShape !== undefined) {
    return demandFill(dayOf(flags.demandShape, catalog), { kind: 'peak' }).fill
  }
  if (flags.loadFactor === undefined) return 1
  const share = parseFraction(flags.loadFactor, '--load-factor')
  if (share > 0) return share
  throw new TokenwrightError('number', 'a load factor of 0 serves nothing', {
    where: '--load-factor',
    fix: 'give a share above 0: 60%',
  })
}

/** A shape of the catalog by id, or 24 numbers. */
function dayOf(text: string, catalog: FactsCatalog): DemandShape {
  const shapes = catalog.shapes.filter(shape => shape.kind === 'demand')
  const found = shapes.find(shape => shape.id === text)
  if (found) return demandShape(found.id, found.hourly)
  const numbers = text.split(/[\s,;]+/).filter(Boolean)
  if (numbers.every(number => /^\d/.test(number))) return demandShape('--demand-shape', numbers.map(Number))
  const ids = shapes.map(shape => shape.id)
  const near = nearestNames(text, ids)
  throw new TokenwrightError('unknown-entry', `unknown demand shape "${text}"`, {
    where: '--demand-shape',
    fix: `${near.length > 0 ? `did you mean ${near.join(', ')}? ` : ''}shapes are ${ids.join(', ')}; or give 24 numbers`,
  })
}

function names(text: string | undefined, where: string): string[] {
  if (text === undefined) return []
  const found = text.split(',').map(name => name.trim())
  if (found.length > 0 && found.every(name => name !== '')) return [...new Set(found)]
  throw new TokenwrightError('usage', 'the list has an empty name', {
    where,
    fix: 'separate names by single commas: a,b,c',
  })
}

/** Members of a closed list; all of them (or `whenAbsent`) when the flag is not given. */
export function chosenOf<T extends string>(
  text: string | undefined,
  where: string,
  known: readonly T[],
  whenAbsent: readonly T[] = known,
): readonly T[] {
  if (text === undefined) return whenAbsent
  return names(text, where).map(name => {
    const found = known.find(entry => entry === name.toLowerCase())
    if (found !== undefined) return found
    const near = nearestNames(name, known)
    throw new TokenwrightError('usage', `"${name}" is not known here`, {
      where,
      fix: `${near.length > 0 ? `did you mean ${near.join(', ')}? ` : ''}choices are ${known.join(', ')}`,
    })
  })
}
