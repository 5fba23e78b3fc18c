/** The client of the emulator's benchmarks: 200 streamed answers at a time over keep-alive connections, in a closed loop. */
import { connect } from 'node:net'

export const streams = 200

/** Tokens of the answers of a stream, so that they neither begin nor end together: 400 to 600. */
export function answerTokens(stream: number): number {
  return 400 + ((stream * 7919) % 201)
}

/** Told of what a stream reads, as it comes from the socket, and whether its answer ends with it. */
export type OnRead = (data: Buffer, ended: boolean) => void

const lastChunk = Buffer.from('0\r\n\r\n')

/** Opens all streams; each asks again when its answer has ended, until the process goes. Errors of sockets are not told. */
export function openStreams(port: number, readerOf: (stream: number) => OnRead): void {
  for (let stream = 0; stream < streams; stream++) {
    const request = requestOf(stream)
    const onRead = readerOf(stream)
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setNoDelay(true)
    socket.on('data', (data: Buffer) => {
      const ended = data.subarray(-lastChunk.length).equals(lastChunk)
      onRead(data, ended)
      if (ended) socket.write(request)
    })
    socket.on('error', () => {})
  }
}

function requestOf(stream: number): string {
  const body = JSON.stringify({
    model: 'benchmark',
    messages: [{ role: 'user', content: 'Count.' }],
    stream: true,
    max_tokens: answerTokens(stream),
    ignore_eos: true,
  })
  return (
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
  )
}

/** Of sorted values, the smallest that this share does not exceed; 0 of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))] ?? 0
}
