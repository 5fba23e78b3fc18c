/** Where an axis is labelled: round numbers that cover a range. */

export interface Axis {
  readonly scale: 'linear' | 'log'
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
}

/** Values that span more than this factor are drawn on a logarithmic axis. */
const logSpan = 25

/** Linear from zero, or logarithmic when the values span more than this factor: by default decades. */
export function axisFor(values: readonly number[], aboutTicks: number, span = logSpan): Axis {
  const finite = values.filter(value => Number.isFinite(value))
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  return low > 0 && high / low > span ? logAxis(low, high) : linearAxis(values, aboutTicks, true)
}

/** Ticks at 1, 2 and 5 of every decade; only at 1 when there are many decades. Values are above zero. */
export function logAxis(low: number, high: number): Axis {
  const steps = high / low > 2000 ? [1] : high / low > 200 ? [1, 3] : [1, 2, 5]
  const candidates: number[] = []
  // A decade more at both ends: the logarithm of a value beside a power of ten is rounded to that power.
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power++) {
    for (const step of steps) candidates.push(withoutDust(step * 10 ** power))
  }
  const first = candidates.findLastIndex(tick => tick <= low)
  const last = candidates.findIndex(tick => tick >= high)
  const ticks = candidates.slice(first, last + 1)
  return { scale: 'log', low: ticks[0]!, high: ticks.at(-1)!, ticks }
}

/** Steps of 1, 2 or 5 times a power of ten, about so many of them; the range ends on ticks. */
export function linearAxis(values: readonly number[], aboutTicks: number, fromZero = false): Axis {
  const finite = values.filter(Number.isFinite)
  let low = fromZero ? Math.min(0, ...finite) : Math.min(...finite)
  let high = Math.max(...finite)
  if (finite.length === 0) [low, high] = [0, 1]
  if (high === low) {
    const margin = Math.abs(high) / 2 || 1
    if (!fromZero) low -= margin
    high += margin
  }
  const step = roundStep((high - low) / Math.max(1, aboutTicks))
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => withoutDust((first + index) * step))
  return { scale: 'linear', low: ticks[0]!, high: ticks.at(-1)!, ticks }
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const mantissa = rough / power
  const rounded = mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10
  return rounded * power
}

function withoutDust(value: number): number {
  return Number(value.toPrecision(12))
}

/** Tick label: as many decimals as the axis' step needs; on a logarithmic axis as many as the tick itself needs. */
export function tickLabel(value: number, axis: Axis): string {
  const linearStep = axis.ticks.length > 1 ? axis.ticks[1]! - axis.ticks[0]! : 1
  const step = axis.scale === 'log' ? value : linearStep
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.')
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${value < 0 ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`
}

/** Position of a value on the axis, 0 at its low end and 1 at its high end. */
export function positionOn(axis: Axis, value: number): number {
  if (axis.scale === 'log') return Math.log(value / axis.low) / Math.log(axis.high / axis.low)
  return (value - axis.low) / (axis.high - axis.low)
}
