/**
 * From dollars per hour to dollars per million tokens, in steps that add up: the lines of the bill, then what the tokens of
 * each class cost, the output's share laid over the parts of a decode step by their time.
 */
import type { Candidate } from '../../src/plan/types.ts'
import {
  formatSignificant,
  formatUsd,
  formatUsdPerMillionTokens,
  usdOfNano,
} from '../../src/report/format-number.ts'
import { stepPartNames } from '../../src/report/words.ts'
import type { BarRow } from '../figures/bar-row.ts'

/** Parts below this share of the whole are shown together. */
const smallShare = 0.02

interface Part {
  readonly name: string
  readonly value: number
}

/** The bill, line by line, and its sum. */
export function hourRows({ costRate }: Candidate): BarRow[] {
  const parts = costRate.lines
    .filter(line => line.nanoUsdPerHour > 0n)
    .map(line => ({ name: line.name, value: usdOfNano(line.nanoUsdPerHour) }))
  const total = usdOfNano(costRate.nanoUsdPerHour)
  return stacked(parts, { name: 'per hour', value: total }, value => `${formatUsd(value)}/h`)
}

/** What a million tokens of the mix cost, by what the time goes into. */
export function tokenRows(candidate: Candidate, shape: TokenMix): BarRow[] {
  const { cost } = candidate
  return stacked(
    gathered(tokenParts(candidate, shape), cost.blended),
    { name: 'per million tokens', value: cost.blended },
    formatUsdPerMillionTokens,
  )
}

export interface TokenMix {
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

/** Adds up to the blended cost: classes by their share of the tokens, and idle capacity. */
export function tokenParts({ cost, performance }: Candidate, shape: TokenMix): Part[] {
  const { inputTokens, cachedTokens, outputTokens } = shape
  const all = inputTokens + outputTokens
  const share = (perMillion: number | null, tokens: number) => ((perMillion ?? 0) * tokens) / all
  const output = share(cost.output, outputTokens)
  // Time that prefill takes out of decoding is input's, which has its own part.
  const steps = performance.step.parts.filter(
    part => part.name !== 'prefill-interference' && part.seconds > 0,
  )
  const seconds = steps.reduce((sum, part) => sum + part.seconds, 0)
  const outputParts =
    seconds > 0
      ? steps
          .toSorted((a, b) => b.seconds - a.seconds)
          .map(part => ({
            name: `output: ${stepPartNames[part.name]}`,
            value: (output * part.seconds) / seconds,
          }))
      : [{ name: 'output', value: output }]
  return [
    { name: 'input', value: share(cost.uncachedInput, inputTokens - cachedTokens) },
    { name: 'cached input', value: share(cost.cachedInput, cachedTokens) },
    ...outputParts,
    { name: 'idle capacity', value: cost.idle },
  ].filter(part => part.value > 0)
}

/** `÷ 30.7 Mtok per hour`: what leads from one sum to the other. */
export function divisionSentence({ costRate, cost }: Candidate): string {
  const millionTokensPerHour = usdOfNano(costRate.nanoUsdPerHour) / cost.blended
  const perSecond = (millionTokensPerHour * 1e6) / 3600
  return `÷ ${formatSignificant(millionTokensPerHour)} million tokens an hour (${formatSignificant(perSecond)} tokens/s × 3,600 s)`
}

function gathered(parts: readonly Part[], whole: number): Part[] {
  const large = parts.filter(part => part.value >= smallShare * whole)
  const rest = parts.filter(part => part.value < smallShare * whole)
  const value = rest.reduce((sum, part) => sum + part.value, 0)
  if (rest.length < 2) return [...parts]
  return [...large, { name: `${rest.length} smaller parts`, value }]
}

function stacked(parts: readonly Part[], total: Part, text: (value: number) => string): BarRow[] {
  let from = 0
  const rows = parts.map(({ name, value }): BarRow => {
    const start = from
    from += value
    return { name, from: start, to: from, text: text(value), kind: 'part' }
  })
  return [...rows, { name: total.name, from: 0, to: total.value, text: text(total.value), kind: 'total' }]
}
