/** A recording, or a model of clients, as the workload: how it is bent, and what it is called. Reads no file. */
import { TokenwrightError } from '../core/errors.ts'
import {
  parseCount,
  parseDurationMs,
  parseFraction,
  parseNumber,
  parseTokenCount,
} from '../core/parse-quantity.ts'
import type { RandomSource } from '../core/random.ts'
import type { RequestShape } from '../perf/deployment.ts'
import { formatCount, formatPercent, formatSignificant, plural } from '../report/format-number.ts'
import type { TraceReplayOptions } from '../workload/trace-replay-options.ts'
import { sourceSummary, sourceWorkload, type TraceSource } from '../workload/trace-source.ts'
import { type PreparedWorkload, warmUpOf } from './prepared-workload.ts'
import { perSecond } from './simulate-arrivals.ts'
import type { SimulateFlags } from './simulate-flags.ts'

/** `files` name it. */
export function recordedWorkload(
  source: TraceSource,
  files: readonly string[],
  flags: SimulateFlags,
  random: RandomSource,
): PreparedWorkload {
  const options = withStarts(source, replayOptions(flags), files)
  const { workload, mode, notes } = sourceWorkload(source, options, random)
  const shape = shapeOf(source, options)
  return {
    workload,
    facts: {
      kind: 'trace',
      description: describe(files, source, options, mode),
      lengths:
        `${plural(shape.inputTokens, 'token')} in and ${formatCount(shape.outputTokens)} out on average` +
        (options.maximumRequests === undefined && options.fromSeconds === undefined
          ? ''
          : ' over the whole trace'),
      spec: null,
      trace: { files, mode, options },
    },
    shape,
    load: null,
    warmUp: warmUpOf(flags.warmup) ?? { requests: 0, seconds: 0 },
    isWarmUp: null,
    shares: source.kind === 'recording' && source.table.content !== null && options.prefix !== 'drop',
    notes: [...(source.kind === 'recording' ? source.table.notes : []), ...notes],
  }
}

/** Recordings without times start at a rate, or so many at a time; a model of clients has no end worth waiting for. */
function withStarts(
  source: TraceSource,
  options: TraceReplayOptions,
  files: readonly string[],
): TraceReplayOptions {
  const where = files.join(', ')
  const limited = options.maximumRequests !== undefined || options.untilSeconds !== undefined
  if (source.kind === 'client-model') {
    if (limited) return options
    throw new TokenwrightError(
      'usage',
      `a model of clients describes ${formatCount(sourceSummary(source).requests)} requests`,
      { where, fix: 'say how much of it: --window 0s..10min, or --requests 20000' },
    )
  }
  const { arrivals, sessions } = source.table
  const mode = options.mode ?? (sessions?.multiTurn ? 'sessions' : 'arrivals')
  const recorded = mode === 'arrivals' ? arrivals === 'all' : arrivals !== 'none'
  if (recorded || options.starts !== undefined) return options
  const { requestsPerSecond, ...rest } = options
  if (requestsPerSecond !== undefined)
    return { ...rest, starts: { kind: 'rate', perSecond: requestsPerSecond } }
  const what = mode === 'sessions' ? 'sessions' : 'requests'
  throw new TokenwrightError('usage', `the trace does not say when its ${what} start`, {
    where,
    fix: `say how many are under way at a time, --concurrency 16, or how many start: --rate 0.5/s`,
  })
}

function replayOptions(flags: SimulateFlags): TraceReplayOptions {
  const factor = (text: string | undefined, where: string) =>
    text === undefined ? undefined : parseNumber(text, where, { minimum: 1e-6, maximum: 1e6 })
  const window = windowOf(flags.window)
  const options: { readonly [Key in keyof TraceReplayOptions]: TraceReplayOptions[Key] | undefined } = {
    mode: modeOf(flags.replay),
    starts:
      flags.concurrency === undefined
        ? undefined
        : { kind: 'concurrent', count: parseCount(flags.concurrency, '--concurrency') },
    speedup: factor(flags.speedup, '--speedup'),
    requestsPerSecond: flags.rate === undefined ? undefined : perSecond(flags.rate),
    thinkFactor: factor(flags.thinkFactor, '--think-factor'),
    maximumThinkSeconds:
      flags.maxThink === undefined ? undefined : parseDurationMs(flags.maxThink, '--max-think') / 1000,
    inputFactor: factor(flags.inputFactor, '--input-factor'),
    outputFactor: factor(flags.outputFactor, '--output-factor'),
    prefix: prefixOf(flags.reuse),
    maximumContextTokens:
      flags.contextLimit === undefined ? undefined : parseTokenCount(flags.contextLimit, '--context-limit'),
    fromSeconds: window?.fromSeconds,
    untilSeconds: window?.untilSeconds,
    maximumRequests: flags.requests === undefined ? undefined : parseCount(flags.requests, '--requests'),
    repeat: flags.repeat === undefined ? undefined : parseCount(flags.repeat, '--repeat'),
    shuffle: flags.shuffle,
  }
  // What is not said is left out: the importer has its own defaults.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function modeOf(text: string | undefined): TraceReplayOptions['mode'] {
  if (text === undefined || text === 'arrivals' || text === 'sessions') return text
  throw new TokenwrightError('usage', `"${text}" is no way to replay a trace`, {
    where: '--replay',
    fix: 'say arrivals (at recorded times) or sessions (turns wait for answers)',
  })
}

