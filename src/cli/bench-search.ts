/** The loads of a run: a list, or as a search finds them. */
import type { BenchLoads } from '../bench/run-bench.ts'
import { TokenwrightError } from '../core/errors.ts'
import { parseCount } from '../core/parse-quantity.ts'
import { defaultLoadSearch } from '../measure/load-search.ts'
import type { SearchGoal } from '../measure/search-trace.ts'
import type { Objective } from '../metrics/objective.ts'
import { concurrencyLoad, type LoadSettings, loadsOf, rateLoad } from './bench-load.ts'
import { ratesOf } from './bench-rates.ts'

const goals = [
  'max-concurrency',
  'max-rate',
  'max-goodput',
  'min-cost',
] as const satisfies readonly SearchGoal[]

/** Where a search ends, whatever the server can do: more users than one process holds, more requests than it sends. */
const most = { concurrency: 4096, rate: 2000 }

export async function benchLoads(
  settings: LoadSettings,
  objectives: readonly Objective[],
): Promise<BenchLoads> {
  const { search } = settings.flags
  if (search === undefined) {
    const loads = await loadsOf(settings)
    const { numProfileRuns } = settings.flags
    const runs = numProfileRuns === undefined ? 1 : parseCount(numProfileRuns, '--num-profile-runs')
    // In turn, so that what drifts on the server meets all loads alike.
    return { kind: 'list', loads: Array.from({ length: runs }, () => loads).flat() }
  }
  const goal = goals.find(name => name === search)
  if (goal === undefined)
    throw new TokenwrightError('usage', `"${search}" is nothing to search for`, {
      where: '--search',
      fix: `say ${goals.join(', ')}`,
    })
  if (objectives.length === 0)
    throw new TokenwrightError('usage', 'a search needs objectives to stay within', {
      where: '--search',
      fix: 'add --slo "ttft p95 < 500ms, tpot p95 < 30ms"',
    })
  if (goal === 'min-cost' && settings.flags.hardware === undefined && settings.flags.deployment === undefined)
    throw new TokenwrightError('usage', 'the cheapest load is found where something has a price', {
      where: '--search',
      fix: 'add --hardware 8xh200, or --deployment deployment.yaml',
    })
  return searchLoads(settings, goal, objectives)
}

function searchLoads(settings: LoadSettings, goal: SearchGoal, objectives: readonly Objective[]): BenchLoads {
  const { flags } = settings
  const byRate = goal === 'max-rate' || (goal !== 'max-concurrency' && flags.requestRate !== undefined)
  const range = byRate ? rateRange(flags.requestRate) : concurrencyRange(flags.concurrency)
  return {
    kind: 'search',
    settings: {
      ...defaultLoadSearch,
      goal,
      objectives,
      kind: byRate ? 'rate' : 'concurrency',
      ...range,
      requests: settings.requests,
    },
    loadOf(load, requests) {
      // A search counts requests; a duration that was given is a cap.
      const bounded = {
        ...settings,
        requests,
        durationSeconds: flags.benchmarkDuration === undefined ? null : settings.durationSeconds,
      }
      return byRate ? rateLoad(bounded, load) : concurrencyLoad(bounded, load)
    },
  }
}

interface Range {
  readonly start: number
  readonly minimum: number
  readonly maximum: number
}

/** `--concurrency 4,256`: from there to there. */
function concurrencyRange(text: string | undefined): Range {
  const [start = 1, maximum = most.concurrency] = (text ?? '1')
    .split(',')
    .map(part => parseCount(part.trim(), '--concurrency'))
  return { start, minimum: 1, maximum }
}

function rateRange(text: string | undefined): Range {
  const [start = 1, maximum = most.rate] = ratesOf(text ?? '1')
  return { start, minimum: Math.min(start, 0.01), maximum }
}
