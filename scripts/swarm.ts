/**
 * npm run swarm: random clusters, workloads and faults, with every invariant checked at every event.
 *   --seeds N    seeds 0 to N − 1 (default 10,000)
 *   --from N     start there
 *   --seed X     only that one
 */
import { parseArgs } from 'node:util'
import { swarmRun } from '../test/swarm/swarm-run.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
  },
})

function wholeNumber(flag: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`--${flag} takes a whole number, not ${text}`)
  process.exit(2)
}

const first = wholeNumber('seed', values.seed ?? values.from)
const end = values.seed === undefined ? wholeNumber('seeds', values.seeds) : first + 1
const started = performance.now()
const totals = { requests: 0, served: 0, preemptions: 0, events: 0 }
const showEvery = process.stderr.isTTY ? 50 : 1000

for (let seed = first; seed < end; seed++) {
  try {
    const outcome = swarmRun(seed)
    totals.requests += outcome.requests
    totals.served += outcome.served
    totals.preemptions += outcome.preemptions
    totals.events += outcome.events
  } catch (fault) {
    console.error(fault instanceof Error ? (fault.stack ?? fault.message) : fault)
    console.error(`\nseed ${seed} failed; run it again with: npm run swarm -- --seed ${seed}`)
    process.exit(1)
  }
  const done = seed - first + 1
  if (done % showEvery === 0) console.error(`${done} of ${end - first} seeds, ${seconds()} s`)
}

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(1)
}

const { requests, served, preemptions, events } = totals
console.log(
  `${Math.max(0, end - first)} seeds clean in ${seconds()} s: ${requests} requests, ${served} served, ` +
    `${preemptions} preemptions, ${events} events`,
)
