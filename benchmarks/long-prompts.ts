/**
 * Prompts of 100,000 tokens in front of 100 replicas: what a gateway spends to know where they are cached and to decide,
 * `node benchmarks/long-prompts.ts [--requests N] [--replicas N] [--conversations N]`.
 *
 * Conversations of 90,000 to 110,000 tokens (4 bytes each, so 400 kB), behind one of eight system prompts of 20,000, grow by 1,000 tokens a turn
 * and are replaced when they are full. Each request is hashed, looked up and routed by the prefix-aware router; replicas hold 500,000 tokens
 * each and evict the least recently used; 900 conversations are more than 100 of them hold.
 *
 * - estimated: bytes are hashed in blocks of 256, the estimated index believes what was routed.
 * - dispatcher: the same through src/gateway/dispatch, as the proxy asks it: identify() of the bytes, choose() with its filters, predictions and books,
 *   firstToken(), ended().
 * - events: parts are hashed, only what is new is tokenised (by a stand-in that makes a token of four bytes, so that no
 *   tokenizer's time is measured), and the index is told by msgpack events of the engines, which are decoded and translated.
 *
 * CPU is the process's own, garbage collection included: requests/s on one core is its inverse. Bar: 100 requests/s on 2 cores, which
 * is 20 ms a request (issue 6). Hashing and routing are a part of what a gateway does: parsing the body as JSON is measured beside it.
 */
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Decoder, Encoder } from '@msgpack/msgpack'
import { RandomSource } from '../src/core/random.ts'
import { createByteHasher } from '../src/gateway/engine-state/byte-blocks.ts'
import { decodePayload } from '../src/gateway/engine-state/cache-event-subscriber.ts'
import type { EventTranslator } from '../src/gateway/engine-state/event-translator.ts'
import { absorbBlocks, commonScope, scopedPrefix } from '../src/gateway/engine-state/prefix-hash.ts'
import { createPromptMemo, identifyPrompt, type Tokenizer } from '../src/gateway/engine-state/prompt-memo.ts'
import { createReplicaEvents, type ReplicaEvents } from '../src/gateway/engine-state/replica-events.ts'
import { type CreatedRouter, createRouter } from '../src/routing/create-router.ts'
import type { RouterSpec } from '../src/routing/router-spec.ts'
import type { CandidateState } from '../src/routing/types.ts'
import { plainRequest, type WorkloadRequest } from '../src/workload/request.ts'
import { begin, nextTurn, prompt, systems, text } from './long-conversations.ts'
import { runDispatcher } from './long-prompts-dispatcher.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000' },
    replicas: { type: 'string', default: '100' },
    conversations: { type: 'string', default: '900' },
  },
})
const requests = Number(values.requests)
const replicas = Number(values.replicas)
const cacheTokens = 500_000
const blockTokens = 16
const conversationCount = Number(values.conversations)
const barMs = 20

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
/** Every four bytes are a token. */
const tokenizer: Tokenizer = {
  encode(part) {
    const bytes = Buffer.from(part)
    const tokens: number[] = []
    for (let at = 0; at + 4 <= bytes.length; at += 4) tokens.push(bytes.readUInt32LE(at) >>> 4)
    return tokens
  },
}

/** The engine's own names of its blocks. */
function idsOf(tokens: readonly number[]): number[] {
  const ids: number[] = []
  absorbBlocks(scopedPrefix({ loraName: 'engine', cacheSalt: null }), tokens, tokens.length, blockTokens, ids)
  return ids
}

