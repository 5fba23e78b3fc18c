/** What a client sends: a body within limits. */

import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../wire/index.ts'

/**
 * The whole body. Rejects with a GatewayError: 413 as soon as it is longer than allowed (announced or not), 400 when the client
 * stopped in the middle of it.
 */
export function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? Number.NaN)
  if (announced > mostBytes) return Promise.reject(tooLarge(mostBytes))
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let first: Buffer | null = null
  let more: Buffer[] | null = null
  let bytes = 0
  request.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes > mostBytes) {
      request.pause()
      reject(tooLarge(mostBytes))
    } else if (first === null) first = piece
    else if (more === null) more = [first, piece]
    else more.push(piece)
  })
  request.on('end', () => resolve(more === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, bytes)))
  const broken = (): void => {
    if (!request.complete) reject(brokenOff())
  }
  request.on('error', broken)
  request.on('close', broken)
  return promise
}

function tooLarge(mostBytes: number): GatewayError {
  return new GatewayError(
    413,
    'request_too_large',
    `the body has more than the ${mostBytes} bytes that are allowed`,
  )
}

function brokenOff(): GatewayError {
  return new GatewayError(400, 'invalid_request', 'the connection broke off before the body was complete')
}
