/** How a recorded trace is replayed: what is kept of it, and how it is bent. */
import { TokenwrightError } from '../core/errors.ts'
import type { TraceTable } from './trace-table.ts'

export interface TraceReplayOptions {
  /**
   * arrivals: every request at its recorded time, whatever became of the one before it. sessions: turns wait for the
   * answers before them, then think. Default: sessions where any session has a second turn, otherwise arrivals.
   */
  readonly mode?: 'arrivals' | 'sessions'
  /** When requests (or sessions) start. Default: recorded; required to be another where the trace has no times. */
  readonly starts?: TraceStarts
  /** Recorded times run so many times as fast: rates go up, gaps shrink. Think times do not. Default 1. */
  readonly speedup?: number
  /** Instead of speedup: the mean rate of requests to reach. */
  readonly requestsPerSecond?: number
  /** Think times times this (default 1), and never longer than the maximum (default: as recorded). */
  readonly thinkFactor?: number
  readonly maximumThinkSeconds?: number
  /** Lengths times these, at least one token. Blocks grow with their prompts, so that the share reused stays. Default 1. */
  readonly inputFactor?: number
  readonly outputFactor?: number
  /** keep: contents as recorded. drop: nothing is shared. Or the share of recorded reuse (0 to 1) to keep. Default keep. */
  readonly prefix?: 'keep' | 'drop' | { readonly share: number }
  /** Requests with more input and output tokens than this are left out; so are turns that follow them. */
  readonly maximumContextTokens?: number
  /** Only what starts from here (default 0) until before there, seconds of the trace's own time. */
  readonly fromSeconds?: number
  readonly untilSeconds?: number
  /** Stop after so many requests. */
  readonly maximumRequests?: number
  /** Passes through the trace; Infinity goes on for ever. Contents of each pass are its own. Default 1. */
  readonly repeat?: number
  /** Spread requests that share a rounded time over the tick, at random. Default true. */
  readonly spreadTicks?: boolean
  /** After a turn that was not served: go on with the session (default), or give it up. */
  readonly afterFailure?: 'continue' | 'abandon'
  /** Take sessions (or requests) in random order. Default false. */
  readonly shuffle?: boolean
  /** Requests bear the model named in the trace instead of none. Default false. */
  readonly keepModels?: boolean
  readonly tenant?: string
  readonly priority?: number
}

export type TraceStarts =
  | { readonly kind: 'recorded' }
  /** So many sessions (or requests) at a time; the next starts when one ends. The first ones start over rampSeconds. */
  | { readonly kind: 'concurrent'; readonly count: number; readonly rampSeconds?: number }
  /** Sessions (or requests) start as a Poisson process. */
  | { readonly kind: 'rate'; readonly perSecond: number }

/** The same with every default filled in. */
export interface TraceReplayPlan {
  readonly mode: 'arrivals' | 'sessions'
  readonly starts: TraceStarts
  readonly thinkFactor: number
  readonly maximumThinkSeconds: number
  readonly inputFactor: number
  readonly outputFactor: number
  readonly prefix: 'keep' | 'drop' | { readonly share: number }
  readonly maximumContextTokens: number
  readonly fromSeconds: number
  readonly untilSeconds: number
  readonly maximumRequests: number
  readonly repeat: number
  readonly spreadTicks: boolean
  readonly afterFailure: 'continue' | 'abandon'
  readonly shuffle: boolean
  readonly keepModels: boolean
  readonly tenant: string
  readonly priority: number
}

const infinity = Number.POSITIVE_INFINITY

/** Throws TokenwrightError('usage') when the trace cannot be replayed as asked, ('number') for values out of range. */
export function replayPlan(table: TraceTable, options: TraceReplayOptions): TraceReplayPlan {
  const mode = options.mode ?? (table.sessions?.multiTurn ? 'sessions' : 'arrivals')
  const starts = options.starts ?? { kind: 'recorded' }
  const fault = (message: string, fix: string) =>
    new TokenwrightError('usage', message, { where: table.source, fix })
  const recorded = mode === 'arrivals' ? table.arrivals === 'all' : table.arrivals !== 'none'
  if (starts.kind === 'recorded' && !recorded) {
    throw fault(
      table.sessions === null
        ? 'the trace has no arrival times'
        : 'the trace does not say when its sessions start',
      'say how many run at a time, or at which rate they start',
    )
  }
  if (
    starts.kind !== 'recorded' &&
    (options.speedup !== undefined || options.requestsPerSecond !== undefined)
  ) {
    throw fault('recorded times are not used, so they cannot be sped up', 'change the starts instead')
  }
  if (options.speedup !== undefined && options.requestsPerSecond !== undefined) {
    throw fault('a speed-up and a target rate say two things', 'give one of them')
  }
  if (
    starts.kind !== 'recorded' &&
    (options.fromSeconds !== undefined || options.untilSeconds !== undefined)
  ) {
    throw fault('a window of time needs recorded times', 'limit the number of requests instead')
  }
  const positive = (name: string, value: number | undefined, standard: number) => {
    if (value === undefined) return standard
    if (value > 0) return value
    throw new TokenwrightError('number', `${name} is ${value}`, { where: name, fix: 'give a number above 0' })
  }
  positive('speedup', options.speedup, 1)
  positive('requests per second', options.requestsPerSecond, 1)
  if (starts.kind === 'rate') positive('starts per second', starts.perSecond, 1)
  if (starts.kind === 'concurrent') positive('concurrent sessions', Math.floor(starts.count), 1)
  const { prefix = 'keep' } = options
  if (typeof prefix === 'object' && !(prefix.share >= 0 && prefix.share <= 1)) {
    throw new TokenwrightError('number', `the share of reuse is ${prefix.share}`, {
      where: 'prefix',
      fix: 'give a share from 0 to 1: a trace cannot be made to share more than it does',
    })
  }
  return {
    mode,
    starts,
    thinkFactor: options.thinkFactor ?? 1,
    maximumThinkSeconds: options.maximumThinkSeconds ?? infinity,
    inputFactor: positive('input factor', options.inputFactor, 1),
    outputFactor: positive('output factor', options.outputFactor, 1),
    prefix,
    maximumContextTokens: positive('longest context', options.maximumContextTokens, infinity),
    fromSeconds: options.fromSeconds ?? 0,
    untilSeconds: options.untilSeconds ?? infinity,
    maximumRequests: positive('number of requests', options.maximumRequests, infinity),
    repeat: positive('number of passes', options.repeat, 1),
    spreadTicks: options.spreadTicks ?? true,
    afterFailure: options.afterFailure ?? 'continue',
    shuffle: options.shuffle ?? false,
    keepModels: options.keepModels ?? false,
    tenant: options.tenant ?? '',
    priority: options.priority ?? 0,
  }
}
