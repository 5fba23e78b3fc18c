/** What the figures of a measurement mean, in one paragraph. */
import type { BenchResult } from '../measure/bench-result.ts'
import { isSpeech, tellsTokens } from './bench-facts.ts'

/** Definitions as docs/models/metrics.md has them, of what the page shows. */
export function metricDefinitions(result: BenchResult): string {
  const { clock, objectives, points } = result
  const from = clock === 'response' ? 'when the request was due by its schedule' : 'when the request was sent'
  const tokens = tellsTokens(result)
  const priced = points.some(({ cost }) => cost !== null)
  return [
    `Clock: ${clock}, latencies count from ${from}.`,
    ...(tokens
      ? [
          'TTFT: until the first chunk with content or reasoning.',
          'TPOT: time from the first to the last such chunk ÷ (output tokens − 1).',
          'ITL: gaps between successive chunks ÷ tokens in the later one, all requests pooled.',
        ]
      : []),
    tokens ? 'E2E: until the last such chunk.' : 'E2E: until the last of the answer.',
    ...(tokens ? ['Interactivity: 1 ÷ TPOT, the tokens per second that one user sees.'] : []),
    'Latencies are those of served requests; percentiles are linear between order statistics (type 7).',
    'Rates are taken over the steady window, the stretch with at least 90 % of the median of requests in flight; over the whole run where there is none.',
    ...(objectives.length === 0
      ? []
      : [
          'Goodput: requests that met every objective; rejected and failed ones did not.',
          'Objectives on percentiles count rejected and failed requests as never answered.',
        ]),
    ...(priced && !isSpeech(result)
      ? ['$/Mtok: the bill of the steady window ÷ its input tokens, cached ones included, and output tokens.']
      : []),
  ].join(' ')
}
