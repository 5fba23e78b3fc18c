/** A run in the list: the figures of its best load, in words. */
import type { BenchPoint, BenchResult } from '../../src/measure/bench-result.ts'
import type { ImportedRun } from '../../src/measure/interop/imported-run.ts'
import type { VerdictLevel } from '../../src/measure/verdict.ts'
import { headlineLatency, tokenRates } from '../../src/report/bench-facts.ts'
import { bestPoint } from '../../src/report/bench-headline.ts'
import {
  formatMilliseconds,
  formatSignificant,
  formatUsdPerMillionTokens,
  missing,
} from '../../src/report/format-number.ts'
import { formatShare } from '../../src/report/simulation-units.ts'
import type { RunContent } from './known-run.ts'

export interface RunRow {
  readonly started: string
  readonly model: string
  /** Engine, endpoint: below the model. */
  readonly where: string
  readonly load: string
  /** Of how many. */
  readonly loads: string
  readonly ttft: Spread
  readonly tpot: Spread
  readonly endToEnd: Spread
  readonly tokens: string
  readonly cost: string
  readonly goodput: string
  readonly verdict: VerdictLevel | null
  readonly why: string
}

/** Median, p95. */
export type Spread = readonly [p50: string, p95: string]

/** Null for a damaged run. */
export function rowOf(content: RunContent): RunRow | null {
  switch (content.kind) {
    case 'result':
      return rowOfResult(content.result)
    case 'imported':
      return rowOfImported(content.runs)
    case 'damaged':
      return null
  }
}

function rowOfResult(result: BenchResult): RunRow {
  const { endpoint, points, startedAt, verdict } = result
  const point = bestPoint(result) ?? points[0] ?? null
  const latency = point === null ? null : headlineLatency(result, point)
  return {
    started: timeText(startedAt),
    model: endpoint.model,
    where: [endpoint.engine, hostOf(endpoint.url)].filter(part => part !== null).join(' at '),
    load: point?.load.name ?? 'nothing was measured',
    loads: points.length > 1 ? `best of ${points.length} loads` : '',
    ttft: spreadOf(latency?.ttft),
    tpot: spreadOf(latency?.tpot),
    endToEnd: spreadOf(latency?.endToEnd),
    tokens: rate(point === null ? null : tokenRates(point).output),
    cost: formatUsdPerMillionTokens(point?.cost?.perMillionTokens.blended ?? null),
    goodput: goodputOf(result, point),
    verdict: point?.verdict.level ?? verdict.level,
    why: whyOf(point),
  }
}

function rowOfImported(runs: readonly ImportedRun[]): RunRow | null {
  const [run] = runs
  if (run === undefined) return null
  const { service, response } = run.latency
  const of = (metric: 'ttft' | 'tpot' | 'e2e') => spreadOf((response ?? service)[metric] ?? service[metric])
  return {
    started: timeText(run.startedAt),
    model: run.model ?? 'model not told',
    where: `measured by ${run.tool}${run.toolVersion === null ? '' : ` ${run.toolVersion}`}`,
    load: run.load.name,
    loads: runs.length > 1 ? `first of ${runs.length} loads` : '',
    ttft: of('ttft'),
    tpot: of('tpot'),
    endToEnd: of('e2e'),
    tokens: rate(run.rates.outputTokensPerSecond),
    cost: formatUsdPerMillionTokens(run.money.usdPerMillionTokens),
    goodput: missing,
    verdict: run.verdict?.level ?? null,
    why: run.verdict?.reasons[0] ?? '',
  }
}

function spreadOf(
  latency: { readonly p50Ms: number | null; readonly p95Ms: number | null } | undefined,
): Spread {
  return [formatMilliseconds(latency?.p50Ms ?? null), formatMilliseconds(latency?.p95Ms ?? null)]
}

function rate(value: number | null): string {
  return value === null ? missing : formatSignificant(value)
}

function goodputOf({ objectives }: BenchResult, point: BenchPoint | null): string {
  const share = point?.summary.goodput.share ?? null
  return objectives.length === 0 || share === null ? missing : formatShare(share)
}

/** The first reason; how many more there are. */
function whyOf(point: BenchPoint | null): string {
  const doubts = (point?.verdict.checks ?? []).filter(({ level }) => level !== 'valid')
  const [first, ...others] = doubts
  if (first === undefined) return ''
  return others.length === 0 ? first.finding : `${first.finding} (and ${others.length} more)`
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url
}

/** Minutes are enough, in the reader's own zone; as it was written where it is no date. */
export function timeText(iso: string | null): string {
  if (iso === null || iso === '') return 'no date'
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}
