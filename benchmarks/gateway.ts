/**
 * Our gateway beside others on this machine, in one run: `node benchmarks/gateway.ts SCENARIO… [flags]`; without a scenario, all of them.
 *
 *   throughput    64 connections, small chat requests: requests/s, CPU per request
 *   latency       10 connections: what a gateway adds to p50 and p99
 *   streams       50 streams of a token every 20 ms: added TTFT, CPU per streamed token
 *   long-prompts  prompts of 100,000 tokens to 100 replicas, prefix-aware where a gateway can: requests/s
 *   memory        resident memory after a million requests (peers: 100,000), and its slope
 *
 *   --only NAMES        tokenwright,Portkey,LiteLLM,Bifrost,nginx,haproxy; direct is always measured
 *   --seconds 10        of a measured block, after 1 s of warming up
 *   --repeats 3         rounds; each measures everybody once, beginning with another one
 *   --connections N     in place of a scenario's own number
 *   --tokens 100 --gap 20            of streams: tokens of an answer, ms between two
 *   --upstreams 100 --conversations 300       of long prompts
 *   --requests 1000000 --peer-requests 100000     of memory
 *   --json
 *
 * The upstream and the client are processes of their own (gateway-upstream.ts, gateway-client.ts), as light as they could be made. All
 * gateways are started at first and stay; who is not asked idles (holding them by SIGSTOP made supervisors kill their workers). Processor time is that of a gateway's whole
 * process tree, from /proc, so this runs on Linux only. On a machine with more than two processors: `taskset -c 0,1 node …`. Others' CPU
 * is what the rest of the machine took at most, in processors: with more than a tenth or so, numbers are the machine's and not the gateway's.
 * Peers are not part of this project; without them ours is measured alone, and what is missing is said with how to get it.
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Gateway } from './gateway-adapters.ts'
import { haproxy, nginx } from './gateway-floor.ts'
import { tokenwright } from './gateway-ours.ts'
import { bifrost, litellm, portkey } from './gateway-peers.ts'
import { memoryGrowth, othersColumn, type Scenario, type Settings, scenarios } from './gateway-scenarios.ts'
import { createStage, type Measured, type Target } from './gateway-stage.ts'
import { barsOf, rowsOf, tableOf } from './gateway-table.ts'

const gateways: readonly Gateway[] = [tokenwright, portkey, litellm, bifrost, nginx, haproxy]

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '3' },
    connections: { type: 'string' },
    tokens: { type: 'string', default: '100' },
    gap: { type: 'string', default: '20' },
    upstreams: { type: 'string', default: '100' },
    conversations: { type: 'string', default: '300' },
    requests: { type: 'string', default: '1000000' },
    'peer-requests': { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
})

const say = (text: string) => console.error(text)

function positive(name: keyof typeof flags): number {
  const value = Number(flags[name])
  if (value > 0) return value
  say(`--${name} ${flags[name]}: expected a number above 0`)
  process.exit(2)
}

const settings: Settings = {
  seconds: positive('seconds'),
  repeats: positive('repeats'),
  connections: flags.connections === undefined ? null : positive('connections'),
  tokens: positive('tokens'),
  gapMs: positive('gap'),
  conversations: positive('conversations'),
  upstreams: positive('upstreams'),
}
const requests = { ours: positive('requests'), peers: positive('peer-requests') }

/** Assumed: what a machine does beside, without anybody's noticing. */
const quietCpu = 0.15

interface Outcome {
  readonly target: Target
  readonly blocks: readonly Measured[]
}

/** Everybody once a round, in another order each. Who fails once is left out from then on. */
async function alternating(scenario: Scenario, targets: readonly Target[]): Promise<Outcome[]> {
  const load = scenario.load(settings)
  const blocks = new Map(targets.map((target): [Target, Measured[]] => [target, []]))
  // Once uncounted: what is compiled, filled or opened at the first requests of all.
  for (const target of targets) await attempt(target, blocks, () => target.measure({ ...load, seconds: 1 }))
  for (let round = 0; round < settings.repeats; round++)
    for (let place = 0; place < targets.length; place++) {
      const target = targets[(place + round) % targets.length]!
      await attempt(target, blocks, async () => {
        blocks.get(target)!.push(await target.measure(load))
      })
    }
  return [...blocks].map(([target, blocks]) => ({ target, blocks }))
}