function prefixOf(text: string | undefined): TraceReplayOptions['prefix'] {
  if (text === undefined) return undefined
  const share = parseFraction(text, '--reuse')
  return share === 0 ? 'drop' : share === 1 ? 'keep' : { share }
}

/** `10min..20min`, `10min..`, `..20min`. */
function windowOf(
  text: string | undefined,
): { readonly fromSeconds: number | undefined; readonly untilSeconds: number | undefined } | null {
  if (text === undefined) return null
  const [from, until, ...rest] = text.split('..').map(part => part.trim())
  const seconds = (part: string) => (part === '' ? undefined : parseDurationMs(part, '--window') / 1000)
  if (until === undefined || rest.length > 0 || (from === '' && until === ''))
    throw new TokenwrightError('usage', `"${text}" is no window of time`, {
      where: '--window',
      fix: 'write from..to, e.g. 10min..20min; either may be left out',
    })
  const [fromSeconds, untilSeconds] = [seconds(from!), seconds(until)]
  if (fromSeconds !== undefined && untilSeconds !== undefined && fromSeconds >= untilSeconds)
    throw new TokenwrightError('usage', `the window ${text} ends before it begins`, {
      where: '--window',
      fix: 'give the earlier time first',
    })
  return { fromSeconds, untilSeconds }
}

/** Means over the whole trace; what a window leaves out hardly moves the bytes of a token. */
function shapeOf(
  source: TraceSource,
  { inputFactor = 1, outputFactor = 1 }: TraceReplayOptions,
): RequestShape {
  if (source.kind === 'client-model') {
    const { inputTokens, outputTokens } = sourceSummary(source)
    return scaled(inputTokens.mean, outputTokens.mean, inputFactor, outputFactor)
  }
  const { table } = source
  let input = 0
  let output = 0
  for (let row = 0; row < table.requests; row++) {
    input += table.inputTokens.at(row)
    output += table.outputTokens.at(row)
  }
  return scaled(input / table.requests, output / table.requests, inputFactor, outputFactor)
}

function scaled(input: number, output: number, inputFactor: number, outputFactor: number): RequestShape {
  return {
    inputTokens: input * inputFactor,
    outputTokens: output * outputFactor,
    cachedTokens: 0,
    inputVariation: 0,
    outputVariation: 0,
  }
}

function describe(
  files: readonly string[],
  source: TraceSource,
  options: TraceReplayOptions,
  mode: 'arrivals' | 'sessions',
): string {
  const names = files.map(file => file.replace(/^.*[/\\]/, '')).join(', ')
  const { starts, speedup, requestsPerSecond, prefix, inputFactor, outputFactor, repeat } = options
  const bent = [
    source.kind === 'client-model' ? 'a model of clients' : plural(source.table.requests, 'request'),
    starts?.kind === 'concurrent'
      ? `${formatCount(starts.count)} ${mode === 'sessions' ? 'sessions' : 'requests'} at a time`
      : starts?.kind === 'rate'
        ? `${formatSignificant(starts.perSecond)} ${mode === 'sessions' ? 'sessions' : 'requests'} start per second`
        : mode === 'sessions'
          ? 'turns wait for answers'
          : 'at recorded times',
    speedup === undefined ? null : `${formatSignificant(speedup)}× as fast`,
    requestsPerSecond === undefined ? null : `brought to ${formatSignificant(requestsPerSecond)} requests/s`,
    inputFactor === undefined ? null : `inputs ${formatSignificant(inputFactor)}× as long`,
    outputFactor === undefined ? null : `outputs ${formatSignificant(outputFactor)}× as long`,
    prefix === 'drop' ? 'without prefix reuse' : null,
    typeof prefix === 'object' ? `${formatPercent(prefix.share)} of its prefix reuse` : null,
    repeat === undefined ? null : `${formatCount(repeat)} passes`,
    options.shuffle === true ? 'shuffled' : null,
  ]
  return `${names}: ${bent.filter(part => part !== null).join(', ')}`
}
