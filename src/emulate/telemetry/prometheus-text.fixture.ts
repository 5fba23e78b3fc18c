/** A small strict reader of Prometheus text 0.0.4, for tests: throws at whatever a scraper would stumble over. */
import { assert } from '../../core/assert.ts'

export interface ParsedSample {
  /** As written, `_bucket`, `_count` and `_sum` included. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ParsedFamily {
  readonly type: string
  readonly samples: ParsedSample[]
}

const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\\\|\\n|\\")*)"(,|$)/y

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  labelPattern.lastIndex = 0
  while (labelPattern.lastIndex < text.length) {
    const match = labelPattern.exec(text)
    assert(match !== null, `labels: ${text}`)
    assert(!(match[1]! in labels), `label twice: ${text}`)
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign))
  }
  return labels
}

function parseValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  assert(text === 'NaN' || /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text), `value: ${text}`)
  return Number(text)
}

export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  assert(text === '' || text.endsWith('\n'), 'the last line ends')
  const families = new Map<string, ParsedFamily>()
  const seen = new Set<string>()
  let current = ''
  for (const line of text.split('\n').slice(0, -1)) {
    if (line.startsWith('# HELP ')) continue
    if (line.startsWith('# TYPE ')) {
      const [, , name, type] = line.split(' ') as [string, string, string, string]
      assert(!families.has(name), `family twice: ${name}`)
      families.set(name, { type, samples: [] })
      current = name
      continue
    }
    const match = samplePattern.exec(line)
    assert(match !== null, `line: ${line}`)
    const name = match[1]!
    const family = families.get(current)!
    const suffixes = family.type === 'histogram' ? ['_bucket', '_count', '_sum'] : ['']
    assert(
      suffixes.some(suffix => name === current + suffix),
      `${name} stands under ${current}`,
    )
    const key = line.slice(0, line.lastIndexOf(' '))
    assert(!seen.has(key), `series twice: ${key}`)
    seen.add(key)
    family.samples.push({ name, labels: parseLabels(match[2] ?? ''), value: parseValue(match[3]!) })
  }
  return families
}

/** Value of the one series with these labels (others may be there too). */
export function sampleValue(
  families: Map<string, ParsedFamily>,
  family: string,
  labels: Readonly<Record<string, string>> = {},
  suffix = '',
): number {
  const found = (families.get(family)?.samples ?? []).filter(
    sample =>
      sample.name === family + suffix &&
      Object.entries(labels).every(([name, value]) => sample.labels[name] === value),
  )
  assert(found.length === 1, `${found.length} series of ${family}${suffix} ${JSON.stringify(labels)}`)
  return found[0]!.value
}

/** Throws unless buckets are cumulative, end in +Inf and agree with the count. */
export function checkHistograms(families: Map<string, ParsedFamily>): number {
  let checked = 0
  for (const [name, { type, samples }] of families) {
    if (type !== 'histogram') continue
    const series = Map.groupBy(samples, ({ labels }) => {
      const { le: _, ...rest } = labels
      return JSON.stringify(rest)
    })
    for (const group of series.values()) {
      const buckets = group.filter(sample => sample.name === `${name}_bucket`)
      const count = group.find(sample => sample.name === `${name}_count`)!.value
      const bounds = buckets.map(({ labels }) => parseValue(labels.le!))
      assert(
        bounds.every((bound, index) => index === 0 || bound > bounds[index - 1]!),
        `${name}: bounds rise`,
      )
      assert(
        buckets.every(({ value }, index) => index === 0 || value >= buckets[index - 1]!.value),
        `${name}: buckets are cumulative`,
      )
      assert(bounds.at(-1) === Number.POSITIVE_INFINITY, `${name}: ends in +Inf`)
      assert(buckets.at(-1)!.value === count, `${name}: +Inf is the count`)
      assert(group.filter(sample => sample.name === `${name}_sum`).length === 1, `${name}: has a sum`)
      checked++
    }
  }
  return checked
}
