/**
 * Prometheus text format 0.0.4, written as the engines' Python client writes it: labels in alphabetical order, whole
 * numbers with `.0`, also in `le`. Own code rather than prom-client's because prom-client hands its text out by promise
 * only, writes le="1" where engines write le="1.0" (label values are compared as text), and cannot count one value many
 * times at once. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { Histogram } from './histogram.ts'

/** Content-Type of the text. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

export interface Series {
  readonly labels: Labels
  /** Text is written as it is. */
  readonly value: number | string | Histogram
}

export interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly series: readonly Series[]
}

/** alphabetical: as Python's client. given: as they stand, for exporters that write them in an order of their own. */
export type LabelOrder = 'alphabetical' | 'given'

/** The whole text; families without series are left out. */
export function exposition(families: readonly Family[], order: LabelOrder = 'alphabetical'): string {
  const lines: string[] = []
  for (const { name, type, help, series } of families) {
    if (series.length === 0) continue
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`)
    for (const { labels, value } of series) {
      if (typeof value === 'object') pushHistogram(lines, name, labels, value)
      else
        lines.push(
          `${name}${labelText(labels, order)} ${typeof value === 'number' ? numberText(value) : value}`,
        )
    }
  }
  lines.push('')
  return lines.join('\n')
}

function pushHistogram(lines: string[], name: string, labels: Labels, histogram: Histogram): void {
  // The label text is built once, with a mark where each bucket's bound goes.
  const [before, after] = labelText({ ...labels, le: '\u0000' }, 'alphabetical').split('\u0000') as [
    string,
    string,
  ]
  const plain = labelText(labels, 'alphabetical')
  const { bounds, counts } = histogram
  let cumulative = 0
  for (let index = 0; index < bounds.length; index++) {
    cumulative += counts[index]!
    lines.push(`${name}_bucket${before}${numberText(bounds[index]!)}${after} ${numberText(cumulative)}`)
  }
  lines.push(
    `${name}_bucket${before}+Inf${after} ${numberText(histogram.count)}`,
    `${name}_count${plain} ${numberText(histogram.count)}`,
    `${name}_sum${plain} ${numberText(histogram.sum)}`,
  )
}

function labelText(labels: Labels, order: LabelOrder): string {
  const names = Object.keys(labels)
  if (names.length === 0) return ''
  if (order === 'alphabetical') names.sort()
  return `{${names.map(name => `${name}="${escapeLabel(labels[name]!)}"`).join(',')}}`
}

/** As Python writes a float, as far as Prometheus cares. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return `${value}.0`
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
