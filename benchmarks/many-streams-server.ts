/**
 * The server of many-streams.ts: a chat completions endpoint that streams tokens slowly into thousands of connections. As light as it can
 * be, so that the machine is left to the client: a wheel of time slots in place of timers, one text for all tokens, no parsing but that
 * of lengths and of what is asked for.
 */
import { createServer, type Socket } from 'node:net'

const slotMs = 5

interface Stream {
  readonly socket: Socket
  readonly periodSlots: number
  readonly tokens: number
  left: number
}

/** How many streams were being served at the same time, at most, and how many tokens were sent. */
export interface ServerTally {
  mostStreams: number
  tokens: number
}

export interface SlowServer {
  readonly port: number
  readonly tally: ServerTally
}

const event = (fields: object) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-0123456789abcdef0123456789abcdef',
    object: 'chat.completion.chunk',
    created: 1767225600,
    model: 'benchmark',
    ...fields,
  })}\n\n`

const chunkOf = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

const head =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n'
const token = Buffer.from(
  chunkOf(
    event({ choices: [{ index: 0, delta: { content: ' token' }, logprobs: null, finish_reason: null }] }),
  ),
)

function lastOf(tokens: number): string {
  const finish = event({ choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }] })
  const usage = event({
    choices: [],
    usage: { prompt_tokens: 16, completion_tokens: tokens, total_tokens: 16 + tokens },
  })
  return `${chunkOf(finish)}${chunkOf(usage)}${chunkOf('data: [DONE]\n\n')}0\r\n\r\n`
}

/** Every stream gets a token in so many ms, from a random moment on. Listens on a free port of 127.0.0.1. */
export function startSlowServer(periodMs: number, onListening: (server: SlowServer) => void): void {
  const tally: ServerTally = { mostStreams: 0, tokens: 0 }
  const periodSlots = Math.max(1, Math.round(periodMs / slotMs))
  const wheel: Stream[][] = Array.from({ length: periodSlots + 1 }, () => [])
  let slot = 0
  let streams = 0

  const put = (stream: Stream, slots: number) => wheel[(slot + slots) % wheel.length]!.push(stream)

  function serve(socket: Socket, tokens: number): void {
    streams++
    tally.mostStreams = Math.max(tally.mostStreams, streams)
    socket.write(head)
    put({ socket, periodSlots, tokens, left: tokens }, 1 + Math.floor(Math.random() * periodSlots))
  }

  function step(): void {
    slot = (slot + 1) % wheel.length
    const due = wheel[slot]!
    wheel[slot] = []
    for (const stream of due) {
      if (stream.socket.destroyed) {
        streams--
        continue
      }
      stream.left--
      tally.tokens++
      if (stream.left > 0) {
        stream.socket.write(token)
        put(stream, stream.periodSlots)
      } else {
        streams--
        stream.socket.write(Buffer.concat([token, Buffer.from(lastOf(stream.tokens))]))
      }
    }
  }

  let doneMs = performance.now()
  setInterval(() => {
    // Slots that a busy loop missed are made up for.
    for (const nowMs = performance.now(); doneMs + slotMs <= nowMs; doneMs += slotMs) step()
  }, slotMs)

  const server = createServer({ noDelay: true }, socket => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', data => {
      text += data.toString('latin1')
      const headEnd = text.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < headEnd + 4 + length) return
      const tokens = Number(/"max_tokens":\s*(\d+)/.exec(text)?.[1] ?? 1)
      text = ''
      serve(socket, tokens)
    })
  })
  server.listen(0, '127.0.0.1', 16_384, () => {
    const address = server.address()
    onListening({ port: typeof address === 'object' && address !== null ? address.port : 0, tally })
  })
}
