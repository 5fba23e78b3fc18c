/** Flags of `simulate` that contradict each other, or say nothing without another, are refused before any work is done. */
import { TokenwrightError } from '../core/errors.ts'
import { flagName } from './flag-conflicts.ts'
import type { SimulateFlags } from './simulate-flags.ts'

type Flag = keyof SimulateFlags

interface Conflict {
  readonly one: readonly Flag[]
  readonly other: readonly Flag[]
  readonly fix: string
}

const lengths: readonly Flag[] = [
  'isl',
  'osl',
  'islCv',
  'oslCv',
  'rangeRatio',
  'rangeAround',
  'lengthCorrelation',
]
const prefixes: readonly Flag[] = ['prefixShare', 'prefixTokens', 'prefixGroups', 'prefixZipf']
const arrivals: readonly Flag[] = ['arrival', 'cv', 'burst', 'burstEvery']
const sessions: readonly Flag[] = ['turns', 'turnIsl', 'sessions']
const traceOnly: readonly Flag[] = [
  'speedup',
  'window',
  'inputFactor',
  'outputFactor',
  'reuse',
  'contextLimit',
  'replay',
  'thinkFactor',
  'maxThink',
  'repeat',
  'shuffle',
]

const conflicts: readonly Conflict[] = [
  {
    one: ['json'],
    other: ['csv'],
    fix: 'both print to standard output: choose one; --records FILE writes CSV beside it',
  },
  {
    one: ['trace'],
    other: [...lengths, ...prefixes, ...arrivals, ...sessions, 'start', 'thinkTime', 'thinkCv', 'workload'],
    fix: 'the trace says what is asked: drop one of them; --input-factor, --reuse and --speedup bend a trace',
  },
  {
    one: ['trace'],
    other: ['duration'],
    fix: 'say which part of the trace: --window 0s..10min, or --requests',
  },
  {
    one: ['workload'],
    other: [
      ...lengths,
      ...prefixes,
      ...arrivals,
      ...sessions,
      'start',
      'thinkTime',
      'thinkCv',
      'rate',
      'concurrency',
      'requests',
      'duration',
      'warmup',
    ],
    fix: 'the file describes the workload: drop one of them',
  },
  {
    one: ['rate'],
    other: ['concurrency'],
    fix: 'requests arrive at a rate, or follow upon each other: give one of the two',
  },
  {
    one: ['burst'],
    other: ['rate', 'concurrency', 'arrival', 'cv', 'turns'],
    fix: 'a burst comes at once: drop one of them',
  },
  { one: ['speedup'], other: ['rate'], fix: 'both say how fast the trace runs: drop one of them' },
  {
    one: ['speedup'],
    other: ['concurrency'],
    fix: 'with --concurrency recorded times play no part: drop one of them',
  },
  {
    one: ['rangeRatio'],
    other: ['rangeAround', 'islCv', 'oslCv'],
    fix: 'both say how lengths spread: drop one of them',
  },
  { one: ['rangeAround'], other: ['islCv', 'oslCv'], fix: 'both say how lengths spread: drop one of them' },
  { one: ['prefixShare'], other: ['prefixTokens'], fix: 'both say how much is shared: drop one of them' },
]

/** What each flag has no meaning without; one of the listed ones is enough. */
const needs: readonly { readonly flags: readonly Flag[]; readonly any: readonly Flag[] }[] = [
  { flags: traceOnly, any: ['trace'] },
  { flags: ['burstEvery'], any: ['burst'] },
  { flags: ['turnIsl', 'sessions'], any: ['turns'] },
  { flags: ['turns'], any: ['concurrency', 'rate'] },
  { flags: ['prefixGroups', 'prefixZipf'], any: ['prefixShare', 'prefixTokens'] },
  { flags: ['cv', 'arrival'], any: ['rate'] },
  { flags: ['thinkCv'], any: ['thinkTime'] },
  { flags: ['faultMttr'], any: ['faultMtbf'] },
  { flags: ['faultMtbf'], any: ['faultMttr'] },
  { flags: ['scalePeriod'], any: ['scaleAt'] },
  { flags: ['hostBandwidth'], any: ['hostCache'] },
  { flags: ['diskBandwidth'], any: ['diskCache'] },
]

const deploymentFlags: readonly Flag[] = ['model', 'hardware', 'engine', 'precision', 'tp', 'pp', 'dp', 'ep']

/** Throws a usage error that names both flags; `file` is the deployment file, if one is given. */
export function refuseConflictingFlags(flags: SimulateFlags, file: string | undefined): void {
  const given = (flag: Flag) => flags[flag] !== undefined
  for (const { one, other, fix } of conflicts) {
    const first = one.find(given)
    const second = other.find(given)
    if (first !== undefined && second !== undefined)
      throw usage(`${flagName(first)} and ${flagName(second)} contradict each other`, flagName(second), fix)
  }
  for (const { flags: dependent, any } of needs) {
    const flag = dependent.find(given)
    if (flag === undefined || any.some(given)) continue
    const wanted = any.map(flagName).join(' or ')
    throw usage(
      `${flagName(flag)} says nothing without ${wanted}`,
      flagName(flag),
      `add ${wanted}, or leave ${flagName(flag)} out`,
    )
  }
  refuseTwoDeployments(flags, file, given)
}

function refuseTwoDeployments(
  flags: SimulateFlags,
  file: string | undefined,
  given: (flag: Flag) => boolean,
): void {
  const flag = deploymentFlags.find(given)
  if (file !== undefined && flag !== undefined)
    throw usage(
      `${file} says what serves, and so does ${flagName(flag)}`,
      flagName(flag),
      `leave ${flagName(flag)} out, or describe the deployment by flags alone`,
    )
  if (file !== undefined) return
  if (flags.model === undefined || flags.hardware === undefined)
    throw usage(
      flags.model === undefined && flags.hardware === undefined
        ? 'nothing says what serves'
        : `${flags.model === undefined ? '--model' : '--hardware'} is missing`,
      flags.model === undefined ? '--model' : '--hardware',
      'give a deployment file (tokenwright plan --save-dir writes one), or --model NAME --hardware 8xh200',
    )
  const pools = (['prefillReplicas', 'decodeReplicas'] as const).find(given)
  if (pools !== undefined && given('replicas'))
    throw usage(
      `--replicas and ${flagName(pools)} contradict each other`,
      flagName(pools),
      'say --replicas for one pool, or --prefill-replicas and --decode-replicas for two',
    )
}

function usage(message: string, where: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where, fix })
}
