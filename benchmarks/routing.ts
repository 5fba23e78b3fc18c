/**
 * How long one routing decision takes, by policy: `node benchmarks/routing.ts [--json]`.
 * A decision is route() and sent(); its end is counted separately. 64 candidates with 16 requests under way each; prompts of
 * conversations, content in blocks of 512 tokens (Mooncake's traces), cache blocks of 16, 12,000 tokens on average; and single
 * prompts of 100,000 tokens that all or no candidates hold.
 * Estimated indexes and engines' caches hold 500,000 tokens a candidate, and are full.
 * The bars: 5 µs without a prefix index, 15 µs with one.
 */
import { RandomSource } from '../src/core/random.ts'
import { createRouter } from '../src/routing/create-router.ts'
import type { RouterSpec } from '../src/routing/router-spec.ts'
import type { CandidateState } from '../src/routing/types.ts'
import { subBlocksPerContentBlock } from '../src/workload/block-key.ts'
import type { WorkloadRequest } from '../src/workload/request.ts'

const candidateCount = 64
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
]

interface Row {
  readonly policy: string
  /** Medians: a mean would measure what else the machine does. */
  readonly decisionUs: number
  readonly endUs: number
  readonly p99Us: number
  readonly barUs: number
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

function states(): CandidateState[] {
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
): Row {
  const router = createRouter(spec, new RandomSource(1))
  const store = policy.includes('events') ? engineCaches(router) : null
  const fleet = states()
  const underWay = candidateCount * 16
  const destinations = new Int32Array(requests.length)
  const decisions = new Float64Array(requests.length)
  const ends = new Float64Array(requests.length)
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
  return {
    policy,
    decisionUs: quantile(decisions, 0.5),
    endUs: quantile(ends, 0.5),
    p99Us: quantile(decisions, 0.99),
    barUs: hasIndex ? barsUs.with : barsUs.without,
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
function engineCaches(router: ReturnType<typeof createRouter>) {
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
  const fleet = states()
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

const requests = conversations(40_000)
const rows = specs.map(([policy, spec, hasIndex]) => measure(policy, spec, hasIndex, requests))
const long = [
  ['content blocks of 512, nobody holds it', longPrompt(0, 512)],
  ['content blocks of 512, 1 of 64 holds it', longPrompt(1, 512)],
  ['content blocks of 512, all 64 hold it', longPrompt(64, 512)],
  ['content blocks of 16, 1 of 64 holds it', longPrompt(1, 16)],
] as const

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ rows, long }, null, 2))
} else {
  const tokens = requests.reduce((sum, { inputTokens }) => sum + inputTokens, 0) / requests.length
  console.log(
    `one decision among ${candidateCount} candidates, prompts of ${Math.round(tokens)} tokens on average\n`,
  )
  for (const { policy, decisionUs, p99Us, endUs, barUs } of rows) {
    const verdict = decisionUs <= barUs ? '' : '  MISSED'
    console.log(
      `${policy.padEnd(34)} ${decisionUs.toFixed(2).padStart(7)} µs  p99 ${p99Us.toFixed(1).padStart(6)}  end ${endUs.toFixed(2).padStart(5)}  bar ${barUs}${verdict}`,
    )
  }
  console.log('\n100,000 tokens, kv-aware, estimated index, route() alone')
  for (const [name, us] of long) console.log(`${name.padEnd(42)} ${us.toFixed(1).padStart(7)} µs`)
}
