/** Answers that the gateway gives by itself, and what a connection gets whose bytes are no request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorBody, errorHeaders, type GatewayError } from '../wire/index.ts'
import { dialectOf } from './api-routes.ts'

export function answerJson(response: ServerResponse, requestId: string, body: Buffer): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': requestId,
  })
  response.end(body)
}

export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: GatewayError,
  requestId: string,
): void {
  if (response.destroyed) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = errorBody(error, dialectOf(request.url ?? '/'), requestId)
  response.writeHead(error.status, {
    ...errorHeaders(error),
    'content-length': body.length,
    'x-request-id': requestId,
    // Where the request's end is in doubt, what follows on the connection is nobody's.
    ...(request.complete && error.code !== 'invalid_header' ? {} : { connection: 'close' }),
  })
  response.end(body)
}

/** What Node's parser refuses has no request to answer to: bare words, and the connection ends. */
export function unreadable(code: string | undefined): string {
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
}
