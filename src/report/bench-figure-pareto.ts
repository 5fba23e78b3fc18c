/** Cost against interactivity over all loads of a measurement, as SVG. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import type { VerdictLevel } from '../measure/verdict.ts'
import { isSpeech, tokenRates } from './bench-facts.ts'
import { figureWidth, shortLoadName } from './bench-figure-parts.ts'
import { bestPoint } from './bench-headline.ts'
import { formatSignificant, formatUsd, formatUsdPerMillionTokens } from './format-number.ts'
import type { Markup } from './markup.ts'
import { type PointMark, type ScatterBand, type ScatterPoint, scatterFigure } from './svg-scatter.ts'

const marks: Readonly<Record<VerdictLevel, PointMark>> = {
  valid: 'dot',
  suspect: 'diamond',
  invalid: 'cross',
}

/** Costs of a few loads fall like 1 ÷ users: already from here on they would crowd at the foot of a linear axis. */
const logSpan = 5

interface Quantity {
  readonly label: string
  readonly of: (point: BenchPoint) => number | null
  readonly text: (value: number) => string
}

const interactivity: Quantity = {
  label: 'tokens/s per user (1 ÷ TPOT p50)',
  of: ({ summary }) => summary.interactivity.p50,
  text: value => `${formatSignificant(value)} tokens/s per user`,
}
const audioSpeed: Quantity = {
  label: 'times as fast as a file plays',
  of: ({ transcription }) => transcription?.realTimeFactorMean ?? null,
  text: value => `${formatSignificant(value)} × as fast as a file plays`,
}
const tokenCost: Quantity = {
  label: '$ per million tokens',
  of: ({ cost }) => cost?.perMillionTokens.blended ?? null,
  text: value => `${formatUsdPerMillionTokens(value)} per million tokens`,
}
const audioCost: Quantity = {
  label: '$ per hour of audio',
  of: ({ transcription }) => transcription?.usdPerAudioHour ?? null,
  text: value => `${formatUsd(value)} per hour of audio`,
}
const throughput: Quantity = {
  label: 'tokens/s (input + output)',
  of: point => tokenRates(point).total,
  text: value => `${formatSignificant(value)} tokens/s`,
}
const audioThroughput: Quantity = {
  label: 'hours of audio per hour',
  of: ({ transcription }) => transcription?.realTimeFactorThroughput ?? null,
  text: value => `${formatSignificant(value)} hours of audio per hour`,
}

/** What the figure shows: dollars when every drawn load has a price, else throughput. */
export function paretoQuantities(result: BenchResult): {
  readonly x: Quantity
  readonly y: Quantity
  readonly priced: boolean
} {
  const speech = isSpeech(result)
  const price = speech ? audioCost : tokenCost
  const priced = result.points.some(point => price.of(point) !== null)
  return {
    x: speech ? audioSpeed : interactivity,
    y: priced ? price : speech ? audioThroughput : throughput,
    priced,
  }
}

/** One point a load, its verdict in shape and word. Null where fewer than two things are to be compared. */
export function paretoFigure(result: BenchResult): Markup | null {
  const { x, y, priced } = paretoQuantities(result)
  const best = bestPoint(result)
  const placed = result.points.flatMap(point => {
    const [across, up] = [x.of(point), y.of(point)]
    return across === null || up === null ? [] : [{ point, x: across, y: up }]
  })
  const band = priced ? predictedBand(result) : []
  if (placed.length + band.length < 2) return null
  const beats = (a: number, b: number) => (priced ? a < b : a > b)
  const onFront = (one: (typeof placed)[number]) =>
    !placed.some(
      other =>
        other !== one &&
        other.x >= one.x &&
        !beats(one.y, other.y) &&
        (other.x > one.x || beats(other.y, one.y)),
    )
  const points = placed.map((one): ScatterPoint => {
    const { load, verdict } = one.point
    const name = shortLoadName(load)
    return {
      x: one.x,
      y: one.y,
      title: `${name}: ${x.text(one.x)}, ${y.text(one.y)}; ${verdict.level}`,
      label: verdict.level === 'valid' ? name : `${name}, ${verdict.level}`,
      role: one.point === best ? 'chosen' : onFront(one) ? 'front' : 'other',
      mark: marks[verdict.level],
      named: true,
    }
  })
  return scatterFigure(points, {
    title: priced ? 'Cost against interactivity' : 'Throughput against interactivity',
    description: points.map(({ title }) => title).join('. '),
    xLabel: x.label,
    yLabel: y.label,
    band,
    width: figureWidth,
    logFrom: logSpan,
  })
}

/** Whether the figure has a band, for its caption. */
export function hasPredictedBand(result: BenchResult): boolean {
  return paretoQuantities(result).priced && predictedBand(result).length > 0
}

/** Dollars as the plan predicted them, where it predicted the speed of a user. */
function predictedBand(result: BenchResult): ScatterBand[] {
  if (isSpeech(result)) return []
  return result.points.flatMap(({ prediction }) => {
    const row = (name: string) => prediction?.rows.find(one => one.name === name)
    const cost = row('usd per million tokens')
    const tpot = row('TPOT mean')
    if (cost === undefined || tpot === undefined || !(tpot.predicted > 0)) return []
    const { predicted, low, high } = cost
    return low === null || high === null ? [] : [{ x: 1000 / tpot.predicted, low, value: predicted, high }]
  })
}
