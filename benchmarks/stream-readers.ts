/** The clients that client-cost.ts compares: ours, Node's two, and a socket without any HTTP. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { createStreamingClient } from '../src/live/http/streaming-client.ts'
import { parseTarget } from '../src/live/http/target.ts'
import type { ResponseListener } from '../src/live/http/types.ts'

export const readers = ['ours', 'node:http', 'fetch', 'node:net, bare'] as const
export type Reader = (typeof readers)[number]

/** What happens to the bytes of one answer, and at its end. */
export interface Sink {
  data(bytes: Uint8Array): void
  end(problem: string | null): void
}

/** Each returns a function that asks once for the URL and gives what comes to a sink of its own. */
export const openers: Readonly<
  Record<Reader, (port: number, url: string, nowUs: () => number, sinkOf: () => Sink) => () => void>
> = {
  ours(port, url, nowUs, sinkOf) {
    const client = createStreamingClient(parseTarget(`http://127.0.0.1:${port}`), { nowUs })
    return () => {
      const sink = sinkOf()
      const listener: ResponseListener = {
        sent() {},
        head() {},
        data: (_, bytes) => sink.data(bytes),
        end: () => sink.end(null),
        failure: (_, { message }) => sink.end(message),
      }
      client.send({ method: 'GET', path: url, headers: {}, body: null }, listener)
    }
  },
  'node:http'(port, url, _, sinkOf) {
    return () => {
      const sink = sinkOf()
      const request = httpRequest({ port, host: '127.0.0.1', path: url }, response => {
        response.on('data', (bytes: Buffer) => sink.data(bytes))
        response.on('end', () => sink.end(null))
      })
      request.on('error', ({ message }) => sink.end(message))
      request.end()
    }
  },
  fetch(port, url, _, sinkOf) {
    const read = async (sink: Sink) => {
      const response = await fetch(`http://127.0.0.1:${port}${url}`)
      for await (const bytes of response.body!) sink.data(bytes as Uint8Array)
      sink.end(null)
    }
    return () => {
      const sink = sinkOf()
      read(sink).catch((error: Error) => sink.end(error.message))
    }
  },
  'node:net, bare'(port, url, _, sinkOf) {
    const buffer = Buffer.allocUnsafeSlow(64 * 1024)
    return () => {
      const sink = sinkOf()
      let headCame = false
      const onread = {
        buffer,
        callback(length: number) {
          const bytes = buffer.subarray(0, length)
          if (headCame) sink.data(bytes)
          headCame = true
          return true
        },
      }
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, () =>
        socket.write(`GET ${url} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`),
      )
      socket.on('error', ({ message }) => sink.end(message))
      socket.on('end', () => sink.end(null))
    }
  },
}
