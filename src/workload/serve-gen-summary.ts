/** What a client model says of the traffic it makes, in the words used for recorded traces. */
import type { RandomStream } from '../core/random.ts'
import {
  drawFrom,
  expectedRequests,
  lengthWindowAt,
  meanLengths,
  ServeGenLengths,
} from './serve-gen-lengths.ts'
import type { ServeGenModel } from './serve-gen-model.ts'
import { distributionOf } from './trace-distribution.ts'
import type { TraceSummary } from './trace-statistics.ts'

/** Requests drawn for the quantiles of lengths: their sampling error is then below half a per cent. */
const sampledRequests = 200_000

/** Rates and means are exact, quantiles and spread of lengths drawn from `random`. */
export function serveGenSummary(model: ServeGenModel, random: RandomStream): TraceSummary {
  const { clients, spanSeconds } = model
  const { rates, expected, variation } = ratesOf(model)
  const lengths = new ServeGenLengths(model)
  const input: number[] = []
  const output: number[] = []
  let knownRequests = 0
  let inputMean = 0
  let outputMean = 0
  for (const client of clients) {
    const starts = client.lengths.length === 0 ? [0] : client.lengths.map(({ startSeconds }) => startSeconds)
    for (const [index, start] of starts.entries()) {
      const from = index === 0 ? 0 : start
      const requests = expectedRequests(client, from, starts[index + 1] ?? spanSeconds)
      const draws = Math.round((requests / expected) * sampledRequests)
      for (let draw = 0; draw < draws; draw++) {
        const drawn =
          client.lengths.length === 0
            ? lengths.draw(client, random.uniform() * spanSeconds, random)
            : drawFrom(lengthWindowAt(client.lengths, start), random)
        input.push(drawn.inputTokens)
        output.push(drawn.outputTokens)
      }
      if (client.lengths.length === 0) continue
      const means = meanLengths(lengthWindowAt(client.lengths, start))
      knownRequests += requests
      inputMean += means.inputTokens * requests
      outputMean += means.outputTokens * requests
    }
  }
  const withMean = (values: readonly number[], sum: number) => {
    const mean = sum / knownRequests
    return { ...distributionOf(Float64Array.from(values))!, mean, count: expected, total: mean * expected }
  }
  return {
    source: model.source,
    format: 'servegen',
    requests: Math.round(expected),
    leftOut: 0,
    arrivals: {
      spanSeconds,
      requestsPerSecond: expected / spanSeconds,
      gapVariation: null,
      peakRequestsPerMinute: Math.max(...rates) * 60,
      tickSeconds: 0,
    },
    inputTokens: withMean(input, inputMean),
    outputTokens: withMean(output, outputMean),
    lengthCorrelation: null,
    reuse: null,
    statedCachedShare: null,
    sessions: null,
    models: [],
    notes: [
      `a model of ${clients.length} clients, not a recording: requests are those expected from its rates`,
      `gaps of single clients have a coefficient of variation of ${variation.toPrecision(3)} (mean by requests)`,
      `quantiles of lengths are drawn (${sampledRequests} requests); prompts and answers are independent of each other`,
      ...model.notes,
    ],
  }
}

/** Requests/s of all clients in each window, requests in all, and the variation of gaps weighted by them. */
function ratesOf({ clients, spanSeconds }: ServeGenModel) {
  const rates = new Map<number, number>()
  let expected = 0
  let varied = 0
  for (const client of clients) {
    expected += expectedRequests(client, 0, spanSeconds)
    for (const { startSeconds, endSeconds, requestsPerSecond, gapVariation } of client.windows) {
      rates.set(startSeconds, (rates.get(startSeconds) ?? 0) + requestsPerSecond)
      varied += requestsPerSecond * (endSeconds - startSeconds) * gapVariation
    }
  }
  return { rates: [...rates.values()], expected, variation: varied / expected }
}
