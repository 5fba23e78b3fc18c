/** A server that answers each request with the bytes it is told, piece by piece: for everything that real ones get wrong. */
import { createServer, type Socket } from 'node:net'

export interface RawServer {
  readonly port: number
  /** Requests read so far, whole. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** What is done on a connection after a request was read. */
export type RawAnswer = (socket: Socket, request: number) => void | Promise<void>

export function startRawServer(answer: RawAnswer): Promise<RawServer> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let text = ''
    socket.on('data', bytes => {
      text += bytes.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (end < 0 || text.length < end + 4 + length) return
      requests.push(text)
      text = ''
      void answer(socket, requests.length - 1)
    })
  })
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        requests,
        close: () =>
          new Promise(done => {
            for (const socket of sockets) socket.destroy()
            server.close(() => done())
          }),
      })
    })
  })
}

/** Head of a stream; chunked unless it is closed at its end. */
export const streamHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'

/** Bytes as one chunk of the transfer coding. */
export function chunked(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

export const lastChunk = '0\r\n\r\n'

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
