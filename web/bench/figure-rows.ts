/** Numbers behind the figures of a run, as rows of a CSV with units in their names. */
import type { BenchPoint, BenchResult } from '../../src/measure/bench-result.ts'
import { headlineLatency, tokenRates } from '../../src/report/bench-facts.ts'

export type CsvRows = readonly (readonly (string | number | null)[])[]

export function curveRows({ curves }: BenchPoint): CsvRows {
  const { ttft, tpot, interToken, endToEnd } = curves ?? {}
  const last = Math.max(...[ttft, tpot, interToken, endToEnd].map(curve => curve?.length ?? 0)) - 1
  return [
    ['shareOfRequests', 'ttftMs', 'tpotMs', 'interTokenMs', 'endToEndMs'],
    ...Array.from({ length: last + 1 }, (_, index) => [
      Number((index / last).toFixed(4)),
      ...[ttft, tpot, interToken, endToEnd].map(curve => curve?.[index] ?? null),
    ]),
  ]
}

export function percentileRows({ clock }: BenchResult, { intervals }: BenchPoint): CsvRows {
  const open = clock === 'response'
  const of = {
    ttft: open ? intervals.ttftResponse : intervals.ttftService,
    tpot: intervals.tpot,
    endToEnd: open ? intervals.endToEndResponse : intervals.endToEndService,
  }
  return [
    ['latency', 'percentile', 'valueMs', 'lowMs', 'highMs'],
    ...Object.entries(of).flatMap(([name, found]) =>
      found.map(({ q, valueMs, lowMs, highMs }) => [name, q * 100, valueMs, lowMs, highMs]),
    ),
  ]
}

export function timelineRows({ timeline }: BenchPoint): CsvRows {
  const columns = [
    'inFlight',
    'inputTokensPerSecond',
    'outputTokensPerSecond',
    'requestsPerSecond',
    'goodRequestsPerSecond',
    'watts',
  ] as const
  return [
    ['seconds', ...columns],
    ...timeline.inFlight.map((_, bin) => [
      bin * timeline.binSeconds,
      ...columns.map(name => timeline[name][bin] ?? null),
    ]),
  ]
}

/** One row a load. */
export function loadRows(result: BenchResult): CsvRows {
  return [
    [
      'load',
      'ttftP50Ms',
      'ttftP95Ms',
      'tpotP50Ms',
      'tpotP95Ms',
      'tokensPerSecondPerUserP50',
      'outputTokensPerSecond',
      'totalTokensPerSecond',
      'usdPerMillionTokens',
      'verdict',
    ],
    ...result.points.map(point => {
      const { ttft, tpot } = headlineLatency(result, point)
      const rates = tokenRates(point)
      return [
        point.load.name,
        ttft.p50Ms,
        ttft.p95Ms,
        tpot.p50Ms,
        tpot.p95Ms,
        point.summary.interactivity.p50,
        rates.output,
        rates.total,
        point.cost?.perMillionTokens.blended ?? null,
        point.verdict.level,
      ]
    }),
  ]
}

export function billRows({ cost }: BenchPoint): CsvRows {
  return [
    ['part', 'nanoUsdOfBill'],
    ...Object.entries(cost?.allocation ?? {}).map(([name, nanoUsd]) => [
      name.replace('NanoUsd', ''),
      nanoUsd,
    ]),
  ]
}

export function loadFactorRows({ cost }: BenchPoint): CsvRows {
  return [
    ['shareOfThisLoad', 'usdPerMillionTokens'],
    ...(cost?.byLoadFactor ?? []).map(({ loadFactor, usdPerMillionTokens }) => [
      loadFactor,
      usdPerMillionTokens,
    ]),
  ]
}
