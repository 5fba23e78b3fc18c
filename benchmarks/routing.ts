/**
 * How long one routing decision takes and what a prefix index holds in memory, by policy: `node benchmarks/routing.ts [--json]`.
 * A decision is route() and sent(); its end is counted separately. 8, 64 and 512 candidates with 16 requests under way each;
 * prompts of conversations, content in blocks of 512 tokens (Mooncake's traces), cache blocks of 16, 12,000 tokens on average;
 * single prompts of 100,000 tokens that all or no candidates hold; and admission with a thousand in line.
 * Estimated indexes and engines' caches hold 500,000 tokens a candidate; with 512 candidates they are half full.
 * The bars hold for 64 candidates: 5 µs without a prefix index, 15 µs with one. Every row has a process of its own: heap and
 * compiled code of one policy would change the times of the next.
 */
import { execFileSync } from 'node:child_process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RandomSource } from '../src/core/random.ts'
import { AdmissionRouter } from '../src/routing/admission/admission-router.ts'
import { type CreatedRouter, createRouter } from '../src/routing/create-router.ts'
import type { RouterSpec } from '../src/routing/router-spec.ts'
import type { CandidateState } from '../src/routing/types.ts'
import { subBlocksPerContentBlock } from '../src/workload/block-key.ts'
import type { WorkloadRequest } from '../src/workload/request.ts'

const candidateCounts = [8, 64, 512] as const
const barCount = 64
const barsUs = { without: 5, with: 15 }
const contentTokens = 512

const predictions = {
  ttftMs: (state: CandidateState, input: number, cached: number) =>
    (state.pendingPromptTokens + input - cached) / 20,
  tpotMs: (state: CandidateState) => 5 + state.running * 0.2,
  marginalUsd: (_: CandidateState, input: number, cached: number, output: number) =>
    (input - cached) * 1e-7 + output * 1e-6,
}