async function attempt(
  target: Target,
  blocks: Map<Target, Measured[]>,
  work: () => Promise<unknown>,
): Promise<void> {
  if (!blocks.has(target)) return
  try {
    await work()
  } catch (error) {
    blocks.delete(target)
    say(`${target.name} is left out: ${(error as Error).message}`)
  }
}

/** One after the other, once. */
async function growth(scenario: Scenario, targets: readonly Target[]): Promise<Outcome[]> {
  const blocks = new Map(targets.slice(1).map((target): [Target, Measured[]] => [target, []]))
  for (const target of [...blocks.keys()]) {
    const count = target.gateway === tokenwright ? requests.ours : requests.peers
    await attempt(target, blocks, async () => {
      blocks.get(target)!.push(await target.measure({ ...scenario.load(settings), requests: count }))
    })
  }
  return [...blocks].map(([target, blocks]) => ({ target, blocks }))
}

async function run(scenario: Scenario, present: readonly Gateway[]): Promise<object> {
  const stage = await createStage(scenario.stage(settings))
  const targets: Target[] = [stage.direct]
  for (const gateway of present)
    try {
      targets.push(await stage.open(gateway, scenario.prefixAware))
    } catch (error) {
      say(`${gateway.name} is left out of ${scenario.name}: ${(error as Error).message}`)
    }
  const before = loadavg()[0]!
  const outcomes = await (scenario === memoryGrowth ? growth : alternating)(scenario, targets)
  await Promise.all(targets.map(target => target.stop()))
  await stage.close()
  const rows = rowsOf(scenario, outcomes)
  const bars = barsOf(scenario, rows)
  const load = scenario.load(settings)
  if (!flags.json) {
    console.log(`\n${scenario.name}: ${scenario.about}; ${load.connections} connections`)
    console.log(tableOf(scenario, rows))
    for (const { name, problem } of rows) if (problem !== null) console.log(`${name}: ${problem}`)
    for (const { text, ours, met } of bars)
      console.log(
        `bar: ${text}: ${ours}${met === null ? '  (not measured: a peer is missing)' : met ? '' : '  MISSED'}`,
      )
    const busiest = Math.max(...rows.map(({ values }) => values[othersColumn] ?? 0))
    console.log(
      `load average ${before.toFixed(2)} → ${loadavg()[0]!.toFixed(2)}${busiest > quietCpu ? '; the machine had other work: times and rates are not the gateways’, compare CPU' : ''}`,
    )
  }
  return {
    scenario: scenario.name,
    load,
    loadAverage: [before, loadavg()[0]!],
    rows,
    bars,
    blocks: Object.fromEntries(outcomes.map(({ target, blocks }) => [target.name, blocks])),
  }
}

const wanted = flags.only?.split(',').map(name => name.toLowerCase())
const present = gateways.filter(gateway => {
  if (wanted !== undefined && !wanted.includes(gateway.name.toLowerCase())) return false
  const reason = gateway.missing()
  if (reason !== null) say(`${gateway.name} is not installed: ${reason}`)
  return reason === null
})
const chosen = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const unknown = positionals.filter(name => !scenarios.some(scenario => scenario.name === name))
if (unknown.length > 0) {
  say(`unknown: ${unknown.join(', ')}; scenarios are ${scenarios.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const machine = `${availableParallelism()} processors (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`
const setUps = present.map(gateway => ({
  name: gateway.name,
  version: gateway.version(),
  setUp: gateway.setUp,
}))
if (!flags.json) {
  console.log(`${machine}; ${settings.repeats} rounds of ${settings.seconds} s`)
  for (const { name, version, setUp } of setUps) console.log(`${name} ${version}: ${setUp}`)
}
const results: object[] = []
for (const scenario of chosen) results.push(await run(scenario, present))
if (flags.json) console.log(JSON.stringify({ machine, settings, gateways: setUps, results }, null, 1))
