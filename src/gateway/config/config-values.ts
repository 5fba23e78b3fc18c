/** The kinds of values in a configuration file, each with its bounds and words for what is wrong. */
import { z } from 'zod'
import { rationalFromDecimal } from '../../core/rational.ts'

/** Timers of Node count in 32 bits: a longer one would end at once. */
const longestTimerMs = 2 ** 31 - 1
const longestTimerSeconds = Math.floor(longestTimerMs / 1000)
/** Whole numbers beyond this are not exact. */
const largestCount = Number.MAX_SAFE_INTEGER

export const text = z.string().min(1).max(1000)
export const share = z.number().min(0).max(1)
export const positive = z.number().positive()
export const amount = z.number().min(0)
export const count = z.int().min(1).max(largestCount)
export const countOrZero = z.int().min(0).max(largestCount)
export const timerMs = z.number().min(1).max(longestTimerMs)
export const timerSeconds = z.number().min(0.001).max(longestTimerSeconds)
export const timerSecondsOrZero = z.number().min(0).max(longestTimerSeconds)
export const port = z.int().min(0).max(65535)

const nameForm = 'letters, digits and . @ : _ -, 100 at most, a letter or digit first'
/** No slash: a candidate is called `deployment/replica`. */
export const name = z.string().regex(/^[A-Za-z0-9][\w.@:-]{0,99}$/, nameForm)
/** Names of models do have slashes: `meta-llama/Llama-3.1-70B-Instruct`. */
export const alias = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.@:/+-]{0,199}$/,
    'letters, digits and . @ : _ / + -, 200 at most, a letter or digit first',
  )

/** Dollars as they are written: a number, or a text where every digit counts. */
export const decimalUsd = z.preprocess(
  value => (typeof value === 'number' && Number.isFinite(value) ? String(value) : value),
  z
    .string({ error: 'expected dollars: a number, or a decimal text' })
    .refine(
      value => /^[\d.e+-]{1,40}$/i.test(value) && (rationalFromDecimal(value)?.numerator ?? -1n) >= 0n,
      'expected dollars, 0 or more, such as 0.25 or "0.25"',
    ),
)

/** A short form of an object: `sqlite` for `{ kind: sqlite }`. */
export function shortFor<Schema extends z.ZodType>(field: string, schema: Schema) {
  return z.preprocess(value => (typeof value === 'string' ? { [field]: value } : value), schema)
}
