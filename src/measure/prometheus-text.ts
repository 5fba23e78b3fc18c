/**
 * Reads what engines and exporters serve under /metrics: the Prometheus text format 0.0.4 and OpenMetrics 1.0
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Tolerant: a line it cannot read is counted and skipped,
 * because one bad line of an exporter must not cost a measurement. Time stamps and exemplars are passed over: samples are
 * as old as their scrape.
 */

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  /** As written: histograms come as `_bucket`, `_sum` and `_count`. */
  readonly name: string
  readonly labels: Labels
  /** May be NaN or infinite. */
  readonly value: number
}

export interface Exposition {
  readonly samples: readonly Sample[]
  /** Lines that are neither samples nor comments. */
  readonly badLines: number
}

const noLabels: Labels = Object.freeze({})

/** All samples of a text; with `wanted`, of those names only: labels of the others are not even read. */
export function parseExposition(text: string, wanted?: (name: string) => boolean): Exposition {
  const samples: Sample[] = []
  let badLines = 0
  let start = 0
  while (start < text.length) {
    let end = text.indexOf('\n', start)
    if (end === -1) end = text.length
    const from = skipBlanks(text, start, end)
    if (from < end && text[from] !== '#' && text[from] !== '\r') {
      const sample = parseLine(text, from, end, wanted)
      if (sample === null) badLines++
      else if (sample !== unwanted) samples.push(sample)
    }
    start = end + 1
  }
  return { samples, badLines }
}

/**
 * Sum of a metric over its series that have these labels (others may be there too); null when there is none. Values that
 * are not finite count as absent.
 */
export function sumOf(samples: readonly Sample[], name: string, labels: Labels = noLabels): number | null {
  let sum: number | null = null
  for (const sample of samples) {
    if (sample.name !== name || !Number.isFinite(sample.value)) continue
    if (hasLabels(sample, labels)) sum = (sum ?? 0) + sample.value
  }
  return sum
}

export function hasLabels(sample: Sample, labels: Labels): boolean {
  for (const name in labels) if (sample.labels[name] !== labels[name]) return false
  return true
}

/** Stands for a sample whose name nobody asked for. */
const unwanted: Sample = { name: '', labels: noLabels, value: 0 }

function parseLine(
  text: string,
  start: number,
  end: number,
  wanted: ((name: string) => boolean) | undefined,
): Sample | null {
  let at = start
  while (at < end && isNameCharacter(text.charCodeAt(at))) at++
  let name = text.slice(start, at)
  if (name !== '' && wanted !== undefined && !wanted(name)) return unwanted
  at = skipBlanks(text, at, end)
  let labels = noLabels
  if (text[at] === '{') {
    const block = parseLabels(text, at + 1, end)
    if (block === null) return null
    // Names outside the old alphabet stand quoted within the braces (OpenMetrics, UTF-8 names).
    if (name === '') name = block.quotedName
    if (name !== '' && wanted !== undefined && !wanted(name)) return unwanted
    labels = block.labels
    at = skipBlanks(text, block.end, end)
  } else if (at === start + name.length) return null
  if (name === '') return null
  let valueEnd = at
  while (valueEnd < end && !isBlank(text.charCodeAt(valueEnd))) valueEnd++
  const value = parseValue(text.slice(at, valueEnd))
  return value === null ? null : { name, labels, value }
}

interface LabelBlock {
  readonly labels: Labels
  readonly quotedName: string
  /** Behind the closing brace. */
  readonly end: number
}

function parseLabels(text: string, start: number, end: number): LabelBlock | null {
  const labels: Record<string, string> = {}
  let quotedName = ''
  let at = skipBlanks(text, start, end)
  while (at < end) {
    if (text[at] === '}') return { labels, quotedName, end: at + 1 }
    let name: string
    if (text[at] === '"') {
      const quoted = parseQuoted(text, at + 1, end)
      if (quoted === null) return null
      name = quoted.value
      at = skipBlanks(text, quoted.end, end)
    } else {
      const from = at
      while (at < end && isNameCharacter(text.charCodeAt(at))) at++
      name = text.slice(from, at)
      if (name === '') return null
      at = skipBlanks(text, at, end)
    }
    if (text[at] === '=') {
      at = skipBlanks(text, at + 1, end)
      if (text[at] !== '"') return null
      const quoted = parseQuoted(text, at + 1, end)
      if (quoted === null) return null
      labels[name] = quoted.value
      at = skipBlanks(text, quoted.end, end)
    } else quotedName = name
    if (text[at] === ',') at = skipBlanks(text, at + 1, end)
    else if (text[at] !== '}') return null
  }
  return null
}

/** From behind the opening quote; null when it does not close on this line. */
function parseQuoted(
  text: string,
  start: number,
  end: number,
): { readonly value: string; readonly end: number } | null {
  // Scanned within the line: looking for a sign that is nowhere would cost the whole rest of the text.
  let plain = start
  while (plain < end && text.charCodeAt(plain) !== 34 && text.charCodeAt(plain) !== 92) plain++
  if (plain < end && text.charCodeAt(plain) === 34) return { value: text.slice(start, plain), end: plain + 1 }
  let value = ''
  for (let at = start; at < end; at++) {
    const sign = text[at]!
    if (sign === '"') return { value, end: at + 1 }
    if (sign !== '\\') {
      value += sign
      continue
    }
    at++
    if (at >= end) return null
    value += text[at] === 'n' ? '\n' : text[at]
  }
  return null
}

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const infinitePattern = /^([+-]?)inf(inity)?$/i

function parseValue(text: string): number | null {
  if (numberPattern.test(text)) return Number(text)
  if (/^nan$/i.test(text)) return Number.NaN
  const infinite = infinitePattern.exec(text)
  if (infinite === null) return null
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

function skipBlanks(text: string, start: number, end: number): number {
  let at = start
  while (at < end && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) at++
  return at
}

/** A carriage return ends a value, too: some servers write \r\n. */
function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13
}

/** [a-zA-Z0-9_:], and the dot that some exporters use. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 58) ||
    code === 95 ||
    code === 46
  )
}
