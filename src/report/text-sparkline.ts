/** A series in one line of a terminal: the higher, the fuller the character. */

const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/**
 * A series of equal bins as fewer columns, each the mean of its bins; more columns than bins repeat them. `lastBin` is the
 * part of the last bin that the run reached, 0 to 1: a short bin weighs less. Null where nothing is known.
 */
export function columnMeans(
  values: readonly (number | null)[],
  columns: number,
  lastBin = 1,
): (number | null)[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns)
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns))
    let sum = 0
    let weights = 0
    for (let bin = from; bin < to; bin++) {
      const value = values[bin] ?? null
      if (value === null) continue
      const weight = bin === values.length - 1 ? lastBin : 1
      sum += value * weight
      weights += weight
    }
    return weights > 0 ? sum / weights : null
  })
}

/** From 0 to the largest value; a space where nothing is known. */
export function renderSparkline(values: readonly (number | null)[]): string {
  const largest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
  return values
    .map(value => {
      if (value === null) return ' '
      if (largest === 0) return levels[0]!
      return levels[Math.min(levels.length - 1, Math.floor((value / largest) * levels.length))]!
    })
    .join('')
}
