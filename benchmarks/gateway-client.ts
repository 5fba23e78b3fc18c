/**
 * The client of benchmarks/gateway.ts, a process of its own: `fork(this)`, is sent a Block, does it, answers with a BlockResult.
 * A closed loop over keep-alive connections: each asks again when its answer has ended. It reads the processor time and memory of the
 * others too, at the moments where the measured window begins and ends.
 */

import { createStreamingClient } from '../src/live/http/streaming-client.ts'
import { parseTarget } from '../src/live/http/target.ts'
import type { HttpRequest } from '../src/live/http/types.ts'
import { quantile } from './answer-streams.ts'
import { type AnswerReader, chatAnswer, streamedAnswer } from './gateway-answers.ts'
import { type Conversations, createConversations } from './gateway-conversations.ts'
import { cpuSeconds, machineBusySeconds, residentMegabytes } from './gateway-processes.ts'
import { startMachineClock } from './token-server.ts'

export interface Block {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly model: string
  readonly kind: 'chat' | 'stream' | 'long'
  readonly connections: number
  /** Connections begin to ask spread over this time. */
  readonly beginSeconds: number
  /** After that, not counted: connections are opened, code gets warm. */
  readonly warmUpSeconds: number
  readonly seconds: number
  /** Ends after so many requests, whichever comes first; null: by time only. */
  readonly requests: number | null
  /** Of a streamed answer. */
  readonly tokens: number
  readonly conversations: number
  /** null: there is none, the client asks the upstream itself. */
  readonly gatewayPid: number | null
  readonly upstreamPid: number
}

export interface Spread {
  readonly p50: number
  readonly p99: number
  readonly maximum: number
}

export interface BlockResult {
  readonly seconds: number
  readonly requests: number
  /** Not answered as they should be, and what was wrong with the first. */
  readonly problems: number
  readonly problem: string | null
  readonly latencyMs: Spread
  /** Of streams: from asking to the first token; from its writing upstream to its reading, each token; between two. */
  readonly ttftMs: Spread
  readonly transitMs: Spread
  readonly gapMs: Spread
  readonly tokens: number
  readonly gatewayCpuSeconds: number
  readonly upstreamCpuSeconds: number
  readonly clientCpuSeconds: number
  /** What everybody else on the machine took. */
  readonly othersCpuSeconds: number
  /** Requests so far and the gateway's resident megabytes, once a second. */
  readonly memory: readonly (readonly [number, number])[]
}

const nowUs = startMachineClock()
/** Answers that are still coming when the time is over are waited for, so that the next block starts from rest; assumed. */
const lastAnswersMs = 20_000
const memorySampleMs = 1000

let conversations: { readonly count: number; readonly of: Conversations } | null = null

interface Question {
  readonly body: Buffer
  /** Of the answer, if it is streamed. */
  readonly tokens: number
}

function questions(block: Block): () => Question {
  const { kind, model, tokens } = block
  if (kind === 'long') {
    if (conversations?.count !== block.conversations)
      conversations = { count: block.conversations, of: createConversations(block.conversations) }
    const { of } = conversations
    return () => ({ body: of.nextBody(model), tokens })
  }
  const questionOf = (length: number): Question => ({
    body: Buffer.from(
      JSON.stringify({
        model,
        messages: [
          { role: 'system', content: 'You answer in one sentence.' },
          { role: 'user', content: 'What does a million tokens cost here?' },
        ],
        max_tokens: length,
        ...(kind === 'stream' ? { stream: true } : {}),
      }),
    ),
    tokens: length,
  })
  const same = questionOf(tokens)
  if (kind === 'chat') return () => same
  let asked = 0
  // 75 to 125 % of the length, so that streams neither begin nor end together.
  return () => questionOf(Math.round(tokens * (0.75 + ((asked++ * 37) % 51) / 100)))
}

function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort()
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), maximum: sorted.at(-1) ?? 0 }
}

