/** Flags that contradict each other are refused before any work is done. */
import { TokenwrightError } from '../core/errors.ts'
import type { PlanFlags } from './plan-flags.ts'

interface Conflict {
  readonly first: keyof PlanFlags
  readonly second: keyof PlanFlags
  readonly fix: string
}

const conflicts: readonly Conflict[] = [
  { first: 'trace', second: 'isl', fix: 'the trace says how long the inputs are: drop one of them' },
  { first: 'trace', second: 'osl', fix: 'the trace says how long the outputs are: drop one of them' },
  { first: 'cached', second: 'prefixCacheHit', fix: 'both say how much is cached: drop one of them' },
  {
    first: 'rate',
    second: 'concurrency',
    fix: 'each follows from the other: give the demand, or the requests in flight',
  },
  { first: 'loadFactor', second: 'demandShape', fix: 'both say how full the capacity is: drop one of them' },
  {
    first: 'json',
    second: 'csv',
    fix: 'both print to standard output: choose one, or use --save-dir, which writes both',
  },
  { first: 'example', second: 'isl', fix: 'the example fixes the lengths: drop --example' },
  { first: 'example', second: 'osl', fix: 'the example fixes the lengths: drop --example' },
  { first: 'example', second: 'trace', fix: 'the example fixes the traffic: drop --example' },
  { first: 'example', second: 'slo', fix: 'the example fixes the objectives: drop --example' },
]

export function refuseConflicts(flags: PlanFlags, model: string | undefined): void {
  for (const { first, second, fix } of conflicts) {
    if (flags[first] !== undefined && flags[second] !== undefined) {
      throw new TokenwrightError(
        'usage',
        `${flagName(first)} and ${flagName(second)} contradict each other`,
        { fix },
      )
    }
  }
  if (flags.example && model !== undefined) {
    throw new TokenwrightError('usage', `--example brings its own model, but ${model} is given`, {
      fix: 'drop --example and say --isl and --osl, or drop the model',
    })
  }
  if (flags.force && flags.saveDir === undefined) {
    throw new TokenwrightError('usage', '--force has no meaning without --save-dir', {
      fix: 'add --save-dir FOLDER',
    })
  }
  if (flags.rate === 'trace' && flags.trace === undefined) {
    throw new TokenwrightError('usage', '--rate trace needs a trace', {
      fix: 'add --trace FILE, or give the rate: 40/s',
    })
  }
}

/** prefixCacheHit → --prefix-cache-hit */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}