const specs: readonly (readonly [string, RouterSpec, boolean])[] = [
  ['round-robin', { kind: 'round-robin' }, false],
  ['random', { kind: 'random' }, false],
  ['least-loaded', { kind: 'least-loaded' }, false],
  ['least-loaded by pending tokens', { kind: 'least-loaded', by: 'pending-tokens' }, false],
  ['two-choices', { kind: 'two-choices' }, false],
  ['session-affinity', { kind: 'session-affinity' }, false],
  ['cost without index', { kind: 'cost', ttftMs: 1000, tpotMs: 50, index: null }, false],
  ['weighted without index', { kind: 'weighted', index: null }, false],
  ['prefix-aware', { kind: 'prefix-aware' }, true],
  ['kv-aware, estimated', { kind: 'kv-aware', index: { kind: 'estimated' } }, true],
  ['kv-aware, events', { kind: 'kv-aware', index: { kind: 'events', predictionSeconds: null } }, true],
  ['kv-aware, events and prediction', { kind: 'kv-aware' }, true],
  ['cost', { kind: 'cost', ttftMs: 1000, tpotMs: 50 }, true],
  ['weighted', { kind: 'weighted' }, true],
  ['least-loaded, admission', { kind: 'least-loaded', saturation: null, admission: {} }, false],
]

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes in use. Buffers of what an earlier collection found are given back in the next. */
function memoryBytes(): number {
  for (let round = 0; round < 3; round++) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

interface Row {
  readonly policy: string
  readonly candidates: number
  /** Medians: a mean would measure what else the machine does. */
  readonly decisionUs: number
  readonly endUs: number
  readonly p99Us: number
  readonly barUs: number
  /** Of the router with its books and index at the end, and tokens the index knows of. */
  readonly memoryBytes: number
  readonly heldTokens: number
}

/** Conversations that grow by two content blocks a turn, all behind one of eight system prompts. */
function conversations(count: number): WorkloadRequest[] {
  const random = new RandomSource('benchmark').stream('requests')
  const sessions = Array.from({ length: 600 }, (_, session) => [session % 8, (session % 8) + 8])
  let nextId = 1000
  return Array.from({ length: count }, (_, id) => {
    const session = random.integer(sessions.length)
    const past = sessions[session]!
    const blockIds = [...past, nextId++, nextId++]
    sessions[session] = blockIds.length > 46 ? [session % 8, (session % 8) + 8] : blockIds
    const inputTokens = blockIds.length * contentTokens - random.integer(contentTokens)
    const content = { tokensPerBlock: contentTokens, blockIds: Float64Array.from(blockIds) }
    return {
      id,
      arrivalUs: id,
      inputTokens,
      outputTokens: 300,
      content,
      session,
      turn: 0,
      tenant: '',
      model: '',
      priority: 0,
    }
  })
}

function states(candidateCount: number): CandidateState[] {
  return Array.from({ length: candidateCount }, (_, id) => ({
    id,
    ready: true,
    waiting: id % 3,
    running: 10 + (id % 7),
    pendingPromptTokens: 500 * (id % 5),
    cacheUse: 0.5 + (id % 10) / 30,
    capacity: 256,
    estimate: predictions,
  }))
}

function measure(
  policy: string,
  spec: RouterSpec,
  hasIndex: boolean,
  requests: readonly WorkloadRequest[],
  candidateCount: number,
): Row {
  const fleet = states(candidateCount)
  const underWay = candidateCount * 16
  const destinations = new Int32Array(requests.length)
  const decisions = new Float64Array(requests.length)
  const ends = new Float64Array(requests.length)
  const before = memoryBytes()
  const router = createRouter(spec, new RandomSource(1))
  let store = policy.includes('events') ? engineCaches(router, candidateCount) : null
  for (let index = 0; index < requests.length; index++) {
    const request = requests[index]!
    const start = process.hrtime.bigint()
    const decision = router.route(index * 100, request, fleet)
    if (decision.kind !== 'send') throw new Error(`${policy} refused`)
    router.sent(index * 100, request, decision.candidateId)
    const middle = process.hrtime.bigint()
    destinations[index] = decision.candidateId
    if (index >= underWay) {
      const past = index - underWay
      router.firstToken(index * 100, past, destinations[past]!)
      router.ended(index * 100, past, destinations[past]!)
      ends[index] = Number(process.hrtime.bigint() - middle)
    }
    decisions[index] = Number(middle - start)
    store?.(request, decision.candidateId)
  }
  store = null
  const used = memoryBytes() - before
  return {
    policy,
    candidates: candidateCount,
    decisionUs: quantile(decisions, 0.5),
    endUs: quantile(ends, 0.5),
    p99Us: quantile(decisions, 0.99),
    barUs: hasIndex ? barsUs.with : barsUs.without,
    memoryBytes: used,
    heldTokens: fleet.reduce((sum, { id }) => sum + router.heldTokens(id), 0),
  }
}

/** Of the second half, when the code is warm; nanoseconds in, microseconds out. */
function quantile(samples: Float64Array, share: number): number {
  const warm = samples.subarray(samples.length / 2).toSorted()
  return warm[Math.floor((warm.length - 1) * share)]! / 1000
}

/**
 * The engines' side: each stores what it does not hold and, beyond 500,000 tokens, drops the content blocks it stored first. By
 * content blocks, so that its own work does not empty the processor's caches before each decision.
 */
function engineCaches(router: CreatedRouter, candidateCount: number) {
  const perContentBlock = contentTokens / 16
  const caches = Array.from({ length: candidateCount }, () => new Map<number, number>())
  const keys = (id: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, sub) => id * subBlocksPerContentBlock + from + sub + 1)
  return (request: WorkloadRequest, candidateId: number) => {
    const held = caches[candidateId]!
    const { blockIds } = request.content!
    const hashes: number[] = []
    for (let index = 0; index < blockIds.length; index++) {
      const id = blockIds[index]!
      const known = held.get(id) ?? 0
      const blocks = Math.min(perContentBlock, Math.floor(request.inputTokens / 16) - index * perContentBlock)
      if (known >= blocks) continue
      hashes.push(...keys(id, known, blocks))
      held.set(id, blocks)
    }
    const event = { atUs: 0, requestId: request.id, parentHash: null, firstBlock: 0, tier: 'device' as const }
    router.cacheChanged(candidateId, { kind: 'blocks-stored', hashes, ...event })
    while (held.size > 500_000 / contentTokens) {
      const [id, blocks] = held.entries().next().value!
      held.delete(id)
      router.cacheChanged(candidateId, {
        kind: 'blocks-removed',
        atUs: 0,
        hashes: keys(id, 0, blocks),
        tier: 'device',
      })
    }
  }
}

/** One prompt of 100,000 tokens that every candidate, or none, holds; route() alone. */
function longPrompt(holders: number, tokensPerBlock: number): number {
  const router = createRouter({ kind: 'kv-aware', index: { kind: 'estimated' } }, new RandomSource(1))
  const fleet = states(barCount)
  const inputTokens = 100_000
  const blockIds = Float64Array.from({ length: Math.ceil(inputTokens / tokensPerBlock) }, (_, id) => id)
  const content = { tokensPerBlock, blockIds }
  const request = { ...conversations(1)[0]!, inputTokens, content }
  for (let id = 0; id < holders; id++) {
    router.sent(0, { ...request, id: id + 1 }, id)
    router.ended(0, id + 1, id)
  }
  const runs = 1000
  for (let run = 0; run < runs; run++) router.route(0, request, fleet)
  const start = process.hrtime.bigint()
  for (let run = 0; run < runs; run++) router.route(0, request, fleet)
  return Number(process.hrtime.bigint() - start) / runs / 1000
}

