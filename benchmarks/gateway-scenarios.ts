/** What benchmarks/gateway.ts measures and how it is shown, scenario by scenario. */
import type { Load, Measured, StageSettings } from './gateway-stage.ts'

export interface Settings {
  readonly seconds: number
  readonly repeats: number
  readonly connections: number | null
  readonly tokens: number
  readonly gapMs: number
  readonly conversations: number
  readonly upstreams: number
}

/** A column of the table: a number of one gateway, from its blocks and those of `direct` of the same repeats. */
export interface Column {
  readonly title: string
  readonly digits: number
  /** gateways: it means nothing without one; spread: only where there are several upstreams. */
  readonly for: 'all' | 'gateways' | 'spread'
  of(blocks: readonly Measured[], direct: readonly Measured[]): number
}

/** What ours must reach. `others`: the same column's numbers of the peers by name. */
export interface Bar {
  readonly text: string
  readonly column: string
  met(ours: number, others: ReadonlyMap<string, number>): boolean | null
}

export interface Scenario {
  readonly name: string
  readonly about: string
  stage(settings: Settings): StageSettings
  load(settings: Settings): Load
  readonly prefixAware: boolean
  readonly columns: readonly Column[]
  readonly bars: readonly Bar[]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const each = (
  title: string,
  digits: number,
  of: (block: Measured) => number,
  who: Column['for'] = 'all',
): Column => ({
  title,
  digits,
  for: who,
  of: blocks => median(blocks.map(of)),
})

/** Through the gateway less without it, pair by pair of the same repeat. */
const added = (title: string, digits: number, of: (block: Measured) => number): Column => ({
  title,
  digits,
  for: 'gateways',
  of: (blocks, direct) => median(blocks.map((block, repeat) => of(block) - of(direct[repeat]!))),
})

const rate = each('requests/s', 0, ({ requests, seconds }) => requests / seconds)
const p50 = each('p50 ms', 2, ({ latencyMs }) => latencyMs.p50)
const p99 = each('p99 ms', 2, ({ latencyMs }) => latencyMs.p99)
const cpu = each(
  'CPU µs/request',
  0,
  ({ gatewayCpuSeconds, requests }) => (gatewayCpuSeconds / requests) * 1e6,
  'gateways',
)
const memory = each(
  'RSS MB',
  0,
  ({ memory }) => Math.max(0, ...memory.map(([, megabytes]) => megabytes)),
  'gateways',
)
/** Processor time that neither gateway nor client nor upstream took, of all there was: with much of it, measure again. */
export const othersColumn = 'others’ CPU s/s'
const others: Column = {
  title: othersColumn,
  digits: 2,
  for: 'all',
  of: blocks => Math.max(...blocks.map(({ othersCpuSeconds, seconds }) => othersCpuSeconds / seconds)),
}
const problems: Column = {
  title: 'problems',
  digits: 0,
  for: 'all',
  of: blocks => blocks.reduce((sum, block) => sum + block.problems, 0),
}

const atLeast = (column: string, least: number, text: string): Bar => ({
  text,
  column,
  met: ours => ours >= least,
})
const atMost = (column: string, most: number, text: string): Bar => ({
  text,
  column,
  met: ours => ours <= most,
})

/** How much of the time before measuring is given to warming up: code of Node and Python's pools need a second or two. */
const warmUpSeconds = 1

const baseLoad = (settings: Settings) => ({
  beginSeconds: 0,
  warmUpSeconds,
  seconds: settings.seconds,
  requests: null,
  tokens: settings.tokens,
  conversations: settings.conversations,
})
const oneUpstream = ({ gapMs }: Settings): StageSettings => ({ upstreams: 1, gapMs, promptTokens: 32 })

export const throughput: Scenario = {
  name: 'throughput',
  about: 'small chat requests, answered at once, in a closed loop',
  stage: oneUpstream,
  load: settings => ({ ...baseLoad(settings), kind: 'chat', connections: settings.connections ?? 64 }),
  prefixAware: false,
  columns: [rate, p50, p99, cpu, memory, others, problems],
  bars: [
    {
      text: '≥ 3 × Portkey',
      column: rate.title,
      met: (ours, others) => (others.has('Portkey') ? ours >= 3 * others.get('Portkey')! : null),
    },
    {
      text: 'ahead of Bifrost (its own machine: 3,088)',
      column: rate.title,
      met: (ours, others) => (others.has('Bifrost') ? ours > others.get('Bifrost')! : null),
    },
  ],
}

const addedP50 = added('added p50 ms', 2, ({ latencyMs }) => latencyMs.p50)
const addedP99 = added('added p99 ms', 2, ({ latencyMs }) => latencyMs.p99)

export const latency: Scenario = {
  name: 'latency',
  about:
    'small chat requests in a closed loop; added: less what the upstream alone takes, block by block in turn',
  stage: oneUpstream,
  load: settings => ({ ...baseLoad(settings), kind: 'chat', connections: settings.connections ?? 10 }),
  prefixAware: false,
  columns: [addedP50, addedP99, p50, p99, rate, others, problems],
  bars: [atMost(addedP50.title, 1, '≤ 1 ms'), atMost(addedP99.title, 8, '≤ 8 ms')],
}

const addedTtft = added('added TTFT p50 ms', 2, ({ ttftMs }) => ttftMs.p50)
const tokenCpu = each(
  'CPU µs/token',
  1,
  ({ gatewayCpuSeconds, tokens }) => (gatewayCpuSeconds / tokens) * 1e6,
  'gateways',
)

export const streams: Scenario = {
  name: 'streams',
  about:
    'streamed answers, one token at a time; transit: from the upstream’s write of a token to the client’s read',
  stage: oneUpstream,
  load: settings => ({
    ...baseLoad(settings),
    // Streams begin one by one over the time that one takes.
    beginSeconds: (settings.tokens * settings.gapMs) / 1000,
    kind: 'stream',
    connections: settings.connections ?? 50,
  }),
  prefixAware: false,
  columns: [
    addedTtft,
    each('TTFT p50 ms', 2, ({ ttftMs }) => ttftMs.p50),
    each('TTFT p99 ms', 2, ({ ttftMs }) => ttftMs.p99),
    each('transit p50 ms', 2, ({ transitMs }) => transitMs.p50),
    each('transit p99 ms', 2, ({ transitMs }) => transitMs.p99),
    tokenCpu,
    each('tokens/s', 0, ({ tokens, seconds }) => tokens / seconds),
    memory,
    others,
    problems,
  ],
  bars: [atMost(addedTtft.title, 2, '≤ 2 ms'), atMost(tokenCpu.title, 35, '≤ 35 µs')],
}

export const longPrompts: Scenario = {
  name: 'long-prompts',
  about:
    'prompts of 100,000 tokens (400 kB) of growing conversations to 100 replicas; kept: turns that came to the replica of the turn before',
  stage: ({ upstreams, gapMs }) => ({ upstreams, gapMs, promptTokens: 100_000 }),
  load: settings => ({ ...baseLoad(settings), kind: 'long', connections: settings.connections ?? 16 }),
  prefixAware: true,
  columns: [
    rate,
    p50,
    p99,
    each(
      'CPU ms/request',
      2,
      ({ gatewayCpuSeconds, requests }) => (gatewayCpuSeconds / requests) * 1e3,
      'gateways',
    ),
    each('kept %', 0, ({ upstream }) => (100 * upstream.kept) / upstream.returning, 'spread'),
    memory,
    others,
    problems,
  ],
  bars: [atLeast(rate.title, 100, '≥ 100')],
}

/** Megabytes for each 100,000 requests, by least squares over the second half of a run. */
export function memorySlope(samples: readonly (readonly [number, number])[]): number {
  const end = samples.at(-1)?.[0] ?? 0
  const half = samples.filter(([requests]) => requests >= end / 2)
  const mean = (of: (sample: readonly [number, number]) => number) =>
    half.reduce((sum, sample) => sum + of(sample), 0) / half.length
  const meanRequests = mean(([requests]) => requests)
  const meanMegabytes = mean(([, megabytes]) => megabytes)
  let covariance = 0
  let variance = 0
  for (const [requests, megabytes] of half) {
    covariance += (requests - meanRequests) * (megabytes - meanMegabytes)
    variance += (requests - meanRequests) ** 2
  }
  return variance === 0 ? 0 : (covariance / variance) * 100_000
}

const endMemory = each('RSS MB at the end', 0, ({ memory }) => memory.at(-1)?.[1] ?? 0)
const slope = each('MB/100k requests', 2, ({ memory }) => memorySlope(memory))

/** An hour: who has not answered so many requests by then is shown with those that it has. */
const memorySeconds = 3600

export const memoryGrowth: Scenario = {
  name: 'memory',
  about: 'resident memory over many small chat requests; slope by least squares over the second half',
  stage: oneUpstream,
  load: settings => ({
    ...baseLoad(settings),
    seconds: memorySeconds,
    kind: 'chat',
    connections: settings.connections ?? 64,
  }),
  prefixAware: false,
  columns: [
    each('requests', 0, ({ requests }) => requests),
    each('RSS MB at first', 0, ({ memory }) => memory[0]?.[1] ?? 0),
    endMemory,
    memory,
    slope,
    rate,
    others,
    problems,
  ],
  bars: [
    atMost(endMemory.title, 200, '< 200 MB'),
    // Assumed as what "about none" is: 10 MB in a million requests, within what garbage collection moves.
    atMost(slope.title, 1, '≈ 0 (≤ 1 MB)'),
  ],
}

export const scenarios = [throughput, latency, streams, longPrompts, memoryGrowth] as const