/** An engine's prefix cache by its own hashes: what it would publish for a prompt. */
function createEngine(number: number) {
  const held = new Map<number, bigint>()
  const encoder = new Encoder({ useBigInt64: true })
  let sequence = 0
  return (tokens: readonly number[]): { sequence: number; payload: Uint8Array }[] => {
    const events: unknown[] = []
    const ids = idsOf(tokens)
    let first = 0
    while (first < ids.length && held.has(ids[first]!)) first++
    const hashOf = (id: number) => (BigInt(id) << 20n) + BigInt(number)
    for (let from = first; from < ids.length; from += 512) {
      const until = Math.min(ids.length, from + 512)
      const hashes: bigint[] = []
      for (let block = from; block < until; block++) hashes.push(hashOf(ids[block]!))
      events.push({
        type: 'BlockStored',
        block_hashes: hashes,
        parent_block_hash: from === 0 ? null : hashOf(ids[from - 1]!),
        token_ids: tokens.slice(from * blockTokens, until * blockTokens),
        block_size: blockTokens,
        lora_id: null,
        medium: 'GPU',
      })
    }
    for (let block = ids.length - 1; block >= 0; block--) {
      held.delete(ids[block]!)
      held.set(ids[block]!, 0n)
    }
    const gone: bigint[] = []
    for (const id of held.keys()) {
      if (held.size * blockTokens <= cacheTokens) break
      held.delete(id)
      gone.push(hashOf(id))
    }
    if (gone.length > 0) events.push({ type: 'BlockRemoved', block_hashes: gone, medium: 'GPU' })
    return events.length === 0
      ? []
      : [{ sequence: sequence++, payload: encoder.encode([sequence, events, 0]) }]
  }
}

/** CPU of the process by what it was spent on, milliseconds. */
const spent: Record<string, number> = {}
function timed<Result>(what: string, work: () => Result): Result {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  spent[what] = (spent[what] ?? 0) + (user + system) / 1000
  return result
}

function run(kind: 'estimated' | 'events'): void {
  const spec: RouterSpec =
    kind === 'estimated'
      ? { kind: 'prefix-aware', index: { kind: 'estimated', blockTokens: 64, capacityTokens: cacheTokens } }
      : { kind: 'prefix-aware', index: { kind: 'events', predictionSeconds: null } }
  let router: CreatedRouter | null = createRouter(spec, new RandomSource(1))
  const hasher = createByteHasher()
  const memo = createPromptMemo()
  const decoder = new Decoder({ useBigInt64: true })
  const candidates: CandidateState[] = Array.from({ length: replicas }, (_, id) => ({
    id,
    ready: true,
    waiting: 0,
    running: 4,
    pendingPromptTokens: 0,
    cacheUse: 0.5,
    capacity: 256,
    estimate: null,
  }))
  const engines = candidates.map(({ id }) => createEngine(id))
  const told: ReplicaEvents[] = candidates.map(({ id }) =>
    createReplicaEvents(
      { ranks: 1, maximumBlocks: (1.5 * cacheTokens) / blockTokens, source: {} },
      {
        cacheChanged: event => router!.cacheChanged(id, event),
        askReplay() {},
        stateChanged() {},
        alarm() {},
      },
    ),
  )
  for (const events of told) {
    events.accept(0, 0, { kind: 'connected' })
    events.accept(0, 0, { kind: 'replay-ended', attempt: 1 })
  }
  const conversations = Array.from({ length: conversationCount }, (_, number) => begin(number))
  const tokensOf = new Map<string, readonly number[]>()
  const ongoing: { id: number; candidateId: number }[] = []
  let cached = 0
  let total = 0

  const one = (id: number): void => {
    const conversation = nextTurn(conversations, id)
    const { parts } = conversation
    const identity = timed('identify', () =>
      kind === 'estimated' ? hasher.ofTexts(parts, commonScope) : identifyPrompt(memo, tokenizer, parts),
    )
    const request: WorkloadRequest = {
      ...plainRequest,
      id,
      arrivalUs: id,
      outputTokens: 300,
      ...identity,
    }
    const nowUs = id * 10_000
    timed('route', () => {
      const decision = router!.route(nowUs, request, candidates)
      if (decision.kind !== 'send') throw new Error('nobody took a request')
      router!.sent(nowUs, request, decision.candidateId)
      ongoing.push({ id, candidateId: decision.candidateId })
      cached += decision.expectedCachedTokens
      total += request.inputTokens
      if (ongoing.length < 4 * replicas) return
      const ended = ongoing.shift()!
      router!.firstToken(nowUs, ended.id, ended.candidateId)
      router!.ended(nowUs, ended.id, ended.candidateId)
    })
    if (kind === 'estimated') return
    const tokens = parts.flatMap(part => {
      const known = tokensOf.get(part) ?? (tokenizer.encode(part) as number[])
      if (part.length > 50_000) tokensOf.set(part, known)
      return known
    })
    const { candidateId } = ongoing.at(-1)!
    for (const { sequence, payload } of engines[candidateId]!(tokens)) {
      timed('events', () =>
        told[candidateId]!.accept(nowUs, 0, {
          kind: 'live',
          sequence,
          batch: decodePayload(bytes => decoder.decode(bytes), payload),
        }),
      )
    }
  }

  const warmUp = 2 * conversationCount
  for (let id = 0; id < warmUp; id++) one(id)
  forget()
  cached = 0
  total = 0
  for (let id = warmUp; id < warmUp + requests; id++) one(id)

  report(kind, cached / total)
  const before = memoryBytes()
  const heldTokens = candidates.reduce((sum, { id }) => sum + router!.heldTokens(id), 0)
  const translators = told.map(({ ranks }) => ranks[0]!.translator)
  const tracked = translators.reduce((sum, { blocks }) => sum + blocks, 0)
  const bytes = translators.reduce((sum, translator) => sum + translator.bytes, 0)
  router = null
  const indexBytes = before - memoryBytes()
  const millions = heldTokens / 1e6
  console.log(
    `           index of ${millions.toFixed(1)} M tokens: ${megabytes(indexBytes)}, ${(indexBytes / (heldTokens / blockTokens)).toFixed(0)} bytes per 16 tokens`,
  )
  if (kind === 'estimated') return
  const [orphans, overflows] = [sum(translators, 'orphanBlocks'), sum(translators, 'overflows')]
  console.log(
    `           translation of ${tracked} blocks: ${megabytes(bytes)}, ${(bytes / tracked).toFixed(0)} bytes each; ${orphans} orphans, ${overflows} overflows; ` +
      `memo of ${(memo.rememberedTokens / 1e6).toFixed(1)} M tokens in ${memo.checkpoints} parts`,
  )
}

