/**
 * The engine behind the gateways of benchmarks/gateway.ts: `fork(this, [ports, gapMs, promptTokens])`, answers `POST …/chat/completions`
 * on so many free ports of 127.0.0.1. As light as it can be, so that the machine is left to the gateway: two texts made beforehand, no
 * parsing but that of lengths and of a few fields, looked for at both ends of the request.
 *
 * An answer without streaming comes at once. A stream's first token too, then one every gapMs, each in a chunk and a write of its own, as
 * vLLM sends them; its text is the moment it was written, µs of the machine's clock in 16 digits. `usage` comes if it was asked for.
 */
import { createServer, type Socket } from 'node:net'
import { startMachineClock } from './token-server.ts'

/** Sent to the parent when all ports are open. */
export interface UpstreamReady {
  readonly ports: readonly number[]
}

/** Sent when the parent asks (any message): what came since it asked last; users are forgotten then. */
export interface UpstreamTally {
  readonly requests: number
  /** Requests of a `user` who was here before, and those of them that came to the port where he was last. */
  readonly returning: number
  readonly kept: number
}

interface Stream {
  readonly socket: Socket
  readonly tokens: number
  readonly usage: boolean
  left: number
}

const slotMs = 1
/** Fields of a request stand before or behind its messages. */
const endBytes = 2048

const headEnd = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('0\r\n\r\n')
const nothing = Buffer.alloc(0)

const answerFields = {
  id: 'chatcmpl-0123456789abcdef0123456789abcdef',
  created: 1767225600,
  model: 'benchmark',
}

const chunkOf = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const event = (fields: object) =>
  `data: ${JSON.stringify({ ...answerFields, object: 'chat.completion.chunk', ...fields })}\n\n`
const deltaEvent = (delta: object, finish_reason: string | null) =>
  event({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] })

const timeDigits = 16
const [beforeTime = '', afterTime = ''] = chunkOf(
  deltaEvent({ content: '#'.repeat(timeDigits) }, null),
).split('#'.repeat(timeDigits))
const streamHead = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n${chunkOf(deltaEvent({ role: 'assistant', content: '' }, null))}`

/** Of the small answer: 400 characters, 80 tokens. */
const answerText = 'words '.repeat(67).slice(0, 400)
const answerTokens = 80

function serve(portCount: number, gapMs: number, promptTokens: number): void {
  const nowUs = startMachineClock()
  const tally = { requests: 0, returning: 0, kept: 0 }
  const lastPort = new Map<string, number>()
  const gapSlots = Math.max(1, Math.round(gapMs / slotMs))
  const wheel: Stream[][] = Array.from({ length: gapSlots + 1 }, () => [])
  let slot = 0

  const usageOf = (tokens: number) => ({
    prompt_tokens: promptTokens,
    completion_tokens: tokens,
    total_tokens: promptTokens + tokens,
  })
  const answerBody = JSON.stringify({
    ...answerFields,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answerText },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usageOf(answerTokens),
  })
  const answer = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answerBody.length}\r\n\r\n${answerBody}`,
  )

  const put = (stream: Stream) => wheel[(slot + gapSlots) % wheel.length]!.push(stream)
  const tokenChunk = () => `${beforeTime}${String(nowUs()).padStart(timeDigits, '0')}${afterTime}`
  const endOf = ({ tokens, usage }: Stream) =>
    chunkOf(deltaEvent({}, 'length')) +
    (usage ? chunkOf(event({ choices: [], usage: usageOf(tokens) })) : '') +
    `${chunkOf('data: [DONE]\n\n')}0\r\n\r\n`

  function sendToken(stream: Stream, before: string): void {
    const { socket } = stream
    if (socket.destroyed) return
    stream.left--
    if (stream.left > 0) {
      socket.write(before + tokenChunk())
      put(stream)
    } else socket.write(before + tokenChunk() + endOf(stream))
  }

  function step(): void {
    slot = (slot + 1) % wheel.length
    const due = wheel[slot]!
    if (due.length === 0) return
    wheel[slot] = []
    for (const stream of due) sendToken(stream, '')
  }

  let doneMs = performance.now()
  setInterval(() => {
    // Slots that a busy loop missed are made up for.
    for (const nowMs = performance.now(); doneMs + slotMs <= nowMs; doneMs += slotMs) step()
  }, slotMs)

  function reply(socket: Socket, port: number, hints: string): void {
    tally.requests++
    const user = /"user": ?"([^"]+)"/.exec(hints)?.[1]
    if (user !== undefined) {
      const last = lastPort.get(user)
      if (last !== undefined) tally.returning++
      if (last === port) tally.kept++
      lastPort.set(user, port)
    }
    if (!/"stream": ?true/.test(hints)) {
      socket.write(answer)
      return
    }
    const tokens = Number(/"max_(?:completion_)?tokens": ?(\d+)/.exec(hints)?.[1] ?? 16)
    sendToken({ socket, tokens, left: tokens, usage: /"include_usage": ?true/.test(hints) }, streamHead)
  }

  function connected(socket: Socket, port: number): void {
    let first: Buffer = nothing
    let last: Buffer = nothing
    let received = 0
    /** Of the whole request; Infinity: its end is marked; 0: not known yet. */
    let length = 0
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      if (length === 0) {
        first = first === nothing ? data : Buffer.concat([first, data])
        const bodyAt = first.indexOf(headEnd) + headEnd.length
        if (bodyAt < headEnd.length) return
        const head = first.toString('latin1', 0, bodyAt)
        const bodyLength = /content-length: *(\d+)/i.exec(head)?.[1]
        if (bodyLength !== undefined) length = bodyAt + Number(bodyLength)
        else length = /transfer-encoding: *chunked/i.test(head) ? Number.POSITIVE_INFINITY : bodyAt
        received = first.length
      } else {
        received += data.length
        last =
          data.length >= endBytes || last === nothing ? data : Buffer.concat([last.subarray(-endBytes), data])
      }
      const marked = length === Number.POSITIVE_INFINITY
      const tail = last === nothing ? first : last
      if (marked ? !tail.subarray(-lastChunk.length).equals(lastChunk) : received < length) return
      // Behind the head comes the first end; a request in one piece is one end.
      const hints =
        last === nothing && first.length <= 2 * endBytes
          ? first.toString('latin1')
          : first.toString('latin1', 0, 2 * endBytes) + tail.subarray(-endBytes).toString('latin1')
      first = nothing
      last = nothing
      received = 0
      length = 0
      reply(socket, port, hints)
    })
  }

  const ports: number[] = []
  for (let index = 0; index < portCount; index++) {
    const server = createServer({ noDelay: true }, socket => connected(socket, index))
    server.listen(0, '127.0.0.1', 4096, () => {
      const address = server.address()
      ports[index] = typeof address === 'object' && address !== null ? address.port : 0
      if (Object.keys(ports).length === portCount) process.send!({ ports } satisfies UpstreamReady)
    })
  }
  process.on('message', () => {
    process.send!({ ...tally } satisfies UpstreamTally)
    Object.assign(tally, { requests: 0, returning: 0, kept: 0 })
    lastPort.clear()
  })
  process.on('disconnect', () => process.exit())
}

if (process.argv[1] === import.meta.filename) {
  const [portCount = 1, gapMs = 20, promptTokens = 16] = process.argv.slice(2).map(Number)
  serve(portCount, gapMs, promptTokens)
}
