/**
 * Writes docs/reference/bench-json.md from the types of the answer and their comments: `node scripts/bench-json-reference.ts`.
 * test/bench-json-reference.test.ts fails when the page is older than the types, or a real answer has a field it lacks.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

interface Source {
  readonly file: string
  readonly interfaces: readonly string[]
}

/** In reading order. What a run's summary and timeline hold is told by simulate-json.md, which has the same. */
const sources: readonly Source[] = [
  {
    file: 'measure/bench-result.ts',
    interfaces: ['BenchResult', 'EndpointFacts', 'BenchPoint', 'LoadPoint', 'ClientHealth', 'SelfTestErrors'],
  },
  { file: 'measure/percentile-interval.ts', interfaces: ['LatencyIntervals', 'PercentileInterval'] },
  {
    file: 'measure/token-account.ts',
    interfaces: ['TokenAccount', 'UsageTotals', 'CounterReconciliation', 'CounterRow'],
  },
  { file: 'measure/verdict.ts', interfaces: ['Verdict', 'VerdictCheck'] },
  { file: 'measure/measured-cost.ts', interfaces: ['MeasuredCost', 'ApiComparison'] },
  { file: 'measure/energy-result.ts', interfaces: ['EnergyResult'] },
  { file: 'measure/prediction-check.ts', interfaces: ['PredictionCheck', 'PredictionRow'] },
  { file: 'measure/transcription-result.ts', interfaces: ['TranscriptionResult'] },
  { file: 'measure/search-trace.ts', interfaces: ['SearchTrace', 'SearchStep'] },
]

interface Field {
  readonly name: string
  readonly type: string
  readonly comment: string
}

/** Fields of an interface of our own style: a comment above, one `readonly name: type` that may go over several lines. */
function fieldsOf(text: string, name: string): Field[] {
  const start = text.indexOf(`export interface ${name} {`)
  if (start < 0) throw new Error(`there is no interface ${name}`)
  const body = text.slice(text.indexOf('{', start) + 1, text.indexOf('\n}', start))
  const fields: Field[] = []
  let comment = ''
  let pending = ''
  let depth = 0
  for (const line of body.split('\n')) {
    const trimmed = line.trim()
    if (depth === 0 && pending === '' && (trimmed.startsWith('/**') || trimmed.startsWith('*'))) {
      comment += ` ${trimmed
        .replace(/^\/\*\*|\*\/$|^\*/g, '')
        .replace(/\*\/$/, '')
        .trim()}`
      continue
    }
    if (trimmed === '') continue
    if (depth > 0 && (trimmed.startsWith('/**') || trimmed.startsWith('*'))) continue
    const joint =
      pending === '' ? '' : depth > 0 && !pending.endsWith('{') && !trimmed.startsWith('}') ? '; ' : ' '
    pending += joint + trimmed
    depth += (trimmed.match(/[{(]/g) ?? []).length - (trimmed.match(/[})]/g) ?? []).length
    const whole = /^readonly (\w+)\??: (.+)$/.exec(pending)
    if (depth !== 0 || whole === null) continue
    fields.push({ name: whole[1]!, type: whole[2]!.replaceAll('readonly ', ''), comment: comment.trim() })
    comment = ''
    pending = ''
  }
  return fields
}

function headingComment(text: string, name: string): string {
  const before = text.slice(0, text.indexOf(`export interface ${name} {`))
  const match = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before)
  return (match?.[1] ?? '').replaceAll(/\s*\n\s*\*\s?/g, ' ').trim()
}

const cell = (text: string) => text.replaceAll('|', '\\|')

export function benchJsonReference(): string {
  const parts = [
    '# `bench --json`',
    '',
    '*Written by `node scripts/bench-json-reference.ts` from the types and their comments; do not edit.*',
    '',
    'The answer of `bench`, and `result.json` of `--out`. Units are in the names of the fields. `null` is what does not exist or was not asked for. A',
    "point's `summary` and `timeline` are those of a simulated run: [`simulate --json`](simulate-json.md) lists them; an `objective` is a metric",
    '(`ttft`, `tpot`, `e2e`), a statistic (`mean`, `p50` … `p99`) and `limitMs`. `curves` holds 201 quantiles of each latency, for figures. Every request with',
    'its raw times is in `requests.jsonl`, as [src/measure/observation.ts](../../src/measure/observation.ts) describes it. `allocation` is `billNanoUsd` and its parts',
    '`uncachedInputNanoUsd`, `cachedInputNanoUsd`, `outputNanoUsd` and `idleNanoUsd`: nano-dollars as decimal strings, which add up. `perMillionTokens` is in dollars.',
  ]
  for (const { file, interfaces } of sources) {
    const text = readFileSync(join(root, 'src', file), 'utf8')
    for (const name of interfaces) {
      const about = headingComment(text, name)
      parts.push(
        '',
        `## ${name}`,
        '',
        ...(about === '' ? [] : [about, '']),
        '| field | type | |',
        '|---|---|---|',
      )
      for (const field of fieldsOf(text, name))
        parts.push(`| \`${field.name}\` | \`${cell(field.type)}\` | ${cell(field.comment)} |`)
    }
  }
  return `${parts.join('\n')}\n`
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(root, 'docs/reference/bench-json.md'), benchJsonReference())