/** A request more in a line of a thousand, an end, and the next one's turn; of so many tenants. */
function turn(tenants: number): number {
  const router = createRouter(
    { kind: 'least-loaded', saturation: null, admission: { maximumWaiting: null } },
    new RandomSource(1),
  )
  if (!(router instanceof AdmissionRouter)) throw new Error('no admission')
  const fleet = states(1).map(state => ({ ...state, waiting: 0, running: 0, capacity: 1 }))
  const asked = Array.from({ length: 21_001 }, (_, id) => ({
    ...conversations(1)[0]!,
    id,
    tenant: `tenant ${id % tenants}`,
  }))
  let present = asked[0]!
  router.route(0, present, fleet)
  router.sent(0, present, 0)
  for (let id = 1; id <= 1000; id++) router.route(id, asked[id]!, fleet)
  const samples = new Float64Array(20_000)
  for (let sample = 0; sample < samples.length; sample++) {
    const nowUs = 1001 + sample
    const start = process.hrtime.bigint()
    router.route(nowUs, asked[1001 + sample]!, fleet)
    router.ended(nowUs, present.id, 0)
    present = asked[router.nextWaiting(nowUs)!]!
    router.route(nowUs, present, fleet)
    router.sent(nowUs, present, 0)
    samples[sample] = Number(process.hrtime.bigint() - start)
  }
  return quantile(samples, 0.5)
}

const requestCount = 40_000

/** In this process: `--row POLICY CANDIDATES`. */
function row(policy: string, candidateCount: number): Row {
  const [, spec, hasIndex] = specs.find(([name]) => name === policy)!
  return measure(policy, spec, hasIndex, conversations(requestCount), candidateCount)
}

function rowInItsOwnProcess(policy: string, candidateCount: number): Row {
  const command = [import.meta.filename, '--row', policy, String(candidateCount)]
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8' }))
}

const [mode, askedPolicy, askedCount] = process.argv.slice(2)
if (mode === '--row') {
  console.log(JSON.stringify(row(askedPolicy!, Number(askedCount))))
  process.exit()
}

const rows = candidateCounts.flatMap(count => specs.map(([policy]) => rowInItsOwnProcess(policy, count)))
const long = [
  ['content blocks of 512, nobody holds it', longPrompt(0, 512)],
  ['content blocks of 512, 1 of 64 holds it', longPrompt(1, 512)],
  ['content blocks of 512, all 64 hold it', longPrompt(64, 512)],
  ['content blocks of 16, 1 of 64 holds it', longPrompt(1, 16)],
] as const
const turns = [1, 10, 100].map(tenants => ({ tenants, us: turn(tenants) }))

if (mode === '--json') {
  console.log(JSON.stringify({ rows, long, turns }, null, 2))
} else {
  const requests = conversations(requestCount)
  const tokens = requests.reduce((sum, { inputTokens }) => sum + inputTokens, 0) / requests.length
  const counts = candidateCounts.map(count => `at ${count}`.padStart(8)).join('')
  console.log(`µs a decision, median; prompts of ${Math.round(tokens)} tokens on average\n`)
  console.log(`${' '.repeat(34)}${counts}  of ${barCount}: p99    end   bar     index`)
  for (const [policy] of specs) {
    const own = rows.filter(row => row.policy === policy)
    const { p99Us, endUs, barUs, decisionUs, memoryBytes, heldTokens } = own.find(
      row => row.candidates === barCount,
    )!
    const medians = own.map(row => row.decisionUs.toFixed(2).padStart(8)).join('')
    const index =
      heldTokens === 0
        ? ''
        : `${(memoryBytes / 2 ** 20).toFixed(0)} MiB, ${(memoryBytes / (heldTokens / 1e6) / 1024).toFixed(0)} KiB a million tokens`
    console.log(
      `${policy.padEnd(34)}${medians}${p99Us.toFixed(1).padStart(12)} ${endUs.toFixed(2).padStart(6)} ${String(barUs).padStart(5)}${decisionUs <= barUs ? '  ' : ' !'}  ${index}`,
    )
  }
  console.log('\n100,000 tokens, kv-aware, estimated index, 64 candidates, route() alone')
  for (const [name, us] of long) console.log(`${name.padEnd(42)} ${us.toFixed(1).padStart(7)} µs`)
  console.log('\nadmission, 1,000 in line: one more comes, one ends, the next has its turn')
  for (const { tenants, us } of turns)
    console.log(`${`${tenants} tenants`.padEnd(42)} ${us.toFixed(1).padStart(7)} µs`)
}
