/**
 * Request rates over time, and the time at which a rate has brought so many requests. Every curve is a chain of straight
 * pieces, so its running total is a chain of parabolas and is inverted exactly (Klein and Roberts 1984, "A time-varying
 * Poisson arrival process generator", for piecewise linear rates).
 */
import { hoursPerDay, plausibleMaximum } from '../core/units.ts'
import {
  checkedChoice,
  checkedFields,
  checkedKind,
  checkedList,
  checkedNumber,
  plausibleSeconds,
  specFault,
} from './spec-checks.ts'

export type RateSpec =
  /** Requests (or sessions) per second, for good. */
  | number
  /** Rates one after the other, even or sloping. After the last: stop (default), hold its rate, or repeat from the first. */
  | {
      readonly kind: 'series'
      readonly steps: readonly RateStep[]
      readonly after?: 'stop' | 'hold' | 'repeat'
    }
  /** Straight from one rate to another, then the latter for good. */
  | { readonly kind: 'ramp'; readonly from: number; readonly to: number; readonly seconds: number }
  /**
   * A day, again and again: 24 hourly weights as in data/hourly-shapes.json, of which only proportions matter, and the mean
   * rate over the day. linear (default): straight lines between the middles of the hours. steps: each hour its own rate.
   */
  | {
      readonly kind: 'day'
      readonly meanRate: number
      readonly hourly: readonly number[]
      /** Hour of the day at which the run starts, from 0; may be a fraction. */
      readonly startHour?: number
      readonly interpolation?: 'linear' | 'steps'
    }

export type RateStep =
  | { readonly seconds: number; readonly rate: number }
  | { readonly seconds: number; readonly from: number; readonly to: number }

/** A rate from its start on. Stateful: totals asked for must not fall. */
export interface RateCurve {
  /** Seconds from the start until so many requests are due in all; Infinity when there never are. */
  timeAt(total: number): number
  /** Brings any number of requests, given time. */
  readonly endless: boolean
}

interface Piece {
  readonly seconds: number
  readonly from: number
  readonly to: number
}

const plausibleRate = { minimum: 0, maximum: plausibleMaximum.ratePerSecond } as const
const stepSeconds = { minimum: 0, maximum: plausibleSeconds, above: true } as const
const rateFix = 'give requests per second above zero, e.g. 12'

/** Checks the description of a rate and makes it ready to be asked. */
export function createRateCurve(spec: RateSpec, where: string): RateCurve {
  if (typeof spec === 'number' || spec === undefined) {
    const rate = checkedNumber(spec, where, 'the rate per second', {
      ...plausibleRate,
      above: true,
    })
    return { timeAt: total => total / rate, endless: true }
  }
  checkedKind(spec, where, 'rate', ['series', 'ramp', 'day'])
  switch (spec.kind) {
    case 'series':
      return seriesCurve(spec, where)
    case 'ramp': {
      checkedFields(spec, where, 'a ramp', ['kind', 'from', 'to', 'seconds'])
      const from = checkedRate(spec.from, `${where}.from`)
      const to = checkedRate(spec.to, `${where}.to`)
      const seconds = checkedNumber(spec.seconds, `${where}.seconds`, 'seconds', stepSeconds)
      if (from === 0 && to === 0) throw specFault(where, 'the ramp brings no requests', rateFix)
      const pieces = [{ seconds, from, to }, ...(to > 0 ? [holding(to)] : [])]
      return pieceCurve(pieces, false)
    }
    case 'day':
      return dayCurve(spec, where)
  }
}

const checkedRate = (value: unknown, where: string) =>
  checkedNumber(value, where, 'the rate per second', plausibleRate)

const holding = (rate: number): Piece => ({ seconds: Number.POSITIVE_INFINITY, from: rate, to: rate })

function seriesCurve(spec: Extract<RateSpec, { kind: 'series' }>, where: string): RateCurve {
  checkedFields(spec, where, 'a rate series', ['kind', 'steps', 'after'])
  checkedChoice(spec.after, `${where}.after`, 'way to go on after a series', ['stop', 'hold', 'repeat'])
  checkedList(spec.steps, `${where}.steps`, 'the steps of a rate series')
  const pieces: Piece[] = spec.steps.map((step, index) => {
    const at = `${where}.steps[${index}]`
    const even = 'rate' in Object(step)
    checkedFields(step, at, 'a step of a rate series', even ? ['seconds', 'rate'] : ['seconds', 'from', 'to'])
    const seconds = checkedNumber(step.seconds, `${at}.seconds`, 'seconds', stepSeconds)
    if ('rate' in step) {
      const rate = checkedRate(step.rate, `${at}.rate`)
      return { seconds, from: rate, to: rate }
    }
    return { seconds, from: checkedRate(step.from, `${at}.from`), to: checkedRate(step.to, `${at}.to`) }
  })
  if (pieces.every(piece => piece.from === 0 && piece.to === 0))
    throw specFault(where, 'the rate series brings no requests', rateFix)
  const last = pieces[pieces.length - 1]!
  if (spec.after === 'hold' && last.to > 0) pieces.push(holding(last.to))
  return pieceCurve(pieces, spec.after === 'repeat')
}

