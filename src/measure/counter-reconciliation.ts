/**
 * Do the engine's own counters agree with what the client was told? Over the whole run, warm-up included, because the
 * engine served that, too. Exact where every request ended with a usage report; a request without one (broken off, or a
 * server that reports none) may have cost the engine anything from nothing to all that was asked for, so the client's side
 * is then a range. Whatever lies outside it is somebody else's traffic, an engine that was restarted, or a replica whose
 * metrics were not read.
 */
import { assert } from '../core/assert.ts'
import { type Counter, type EngineCounters, resetBetween } from './engine-counters.ts'
import type { CounterName } from './engine-metrics.ts'
import type { CounterReconciliation, CounterRow } from './token-account.ts'

/** What the client knows of all requests that may have reached the engine. */
export interface ClientTotals {
  /** Served to the end, and those that ended otherwise but reported usage. */
  readonly requests: number
  /** By the usage of answers. */
  readonly inputTokens: number
  /** Null when no answer said how many of its prompt's tokens came from a cache. */
  readonly cachedTokens: number | null
  readonly outputTokens: number
  /** Answers without usage. */
  readonly unreported: {
    readonly requests: number
    /** Of them, those that were served: they count as requests for certain. */
    readonly served: number
    /** Best guess: prompt tokens asked for, and output counted by the client. */
    readonly inputTokens: number
    readonly outputTokens: number
    /** At most: what was asked for, and for prompts the largest surplus (chat template) that reported ones had. */
    readonly mostInputTokens: number
    readonly mostOutputTokens: number
  }
}

/** Readings of one address at the beginning and the end; null when nothing was counted there yet. */
export interface CounterSpan {
  readonly before: EngineCounters | null
  readonly after: EngineCounters
  /** A reset was seen between any two readings in between. */
  readonly resetSeen: boolean
}

const rowNames: Readonly<Record<CounterName, CounterRow['name']>> = {
  requests: 'requests',
  inputTokens: 'input tokens',
  cachedTokens: 'cached input tokens',
  outputTokens: 'output tokens',
}

/** Smallest and largest amount on the client's side that explains nothing but its own requests. */
interface ClientRange {
  readonly least: number
  readonly guess: number
  readonly most: number
}

/** One span for each address that serves metrics; their counters add up. */
export function reconcile(spans: readonly CounterSpan[], client: ClientTotals): CounterReconciliation {
  const [first] = spans
  assert(first !== undefined, 'there is something to reconcile with')
  const resetSeen = spans.some(
    ({ before, after, resetSeen }) => resetSeen || (before !== null && resetBetween(before, after)),
  )
  const judged = (['requests', 'inputTokens', 'cachedTokens', 'outputTokens'] as const).flatMap(name => {
    const server = growth(spans, name)
    if (server === null) return []
    const range = clientRange(name, client, server.uncachedOnly)
    return range === null ? [] : [{ name, server, range }]
  })
  const rows = judged.map(({ name, server, range }) => ({
    name: rowNames[name],
    metric: server.metric,
    server: server.amount,
    client: range.guess,
    residual: server.amount - range.guess,
  }))
  const outside = judged.filter(
    ({ server: { amount, rounding }, range }) =>
      amount < range.least - rounding || amount > range.most + rounding,
  )
  const reconciles = !resetSeen && rows.length > 0 && outside.length === 0
  return {
    engine: first.after.engine,
    rows,
    resetSeen,
    reconciles,
    explanation: reconciles ? '' : explain(rows, judged, resetSeen),
  }
}

interface Growth {
  readonly metric: string
  readonly amount: number
  readonly rounding: number
  readonly uncachedOnly: boolean
}

/** What a counter grew by over all addresses; null when one of them does not have it. */
function growth(spans: readonly CounterSpan[], name: CounterName): Growth | null {
  let amount = 0
  let rounding = 0
  let some: Counter | null = null
  for (const { before, after } of spans) {
    const later = after.counters[name]
    if (later === null) return null
    some = later
    for (const [key, value] of Object.entries(later.series)) {
      const earlier = before?.counters[name]?.series[key] ?? 0
      // After a reset only what was counted since is known.
      amount += value >= earlier ? value - earlier : value
    }
    rounding += later.rounding + (before?.counters[name]?.rounding ?? 0)
  }
  return some === null ? null : { metric: some.metric, amount, rounding, uncachedOnly: some.uncachedOnly }
}

function clientRange(name: CounterName, client: ClientTotals, uncachedOnly: boolean): ClientRange | null {
  const { unreported } = client
  switch (name) {
    case 'requests':
      return {
        least: client.requests + unreported.served,
        guess: client.requests + unreported.served,
        most: client.requests + unreported.requests,
      }
    case 'inputTokens': {
      if (uncachedOnly && client.cachedTokens === null) return null
      const known = client.inputTokens - (uncachedOnly ? (client.cachedTokens ?? 0) : 0)
      return {
        least: known,
        guess: known + unreported.inputTokens,
        most: known + unreported.mostInputTokens,
      }
    }
    case 'cachedTokens':
      if (client.cachedTokens === null) return null
      return {
        least: client.cachedTokens,
        guess: client.cachedTokens,
        most: client.cachedTokens + unreported.mostInputTokens,
      }
    case 'outputTokens':
      return {
        least: client.outputTokens,
        guess: client.outputTokens + unreported.outputTokens,
        most: client.outputTokens + unreported.mostOutputTokens,
      }
  }
}

function explain(
  rows: readonly CounterRow[],
  judged: readonly { readonly name: CounterName; readonly server: Growth; readonly range: ClientRange }[],
  resetSeen: boolean,
): string {
  if (resetSeen)
    return 'a counter ran backwards or the process is a new one: the engine was restarted during the run, and what it served before is not known'
  if (rows.length === 0) return 'the engine counts nothing that the client counts, too'
  const over = judged.filter(({ server, range }) => server.amount > range.most + server.rounding)
  const under = judged.filter(({ server, range }) => server.amount < range.least - server.rounding)
  const list = (entries: typeof judged, difference: (entry: (typeof judged)[number]) => number) =>
    entries.map(entry => `${difference(entry).toLocaleString('en-US')} ${rowNames[entry.name]}`).join(', ')
  const parts: string[] = []
  if (over.length > 0) {
    const requests = over.some(({ name }) => name === 'requests')
    parts.push(
      `the engine counted ${list(over, ({ server, range }) => server.amount - range.most)} more than this client asked for: ` +
        (requests
          ? 'others used it during the run'
          : 'others used it during the run, or it counts otherwise than usage does'),
    )
  }
  if (under.length > 0)
    parts.push(
      `the engine counted ${list(under, ({ server, range }) => range.least - server.amount)} less than answers reported: ` +
        'a replica whose metrics were not read, or counters that had not caught up',
    )
  return parts.join('; ')
}
