/** What a trace file may be: a recording, or a model of clients that makes traffic. Both become workloads and statistics. */
import { TokenwrightError } from '../core/errors.ts'
import { RandomSource } from '../core/random.ts'
import type { ServeGenModel } from './serve-gen-model.ts'
import { serveGenSummary } from './serve-gen-summary.ts'
import { ServeGenWorkload } from './serve-gen-workload.ts'
import type { TraceReplayOptions } from './trace-replay-options.ts'
import { type TraceSummary, traceSummary } from './trace-statistics.ts'
import type { TraceTable } from './trace-table.ts'
import { type TraceWorkload, traceWorkload } from './trace-workload.ts'

export type TraceSource =
  | { readonly kind: 'recording'; readonly table: TraceTable }
  | { readonly kind: 'client-model'; readonly model: ServeGenModel }

export function sourceSummary(source: TraceSource): TraceSummary {
  return source.kind === 'recording'
    ? traceSummary(source.table)
    : serveGenSummary(source.model, new RandomSource('serve-gen-summary').stream('lengths'))
}

/** What a client model can follow of the options of a replay. */
const modelOptions: readonly (keyof TraceReplayOptions)[] = [
  'requestsPerSecond',
  'fromSeconds',
  'untilSeconds',
  'maximumRequests',
  'inputFactor',
  'outputFactor',
  'maximumContextTokens',
]

/** Throws TokenwrightError('usage') for options that only a recording can follow. */
export function sourceWorkload(
  source: TraceSource,
  options: TraceReplayOptions,
  random: RandomSource,
): TraceWorkload {
  if (source.kind === 'recording') return traceWorkload(source.table, options, random)
  const { model } = source
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || modelOptions.includes(name as keyof TraceReplayOptions)) continue
    throw new TokenwrightError('usage', `a model of clients has no ${name}`, {
      where: model.source,
      fix: `leave it out; it can be bent by ${modelOptions.join(', ')}`,
    })
  }
  const notes = ['a model of clients makes the traffic: prompts share nothing', ...model.notes]
  return { workload: new ServeGenWorkload(model, options, random), mode: 'arrivals', notes }
}