function work(block: Block): Promise<BlockResult> {
  const { gatewayPid, upstreamPid, connections } = block
  const client = createStreamingClient(parseTarget(block.url), { nowUs, maximumConnections: connections })
  const nextQuestion = questions(block)
  const headers = { 'content-type': 'application/json', ...block.headers }
  const samples = { latencyMs: [], ttftMs: [], transitMs: [], gapMs: [] } as Record<
    'latencyMs' | 'ttftMs' | 'transitMs' | 'gapMs',
    number[]
  >
  const memory: [number, number][] = []
  let requests = 0
  let tokens = 0
  let problems = 0
  let problem: string | null = null
  let phase: 'warm-up' | 'measured' | 'over' = 'warm-up'
  let underWay = 0

  const used = () => ({
    atUs: nowUs(),
    gateway: gatewayPid === null ? 0 : cpuSeconds(gatewayPid),
    upstream: cpuSeconds(upstreamPid),
    client: process.cpuUsage(),
    machine: machineBusySeconds(),
  })

  return new Promise(resolve => {
    let before = used()
    let result: BlockResult | null = null
    let sampling: NodeJS.Timeout | undefined
    let ending: NodeJS.Timeout | undefined

    function begin(): void {
      before = used()
      phase = 'measured'
      ending = setTimeout(end, block.seconds * 1000)
      if (gatewayPid === null) return
      const sample = () => memory.push([requests, residentMegabytes(gatewayPid)])
      sample()
      sampling = setInterval(sample, memorySampleMs)
    }

    function end(): void {
      if (phase !== 'measured') return
      phase = 'over'
      clearTimeout(ending)
      clearInterval(sampling)
      const after = used()
      if (gatewayPid !== null) memory.push([requests, residentMegabytes(gatewayPid)])
      const clientCpuSeconds =
        (after.client.user + after.client.system - before.client.user - before.client.system) / 1e6
      const gatewayCpuSeconds = after.gateway - before.gateway
      const upstreamCpuSeconds = after.upstream - before.upstream
      const ours = clientCpuSeconds + gatewayCpuSeconds + upstreamCpuSeconds
      result = {
        seconds: (after.atUs - before.atUs) / 1e6,
        requests,
        problems,
        problem,
        latencyMs: spread(samples.latencyMs),
        ttftMs: spread(samples.ttftMs),
        transitMs: spread(samples.transitMs),
        gapMs: spread(samples.gapMs),
        tokens,
        gatewayCpuSeconds,
        upstreamCpuSeconds,
        clientCpuSeconds,
        othersCpuSeconds: Math.max(0, after.machine - before.machine - ours),
        memory,
      }
      setTimeout(leave, lastAnswersMs).unref()
      if (underWay === 0) leave()
    }

    function leave(): void {
      if (result === null) return
      const known = result
      result = null
      client.close()
      for (const cancel of cancels) cancel()
      resolve(known)
    }

    const cancels: (() => void)[] = []

    /** One of the loops. */
    function ask(loop: number): void {
      if (phase === 'over') {
        if (underWay === 0) leave()
        return
      }
      const { body, tokens: length } = nextQuestion()
      const request: HttpRequest = { method: 'POST', path: '/v1/chat/completions', headers, body }
      const startedUs = nowUs()
      const answer: AnswerReader = block.kind === 'stream' ? streamedAnswer(length) : chatAnswer()
      let status = 0
      underWay++
      const done = (atUs: number, failure: string | null) => {
        underWay--
        const wrong = failure ?? (status === 200 ? answer.wrong() : `status ${status}: ${answer.text()}`)
        if (wrong !== null) {
          problems++
          problem ??= wrong
        } else if (phase === 'measured') {
          requests++
          samples.latencyMs.push((atUs - startedUs) / 1000)
          if (requests === block.requests) end()
        }
        // After failures not at once: a server that refuses everything is not to be flooded.
        if (wrong === null) ask(loop)
        else setTimeout(ask, 50, loop)
      }
      const { cancel } = client.send(request, {
        sent() {},
        head(_, code) {
          status = code
        },
        data(atUs, bytes) {
          answer.read(
            bytes,
            writtenUs => {
              if (phase !== 'measured') return
              tokens++
              samples.transitMs.push((atUs - writtenUs) / 1000)
              if (answer.lastUs === 0) samples.ttftMs.push((atUs - startedUs) / 1000)
              else samples.gapMs.push((atUs - answer.lastUs) / 1000)
            },
            atUs,
          )
        },
        end: atUs => done(atUs, null),
        failure: (atUs, { kind, message }) => done(atUs, `${kind}: ${message}`),
      })
      cancels[loop] = cancel
    }

    setTimeout(begin, (block.beginSeconds + block.warmUpSeconds) * 1000)
    for (let loop = 0; loop < connections; loop++)
      setTimeout(ask, (block.beginSeconds * 1000 * loop) / connections, loop)
  })
}

if (process.argv[1] === import.meta.filename) {
  process.on('message', message => {
    work(message as Block).then(result => process.send!(result))
  })
  process.on('disconnect', () => process.exit())
}
