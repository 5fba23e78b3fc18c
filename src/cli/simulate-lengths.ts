/** Lengths and shared prefixes of a synthetic workload, from flags or from the shape of a deployment file. */
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseFraction, parseNumber, parseTokenCount } from '../core/parse-quantity.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { createLength, type LengthSpec } from '../workload/lengths.ts'
import type { PrefixSpec } from '../workload/prefix-groups.ts'
import { positiveTokens } from './plan-request.ts'
import type { SimulateFlags } from './simulate-flags.ts'

export interface Lengths {
  readonly input: LengthSpec
  readonly output: LengthSpec
  /** Spearman's; 0 for independent lengths. */
  readonly rankCorrelation: number
  /** Means and spread of what is drawn. */
  readonly shape: Omit<RequestShape, 'cachedTokens'>
}

/** Coefficients of variation beyond this are refused by the distributions as well. */
const largestVariation = 100

export function lengthsOf(flags: SimulateFlags, planned: RequestShape | null): Lengths {
  const input = lengthOf(flags, 'isl', 'islCv', planned?.inputTokens, planned?.inputVariation)
  const output = lengthOf(flags, 'osl', 'oslCv', planned?.outputTokens, planned?.outputVariation)
  const correlation = flags.lengthCorrelation
  return {
    input: input.spec,
    output: output.spec,
    rankCorrelation: correlation === undefined ? 0 : correlationOf(correlation),
    shape: {
      inputTokens: input.mean,
      outputTokens: output.mean,
      inputVariation: input.variation,
      outputVariation: output.variation,
    },
  }
}

interface OneLength {
  readonly spec: LengthSpec
  readonly mean: number
  readonly variation: number
}

function lengthOf(
  flags: SimulateFlags,
  flag: 'isl' | 'osl',
  spread: 'islCv' | 'oslCv',
  plannedMean: number | undefined,
  plannedVariation = 0,
): OneLength {
  const text = flags[flag]
  const where = `--${flag}`
  if (text === undefined && plannedMean === undefined)
    throw new TokenwrightError(
      'usage',
      `how long ${flag === 'isl' ? 'inputs' : 'outputs'} are must be said`,
      {
        where,
        fix: 'add --isl 4000 --osl 500 (mean tokens), or --trace FILE',
      },
    )
  const mean = text === undefined ? plannedMean! : positiveTokens(text, where)
  const range = rangeOf(flags, mean, where)
  if (range !== null) return measured(range, where, flag)
  const variationText = flags[spread]
  const variation =
    variationText === undefined
      ? text === undefined
        ? plannedVariation
        : 0
      : parseNumber(variationText, spread === 'islCv' ? '--isl-cv' : '--osl-cv', {
          minimum: 0,
          maximum: largestVariation,
        })
  return {
    spec: variation === 0 ? mean : { kind: 'lognormal', mean, cv: variation },
    mean,
    variation,
  }
}

function rangeOf(flags: SimulateFlags, nominal: number, where: string): LengthSpec | null {
  const { rangeRatio, rangeAround } = flags
  if (rangeRatio === undefined && rangeAround === undefined) return null
  if (!Number.isInteger(nominal))
    throw new TokenwrightError('usage', `a range needs a whole number of tokens, the file has ${nominal}`, {
      where,
      fix: `add ${where}`,
    })
  return rangeRatio === undefined
    ? { kind: 'range-around', nominal, ratio: parseFraction(rangeAround!, '--range-around') }
    : { kind: 'range-below', nominal, ratio: parseFraction(rangeRatio, '--range-ratio') }
}

/** Mean and spread of whole numbers that are equally likely. */
function measured(spec: LengthSpec, where: string, what: string): OneLength {
  const { mean, minimum, maximum } = createLength(spec, where, what)
  const values = maximum - minimum + 1
  return { spec, mean, variation: Math.sqrt((values * values - 1) / 12) / mean }
}

/** Signs are no quantity to parse-quantity.ts. */
function correlationOf(text: string): number {
  const value = Number(text.trim().replace('−', '-'))
  if (text.trim() !== '' && value > -1 && value < 1) return value
  throw new TokenwrightError('number', `"${text}" is no correlation`, {
    where: '--length-correlation',
    fix: 'give a number between −1 and 1',
  })
}

export interface SharedPrefix {
  readonly spec: PrefixSpec
  /** Mean prompt tokens that are shared: what a cache finds once it has met each prefix. */
  readonly tokens: number
}

/** Null when prompts share nothing. Cached tokens of a plan become one prefix that all requests share. */
export function prefixOf(
  flags: SimulateFlags,
  inputTokens: number,
  plannedCached: number,
): SharedPrefix | null {
  const groups = flags.prefixGroups === undefined ? 1 : parseCount(flags.prefixGroups, '--prefix-groups')
  const zipf =
    flags.prefixZipf === undefined
      ? {}
      : { zipfExponent: parseNumber(flags.prefixZipf, '--prefix-zipf', { minimum: 0, maximum: 20 }) }
  if (flags.prefixShare !== undefined) {
    const share = parseFraction(flags.prefixShare, '--prefix-share')
    return share === 0 ? null : { spec: { groups, ...zipf, share }, tokens: share * inputTokens }
  }
  const tokens =
    flags.prefixTokens === undefined
      ? Math.round(plannedCached)
      : parseTokenCount(flags.prefixTokens, '--prefix-tokens')
  if (tokens === 0) return null
  if (tokens > inputTokens)
    throw new TokenwrightError(
      'number',
      `${tokens} shared tokens are more than the ${inputTokens} of the input`,
      {
        where: '--prefix-tokens',
        fix: 'shared tokens are part of the input: give --isl with them included',
      },
    )
  return { spec: { groups, ...zipf, tokens }, tokens }
}