function dayCurve(spec: Extract<RateSpec, { kind: 'day' }>, where: string): RateCurve {
  checkedFields(spec, where, 'a day of rates', ['kind', 'meanRate', 'hourly', 'startHour', 'interpolation'])
  checkedChoice(spec.interpolation, `${where}.interpolation`, 'interpolation of a day', ['linear', 'steps'])
  const meanRate = checkedNumber(spec.meanRate, `${where}.meanRate`, 'the mean rate per second', {
    ...plausibleRate,
    above: true,
  })
  const startHour = checkedNumber(spec.startHour ?? 0, `${where}.startHour`, 'the hour at the start', {
    minimum: 0,
    maximum: hoursPerDay,
  })
  checkedList(spec.hourly, `${where}.hourly`, 'hourly weights')
  const weights = spec.hourly.map((weight, hour) =>
    checkedNumber(weight, `${where}.hourly[${hour}]`, 'an hourly weight', plausibleRate),
  )
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / hoursPerDay
  if (weights.length !== hoursPerDay || !(mean > 0 && Number.isFinite(mean))) {
    throw specFault(
      `${where}.hourly`,
      weights.length === hoursPerDay
        ? 'the hourly weights add up to nothing'
        : `${weights.length} hourly weights`,
      `give ${hoursPerDay} weights, at least one above zero`,
    )
  }
  const rates = weights.map(weight => (weight / mean) * meanRate)
  const day = spec.interpolation === 'steps' ? steppedDay(rates) : linearDay(rates)
  return pieceCurve(turned(day, startHour * 3600), true)
}

function steppedDay(rates: readonly number[]): Piece[] {
  return rates.map(rate => ({ seconds: 3600, from: rate, to: rate }))
}

/**
 * From midnight, between the middles of the hours. The day's total is that of the weights; a single hour keeps
 * (previous + 6 × own + next)/8 of it.
 */
function linearDay(rates: readonly number[]): Piece[] {
  const midnight = (rates[hoursPerDay - 1]! + rates[0]!) / 2
  const pieces: Piece[] = [{ seconds: 1800, from: midnight, to: rates[0]! }]
  for (let hour = 1; hour < hoursPerDay; hour++) {
    pieces.push({ seconds: 3600, from: rates[hour - 1]!, to: rates[hour]! })
  }
  pieces.push({ seconds: 1800, from: rates[hoursPerDay - 1]!, to: midnight })
  return pieces
}

/** The same cycle, begun so many seconds later. */
function turned(pieces: readonly Piece[], startSeconds: number): Piece[] {
  const after: Piece[] = []
  const before: Piece[] = []
  let start = 0
  for (const piece of pieces) {
    const end = start + piece.seconds
    if (end <= startSeconds) before.push(piece)
    else if (start >= startSeconds) after.push(piece)
    else {
      const share = (startSeconds - start) / piece.seconds
      const middle = piece.from + share * (piece.to - piece.from)
      before.push({ seconds: startSeconds - start, from: piece.from, to: middle })
      after.push({ seconds: end - startSeconds, from: middle, to: piece.to })
    }
    start = end
  }
  return [...after, ...before]
}

function pieceCurve(pieces: readonly Piece[], repeat: boolean): RateCurve {
  const totals = pieces.map(piece => {
    const mean = (piece.from + piece.to) / 2
    return mean === 0 ? 0 : mean * piece.seconds
  })
  let index = 0
  let startSeconds = 0
  let startTotal = 0
  return {
    endless: repeat || totals[totals.length - 1] === Number.POSITIVE_INFINITY,
    timeAt(total) {
      while (total >= startTotal + totals[index]!) {
        if (!repeat && index === pieces.length - 1) return Number.POSITIVE_INFINITY
        startSeconds += pieces[index]!.seconds
        startTotal += totals[index]!
        index = (index + 1) % pieces.length
      }
      const { seconds, from, to } = pieces[index]!
      const due = total - startTotal
      if (due <= 0) return startSeconds
      if (from === to) return startSeconds + due / from
      // Solves from·t + slope·t²/2 = due, in the form that does not cancel when the slope is small.
      const slope = (to - from) / seconds
      const root = Math.sqrt(Math.max(0, from * from + 2 * slope * due))
      return startSeconds + Math.min(seconds, (2 * due) / (from + root))
    },
  }
}