function forget(): void {
  for (const what of Object.keys(spent)) delete spent[what]
}

function report(kind: string, cachedShare: number): void {
  const sumMs = Object.values(spent).reduce((sum, ms) => sum + ms, 0) / requests
  const parts = Object.entries(spent).map(([what, ms]) => `${what} ${((1000 * ms) / requests).toFixed(0)} µs`)
  console.log(
    `${kind.padEnd(10)} ${(1000 / sumMs).toFixed(0).padStart(6)} requests/s on one core, ${sumMs.toFixed(2)} ms each (${parts.join(', ')}), ` +
      `${(100 * cachedShare).toFixed(0)} % of tokens believed cached${sumMs > barMs ? '  MISSED' : ''}`,
  )
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

function sum(translators: readonly EventTranslator[], name: 'orphanBlocks' | 'overflows'): number {
  return translators.reduce((running, { counts }) => running + counts[name], 0)
}

/** Bytes in use. Buffers of what an earlier collection found are given back in the next. */
function memoryBytes(): number {
  for (let round = 0; round < 3; round++) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

console.log(
  `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()
    .map(load => load.toFixed(1))
    .join(' ')}; ` + `${replicas} replicas, ${conversationCount} conversations, ${requests} requests`,
)
run('estimated')
forget()
const dispatchedShare = await runDispatcher({
  replicas,
  cacheTokens,
  conversationCount,
  requests,
  timed,
  forget,
})
report('dispatcher', dispatchedShare)
forget()
run('events')

const body = JSON.stringify({
  model: 'm',
  stream: true,
  messages: [systems[0], text(prompt.document)].map(content => ({ role: 'user', content })),
})
const bytes = Buffer.from(body)
for (let round = 0; round < 20; round++) JSON.parse(bytes.toString())
delete spent.json
for (let round = 0; round < 100; round++) timed('json', () => JSON.parse(bytes.toString()))
console.log(
  `beside it: reading a body of ${bytes.length} bytes as JSON ${((1000 * spent.json!) / 100).toFixed(0)} µs`,
)
