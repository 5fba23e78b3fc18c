/** Flags of `tokenwright cost` as commander hands them over, and the checks of which go together. */
import { TokenwrightError } from '../../core/errors.ts'

export interface CostOptions {
  readonly usdPerHour?: string
  readonly devices?: string
  readonly hardware?: string
  readonly tier?: string
  readonly provider?: string
  readonly region?: string
  readonly facts?: string
  readonly energyIncluded?: string
  readonly extra?: readonly string[]
  readonly tokensPerSecond?: string
  readonly inputTokensPerSecond?: string
  readonly isl?: string
  readonly osl?: string
  readonly cached?: string
  readonly watts?: string
  readonly wattsPerDevice?: string
  readonly powerBasis?: string
  readonly pue?: string
  readonly electricity?: string
  readonly carbon?: string
  readonly loadFactor?: string
  readonly demandShape?: string
  readonly autoscaleFloor?: string
  readonly availability?: string
  readonly operatingPoint?: string
  readonly outputPriceRatio?: string
  readonly cachedPriceRatio?: string
  readonly prefillShare?: string
  readonly cachedTimeShare?: string
  readonly prefillDevices?: string
  readonly json?: boolean
}

export type FlagName = keyof CostOptions

/** What each flag has no meaning without; one of the listed flags is enough. */
const needs: readonly (readonly [FlagName, readonly FlagName[]])[] = [
  ['tier', ['hardware']],
  ['provider', ['hardware']],
  ['region', ['hardware']],
  ['powerBasis', ['watts', 'wattsPerDevice']],
  ['isl', ['osl']],
  ['osl', ['isl']],
  ['cached', ['isl', 'inputTokensPerSecond']],
  ['autoscaleFloor', ['demandShape']],
  ['outputPriceRatio', ['isl', 'inputTokensPerSecond']],
  ['prefillShare', ['isl', 'inputTokensPerSecond']],
  ['prefillDevices', ['isl', 'inputTokensPerSecond']],
  ['cachedPriceRatio', ['cached']],
  ['cachedTimeShare', ['cached']],
  ['cachedTimeShare', ['prefillShare', 'prefillDevices']],
]

/** Pairs that answer the same question twice. */
const excludes: readonly (readonly [FlagName, FlagName])[] = [
  ['usdPerHour', 'tier'],
  ['usdPerHour', 'provider'],
  ['usdPerHour', 'region'],
  ['watts', 'wattsPerDevice'],
  ['inputTokensPerSecond', 'isl'],
  ['inputTokensPerSecond', 'osl'],
  ['loadFactor', 'demandShape'],
  ['prefillShare', 'prefillDevices'],
  ['outputPriceRatio', 'prefillShare'],
  ['outputPriceRatio', 'prefillDevices'],
  ['cachedPriceRatio', 'prefillShare'],
  ['cachedPriceRatio', 'prefillDevices'],
]

/** Throws a usage error for flags that are missing, contradict each other or have no effect. */
export function checkCombinations(options: CostOptions): void {
  for (const [one, other] of excludes) {
    if (options[one] === undefined || options[other] === undefined) continue
    throw usage(`${flag(one)} and ${flag(other)} contradict each other`, flag(other), 'give one of the two')
  }
  if (options.usdPerHour === undefined && options.hardware === undefined) {
    throw usage(
      'no price',
      '--usd-per-hour',
      'give --usd-per-hour 2.5 (per device), or --hardware h200 --tier reserved',
    )
  }
  if (
    options.hardware !== undefined &&
    options.usdPerHour === undefined &&
    options.energyIncluded !== undefined
  ) {
    throw usage(
      'a price of the catalog says itself whether it includes energy',
      '--energy-included',
      'leave the flag out, or give your own price with --usd-per-hour',
    )
  }
  if (options.tokensPerSecond === undefined) {
    throw usage(
      'no throughput',
      '--tokens-per-second',
      'give the output tokens per second of all devices together, e.g. --tokens-per-second 12000',
    )
  }
  for (const [dependent, wanted] of needs) {
    if (options[dependent] === undefined || wanted.some(name => options[name] !== undefined)) continue
    throw usage(
      `${flag(dependent)} says nothing without ${wanted.map(flag).join(' or ')}`,
      flag(dependent),
      `add ${wanted.map(flag).join(' or ')}, or leave ${flag(dependent)} out`,
    )
  }
}

/** `usdPerHour` → `--usd-per-hour`. */
export function flag(name: FlagName): string {
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

export function usage(message: string, where: string, fix: string): TokenwrightError {
  return new TokenwrightError('usage', message, { where, fix })
}

/** One of a closed list, or a usage error that shows the list. */
export function oneOf<T extends string>(text: string, allowed: readonly T[], name: FlagName): T {
  const found = allowed.find(value => value === text)
  if (found === undefined)
    throw usage(`"${text}" is not known`, flag(name), `give one of ${allowed.join(', ')}`)
  return found
}
