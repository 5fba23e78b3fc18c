/** Flags of `bench` that contradict each other, or say nothing without another, are refused before anything is sent. */
import { TokenwrightError } from '../core/errors.ts'
import type { BenchFlags } from './bench-flags.ts'
import { flagName } from './flag-conflicts.ts'

type Flag = keyof BenchFlags

const lengths: readonly Flag[] = ['isl', 'osl', 'islStddev', 'oslStddev', 'rangeRatio']
const sessions: readonly Flag[] = ['sessionTurnsMean', 'sessionTurnDelayMean', 'turnIsl', 'numSessions']
const prefixes: readonly Flag[] = ['prefixPromptLength', 'numPrefixPrompts']

const conflicts: readonly {
  readonly one: readonly Flag[]
  readonly other: readonly Flag[]
  readonly fix: string
}[] = [
  { one: ['json'], other: ['csv'], fix: 'both print to standard output: choose one' },
  {
    one: ['workload'],
    other: [
      ...lengths,
      ...sessions,
      ...prefixes,
      'concurrency',
      'requestRate',
      'inputFile',
      'requestCount',
      'benchmarkDuration',
      'search',
    ],
    fix: 'the file describes the workload: drop one of them',
  },
  {
    one: ['numProfileRuns'],
    other: ['search'],
    fix: 'a search repeats what it cannot decide: drop one of them',
  },
  {
    one: ['fixedSchedule'],
    other: ['concurrency', 'requestRate', 'search'],
    fix: 'recorded times say when requests are sent: drop one of them',
  },
  {
    one: ['requestRateSeries'],
    other: ['requestRate', 'search', 'concurrency'],
    fix: 'the series says the rate: drop one of them',
  },
  {
    one: ['userCentricRate'],
    other: ['requestRate', 'concurrency', 'search'],
    fix: 'users say how many and how often: drop one of them',
  },
]

const needs: readonly { readonly flags: readonly Flag[]; readonly any: readonly Flag[] }[] = [
  { flags: ['fixedSchedule', 'fixedScheduleSpeedup', 'customDatasetType'], any: ['inputFile'] },
  { flags: ['arrivalSmoothness'], any: ['requestRate', 'requestRateSeries', 'search'] },
  { flags: ['numUsers'], any: ['userCentricRate'] },
  { flags: ['sessionTurnDelayMean', 'turnIsl', 'numSessions'], any: ['sessionTurnsMean', 'userCentricRate'] },
  { flags: ['requestCancellationDelay'], any: ['requestCancellationRate'] },
  { flags: ['require'], any: ['slo', 'goodput'] },
  { flags: ['audio'], any: ['endpoint'] },
  { flags: ['coefficients'], any: ['deployment'] },
  { flags: ['tier', 'region', 'price', 'electricity', 'pue'], any: ['hardware', 'deployment'] },
]

/** Said although the load of the moment may not use it: a slip is a slip. */
const arrivalPatterns = ['poisson', 'constant', 'gamma', 'concurrency_burst']

export function refuseConflictingBenchFlags(flags: BenchFlags): void {
  const given = (flag: Flag) => flags[flag] !== undefined
  if (flags.arrivalPattern !== undefined && !arrivalPatterns.includes(flags.arrivalPattern))
    throw new TokenwrightError('usage', `"${flags.arrivalPattern}" is no arrival pattern`, {
      where: '--arrival-pattern',
      fix: `say ${arrivalPatterns.join(', ')}`,
    })
  for (const { one, other, fix } of conflicts) {
    const first = one.find(given)
    const second = other.find(given)
    if (first !== undefined && second !== undefined)
      throw new TokenwrightError(
        'usage',
        `${flagName(first)} and ${flagName(second)} contradict each other`,
        {
          where: flagName(second),
          fix,
        },
      )
  }
  for (const { flags: dependent, any } of needs) {
    const flag = dependent.find(given)
    if (flag === undefined || any.some(given)) continue
    const wanted = any.map(flagName).join(' or ')
    throw new TokenwrightError('usage', `${flagName(flag)} says nothing without ${wanted}`, {
      where: flagName(flag),
      fix: `add ${wanted}, or leave ${flagName(flag)} out`,
    })
  }
}
