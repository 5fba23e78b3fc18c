/** How far a measurement can be trusted, as rows of words: checks, tokens by everyone who counted, the load generator itself. */
import type { BenchPoint, BenchResult } from '../measure/bench-result.ts'
import type { VerdictCheck } from '../measure/verdict.ts'
import {
  formatCount,
  formatMilliseconds,
  formatPercent,
  formatSignificant,
  missing,
  plural,
} from './format-number.ts'
import type { Pair, Table } from './plan-facts.ts'

const right = { align: 'right' } as const

/** Checks that did not pass, worst first, as sentences. */
export function verdictLines(checks: readonly VerdictCheck[]): string[] {
  return checks
    .filter(({ level }) => level !== 'valid')
    .map(({ level, finding, fix }) =>
      [`${level}: ${withStop(finding)}`, fix].filter(part => part !== '').join(' '),
    )
}

function withStop(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}

/** Every check that was made, those that passed too. */
export function checkTable(checks: readonly VerdictCheck[]): Table {
  return {
    columns: [
      { header: 'check' },
      { header: '' },
      { header: 'value', ...right },
      { header: 'limit', ...right },
      { header: 'what was seen, and what to do' },
    ],
    rows: checks.map(({ check, level, value, limit, unit, finding, fix }) => [
      check.replaceAll('-', ' '),
      level,
      checkedFigure(value, unit),
      limit === null ? missing : `${check === 'sample-size' ? '≥' : '≤'} ${checkedFigure(limit, unit)}`,
      [withStop(finding), fix].filter(part => part !== '').join(' '),
    ]),
  }
}

function checkedFigure(value: number | null, unit: string): string {
  if (value === null) return missing
  if (unit === 'ms') return formatMilliseconds(value)
  if (unit.startsWith('share') || unit.startsWith('change')) return formatPercent(value)
  return Number.isInteger(value) ? formatCount(value) : formatSignificant(value)
}

/** What every party counted, and whether they agree. */
export function tokenPairs({ tokens, summary }: BenchPoint): Pair[] {
  const { server, client, counters } = tokens
  const parts = (words: readonly (string | null)[]) => words.filter(word => word !== null).join('; ')
  const cached =
    server.cachedTokens > 0 && server.inputTokens > 0
      ? `, ${formatPercent(server.cachedTokens / server.inputTokens)} of them cached`
      : ''
  const reasoning =
    server.reasoningTokens > 0 ? `, ${formatCount(server.reasoningTokens)} of them reasoning` : ''
  const pairs: Pair[] = [
    [
      'input',
      parts([
        `${formatCount(server.inputTokens)} by the server's usage${cached}`,
        server.inputAudioTokens > 0 ? `${formatCount(server.inputAudioTokens)} of audio` : null,
        `${formatCount(tokens.askedInputTokens)} asked for`,
      ]),
    ],
    [
      'output',
      parts([
        `${formatCount(server.outputTokens)} by the server's usage${reasoning}`,
        `${formatCount(tokens.askedOutputTokens)} asked for`,
        `${plural(client.contentChunks, 'chunk')} received`,
        client.tokens === null
          ? null
          : `${formatCount(client.tokens)} by ${client.tokenizer ?? 'the client'}`,
      ]),
    ],
  ]
  if (tokens.requestsWithoutUsage > 0)
    pairs.push([
      'without usage',
      `${formatCount(tokens.requestsWithoutUsage)} of ${plural(summary.wholeRun.requests, 'answer')}`,
    ])
  if (counters !== null)
    pairs.push([
      'server counters',
      counters.reconciles
        ? `agree with what was received (${counters.engine})`
        : `do not agree (${counters.engine})${counters.explanation === '' ? '' : `: ${counters.explanation}`}`,
    ])
  return pairs
}

/** The engine's own counters beside what its answers said. */
export function counterTable({ tokens: { counters } }: BenchPoint): Table {
  return {
    columns: [
      { header: 'counted' },
      { header: 'server', ...right },
      { header: 'its answers', ...right },
      { header: 'residual', ...right },
      { header: 'metric' },
    ],
    rows: (counters?.rows ?? []).map(({ name, metric, server, client, residual }) => [
      name,
      formatCount(server),
      formatCount(client),
      residual === 0 ? '0' : `${residual < 0 ? '−' : '+'}${formatCount(Math.abs(residual))}`,
      metric,
    ]),
  }
}

/** How the load generator itself did. */
export function clientPairs({ client }: BenchPoint): Pair[] {
  const { scheduleLateness: late, eventLoopDelay, askedRequestsPerSecond: asked } = client
  const perChunk = client.cpuMicrosecondsPerChunk
  const achieved = client.achievedRequestsPerSecond
  return [
    [
      'load generator',
      `${formatPercent(client.cpuShare)} of a core` +
        (client.workers > 1 ? ` (the busiest of ${formatCount(client.workers)})` : '') +
        (perChunk === null ? '' : `, ${formatSignificant(perChunk)} µs per chunk`) +
        `; event loop late by ${formatMilliseconds(eventLoopDelay.p99Ms)} (p99)` +
        (late.p99Ms === null ? '' : `; requests by ${formatMilliseconds(late.p99Ms)} (p99)`),
    ],
    ...(asked === null || achieved === null
      ? []
      : [
          [
            'rate',
            `${formatSignificant(achieved)} of ${formatSignificant(asked)} requests/s asked for`,
          ] as const,
        ]),
    [
      'connections',
      `${formatCount(client.connectionsOpened)} opened` +
        (client.staleRetries === 0
          ? ''
          : `; ${plural(client.staleRetries, 'request')} sent again because the server had closed a kept connection`) +
        (client.coalescedShare === null || client.coalescedShare === 0
          ? ''
          : `; ${formatPercent(client.coalescedShare)} of the chunks came together with the one before`),
    ],
  ]
}

/** What the load generator adds to the figures, as it was measured on this machine. */
export function selfTestPairs({ selfTest }: BenchResult): Pair[] {
  if (selfTest === null) return []
  const { ttft, tpot, chunksPerSecond, streams, tokensReconcile } = selfTest
  return [
    [
      'self-test',
      `against known timings on this machine, at ${formatSignificant(chunksPerSecond)} tokens/s in ${plural(streams, 'stream')}: ` +
        `TTFT off by ${formatMilliseconds(ttft.p50Ms)} (p99 ${formatMilliseconds(ttft.p99Ms)}), ` +
        `TPOT by ${formatMilliseconds(tpot.p50Ms)} (p99 ${formatMilliseconds(tpot.p99Ms)})` +
        (tokensReconcile ? '' : '; tokens did NOT reconcile'),
    ],
  ]
}
