/**
 * Prompt and answer length of one request together: independent, tied by a rank correlation (Gaussian copula), or taken
 * from a list of pairs; and a jitter that breaks the lock-step of closed loops without moving the means.
 */
import type { RandomStream } from '../core/random.ts'
import { normalProbability } from '../core/special-functions.ts'
import { cumulativeWeights, pickCumulative } from './empirical.ts'
import {
  createLength,
  type LengthDistribution,
  type LengthSpec,
  longestText,
  wholeNumber,
} from './lengths.ts'
import { checkedFields, checkedList, checkedNumber, checkedOptional, specFault } from './spec-checks.ts'

export type JointLengthSpec =
  | {
      readonly input: LengthSpec
      readonly output: LengthSpec
      /** Spearman's rank correlation between them, in (−1, 1); 0 when left out. */
      readonly rankCorrelation?: number
    }
  /** [input, output] tokens as they occur together, equally likely or by weight. */
  | { readonly pairs: readonly (readonly [number, number])[]; readonly weights?: readonly number[] }

/** Where a draw is written, so that none is allocated. */
export interface LengthPair {
  inputTokens: number
  outputTokens: number
}

export interface JointLengths {
  readonly inputMean: number
  readonly outputMean: number
  /** No draw differs from another. */
  readonly fixed: boolean
  /** Prompt and answer have a stream each: changing the one does not shift the other. */
  draw(input: RandomStream, output: RandomStream, into: LengthPair): void
}

/**
 * Checks the description and makes it ready to draw from. With a jitter j, each length is multiplied by a factor that is
 * uniform in [1 − j, 1 + j], narrower where it would leave [1, maximum]: the mean stays.
 */
export function createJointLengths(spec: JointLengthSpec, where: string, jitter = 0): JointLengths {
  const lengths = 'pairs' in Object(spec) ? pairedLengths(spec, where) : separateLengths(spec, where)
  return jitter === 0 ? lengths.joint : jittered(lengths, jitter)
}

interface BoundedLengths {
  readonly joint: JointLengths
  /** What jitter may not exceed. A fixed length is no limit: Infinity. */
  readonly inputMaximum: number
  readonly outputMaximum: number
}

const tokenRange = { minimum: 1, maximum: longestText, whole: true } as const

function pairedLengths(spec: JointLengthSpec, where: string): BoundedLengths {
  const { pairs, weights } = spec as Extract<JointLengthSpec, { pairs: unknown }>
  checkedFields(spec, where, 'a list of length pairs', ['pairs', 'weights'])
  checkedList(pairs, `${where}.pairs`, 'pairs of lengths')
  const cumulative = cumulativeWeights(weights, pairs.length, where)
  const inputs = new Float64Array(pairs.length)
  const outputs = new Float64Array(pairs.length)
  const mean: LengthPair = { inputTokens: 0, outputTokens: 0 }
  for (const [index, pair] of pairs.entries()) {
    const at = `${where}.pairs[${index}]`
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw specFault(at, 'a pair of lengths has two entries', 'write [input tokens, output tokens]')
    }
    inputs[index] = checkedNumber(pair[0], at, 'input tokens', tokenRange)
    outputs[index] = checkedNumber(pair[1], at, 'output tokens', tokenRange)
    const weight = cumulative[index]! - (index === 0 ? 0 : cumulative[index - 1]!)
    mean.inputTokens += (weight * inputs[index]!) / cumulative[pairs.length - 1]!
    mean.outputTokens += (weight * outputs[index]!) / cumulative[pairs.length - 1]!
  }
  const fixed = inputs.every(value => value === inputs[0]) && outputs.every(value => value === outputs[0])
  const joint: JointLengths = {
    inputMean: mean.inputTokens,
    outputMean: mean.outputTokens,
    fixed,
    draw(input, _output, into) {
      const index = pickCumulative(cumulative, input.uniform())
      into.inputTokens = inputs[index]!
      into.outputTokens = outputs[index]!
    },
  }
  return { joint, inputMaximum: largest(inputs), outputMaximum: largest(outputs) }
}

/** The largest value, or Infinity when all are equal. */
function largest(values: Float64Array): number {
  const most = values.reduce((largestYet, value) => Math.max(largestYet, value), 0)
  return values.every(value => value === most) ? Number.POSITIVE_INFINITY : most
}

function separateLengths(spec: JointLengthSpec, where: string): BoundedLengths {
  checkedFields(spec, where, 'lengths', ['input', 'output', 'rankCorrelation'])
  const { input, output, rankCorrelation } = spec as Extract<JointLengthSpec, { input: unknown }>
  const inputLength = createLength(input, `${where}.input`, 'input tokens')
  const outputLength = createLength(output, `${where}.output`, 'output tokens')
  const correlation = checkedOptional(rankCorrelation, `${where}.rankCorrelation`, 'the rank correlation', {
    minimum: -1,
    maximum: 1,
  })
  return {
    joint: {
      inputMean: inputLength.mean,
      outputMean: outputLength.mean,
      fixed: inputLength.fixed && outputLength.fixed,
      draw: correlation
        ? tiedDraw(inputLength, outputLength, correlation)
        : freeDraw(inputLength, outputLength),
    },
    inputMaximum: inputLength.fixed ? Number.POSITIVE_INFINITY : inputLength.maximum,
    outputMaximum: outputLength.fixed ? Number.POSITIVE_INFINITY : outputLength.maximum,
  }
}

function freeDraw(inputLength: LengthDistribution, outputLength: LengthDistribution): JointLengths['draw'] {
  return (input, output, into) => {
    into.inputTokens = inputLength.draw(input)
    into.outputTokens = outputLength.draw(output)
  }
}

/**
 * Gaussian copula: two normal scores with correlation ρ pick the shares of the two distributions, which keep their
 * forms. Spearman's correlation r of the shares is (6/π) arcsin(ρ/2) (Pearson 1907; derived again in SCIRP 72063), so
 * ρ = 2 sin(πr/6). Exact for lengths without ties.
 */
function tiedDraw(
  inputLength: LengthDistribution,
  outputLength: LengthDistribution,
  rankCorrelation: number,
): JointLengths['draw'] {
  const rho = 2 * Math.sin((Math.PI * rankCorrelation) / 6)
  const rest = Math.sqrt(Math.max(0, 1 - rho * rho))
  return (input, output, into) => {
    const first = input.normal()
    const second = rho * first + rest * output.normal()
    into.inputTokens = inputLength.drawAt(normalProbability(first), input)
    into.outputTokens = outputLength.drawAt(normalProbability(second), output)
  }
}

function jittered({ joint, inputMaximum, outputMaximum }: BoundedLengths, jitter: number): JointLengths {
  const move = (length: number, limit: number, stream: RandomStream) => {
    const reach = Math.min(jitter * length, length - 1, limit - length)
    return wholeNumber(length + reach * (2 * stream.uniform() - 1), limit, stream)
  }
  return {
    inputMean: joint.inputMean,
    outputMean: joint.outputMean,
    fixed: false,
    draw(input, output, into) {
      joint.draw(input, output, into)
      into.inputTokens = move(into.inputTokens, inputMaximum, input)
      into.outputTokens = move(into.outputTokens, outputMaximum, output)
    },
  }
}
