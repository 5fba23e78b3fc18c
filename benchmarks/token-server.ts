/**
 * The server of client-cost.ts: answers `GET /?tokens=N&rate=R` with N events of some 230 bytes at R per second, each in a chunk and a
 * write of its own, as vLLM's streams come over the wire. The text of a token is the time at which it was
 * written: µs of process.hrtime, as whole number.
 */
import { createServer, type Socket } from 'node:net'

/** Streams are served in turn in so many slots of a period, so that their tokens do not come all at once. */
const slotMs = 1

const head =
  'HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: uvicorn\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n'

interface Stream {
  readonly socket: Socket
  readonly periodUs: number
  left: number
  dueUs: number
}

/**
 * µs of process.hrtime, which is one clock for all processes of a machine, read by performance.now, which costs less.
 * The zeroes of the two are compared several times: the process may be set aside between one reading and the next.
 */
export function startMachineClock(): () => number {
  let originUs = Number.POSITIVE_INFINITY
  for (let trial = 0; trial < 100; trial++) {
    const ms = performance.now()
    originUs = Math.min(originUs, Number(process.hrtime.bigint()) / 1000 - ms * 1000)
  }
  return () => Math.floor(originUs + performance.now() * 1000)
}

/** Listens on a free port of 127.0.0.1 until the process ends. */
export function createTokenServer(onListening: (port: number) => void): void {
  const live = new Set<Stream>()
  const nowUs = startMachineClock()

  const server = createServer(socket => {
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', data => {
      const [, tokens, rate] = /tokens=(\d+)&rate=(\d+)/.exec(data.toString('latin1')) ?? []
      const periodUs = 1e6 / Number(rate)
      socket.write(head)
      const stream = { socket, periodUs, left: Number(tokens), dueUs: nowUs() + Math.random() * periodUs }
      live.add(stream)
      socket.on('close', () => live.delete(stream))
    })
  })

  setInterval(() => {
    for (const stream of live) {
      const { socket, periodUs } = stream
      if (stream.dueUs > nowUs()) continue
      stream.dueUs += periodUs
      if (stream.left-- > 0) {
        socket.write(chunkOf(eventOf(nowUs())))
      } else {
        live.delete(stream)
        socket.write(`${chunkOf('data: [DONE]\n\n')}0\r\n\r\n`)
      }
    }
  }, slotMs)

  server.listen(0, '127.0.0.1', 4096, () => {
    const address = server.address()
    onListening(typeof address === 'object' && address !== null ? address.port : 0)
  })
}

/** Fields as vLLM's chat completions have them. */
function eventOf(sentUs: number): string {
  return `data: ${JSON.stringify({
    id: 'chatcmpl-0123456789abcdef0123456789abcdef',
    object: 'chat.completion.chunk',
    created: 1767225600,
    model: 'benchmark',
    choices: [{ index: 0, delta: { content: String(sentUs) }, logprobs: null, finish_reason: null }],
  })}\n\n`
}

function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}
