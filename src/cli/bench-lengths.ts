/** Lengths and shared prefixes of the requests that `bench` makes up. */
import { TokenwrightError } from '../core/errors.ts'
import { parseCount, parseFraction, parseTokenCount } from '../core/parse-quantity.ts'
import type { JointLengthSpec } from '../workload/joint-lengths.ts'
import type { LengthSpec } from '../workload/lengths.ts'
import type { PrefixSpec } from '../workload/prefix-groups.ts'
import type { BenchFlags } from './bench-flags.ts'
import { positiveTokens } from './plan-request.ts'

export interface AskedLengths {
  readonly joint: JointLengthSpec & { readonly input: LengthSpec; readonly output: LengthSpec }
  /** What later turns of a conversation add; null: as the first. */
  readonly laterInput: LengthSpec | null
  readonly prefix: PrefixSpec | null
}

/** The example of the issue of every load generator: a page in, a paragraph out (assumed). */
const defaultInputTokens = '1024'
const defaultOutputTokens = '256'

export function askedLengths(flags: BenchFlags): AskedLengths {
  return {
    joint: {
      input: lengthOf(flags.isl ?? defaultInputTokens, flags.islStddev, flags.rangeRatio, 'isl'),
      output: lengthOf(flags.osl ?? defaultOutputTokens, flags.oslStddev, flags.rangeRatio, 'osl'),
    },
    laterInput:
      flags.turnIsl === undefined ? null : lengthOf(flags.turnIsl, undefined, undefined, 'turn-isl'),
    prefix: prefixOf(flags),
  }
}

function lengthOf(
  meanText: string,
  deviationText: string | undefined,
  ratioText: string | undefined,
  flag: string,
): LengthSpec {
  const mean = positiveTokens(meanText, `--${flag}`)
  if (deviationText !== undefined && ratioText !== undefined)
    throw new TokenwrightError('usage', `--range-ratio and --${flag}-stddev contradict each other`, {
      where: '--range-ratio',
      fix: 'both say how lengths spread: drop one of them',
    })
  if (ratioText !== undefined)
    return { kind: 'range-below', nominal: mean, ratio: parseFraction(ratioText, '--range-ratio') }
  const deviation = deviationText === undefined ? 0 : parseTokenCount(deviationText, `--${flag}-stddev`)
  if (deviation === 0) return mean
  return { kind: 'normal', mean, cv: deviation / mean, minimum: 1 }
}

function prefixOf({ prefixPromptLength, numPrefixPrompts }: BenchFlags): PrefixSpec | null {
  if (prefixPromptLength === undefined) {
    if (numPrefixPrompts === undefined) return null
    throw new TokenwrightError('usage', '--num-prefix-prompts says nothing without a length', {
      where: '--num-prefix-prompts',
      fix: 'add --prefix-prompt-length 1000',
    })
  }
  return {
    groups: numPrefixPrompts === undefined ? 1 : parseCount(numPrefixPrompts, '--num-prefix-prompts'),
    tokens: positiveTokens(prefixPromptLength, '--prefix-prompt-length'),
  }
}
