/** The page on loopback. A name other than loopback's in Host is refused: a page elsewhere must not reach this one by DNS rebinding. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenwrightError } from '../core/errors.ts'
import { type Assets, assetAnswer } from './assets.ts'
import { answerRuns } from './run-answers.ts'
import type { RunLibrary } from './run-library-file.ts'
import { securityHeaders } from './security-headers.ts'

export interface DashboardServer {
  readonly url: string
  readonly port: number
  readonly close: () => Promise<void>
}

const loopback = '127.0.0.1'

/**
 * Serves until closed. Port 0 takes any that is free. Throws when the port is taken. At /health, where a gateway answers as well, it says
 * what it is: the page asks who serves it. `runs`: what is told of past runs at /api/runs.
 */
export async function serveDashboard(
  assets: Assets,
  port: number,
  runs: RunLibrary | null = null,
): Promise<DashboardServer> {
  const server = createServer((request, response) => answer(assets, runs, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(portFault(error, port)))
    server.listen(port, loopback, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://localhost:${bound}/`,
    port: bound,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(
  assets: Assets,
  runs: RunLibrary | null,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (!isLoopback(request.headers.host)) {
    response
      .writeHead(421, { 'content-type': 'text/plain; charset=utf-8' })
      .end('this page is on localhost only\n')
    return
  }
  if (request.url === '/health') {
    response
      .writeHead(200, { ...securityHeaders, 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end('{"status":"up","serves":"dashboard"}')
    return
  }
  if (answerRuns(runs, request, response)) return
  const { status, headers, body } = assetAnswer(assets, {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    header: name => {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
  })
  response.writeHead(status, headers).end(body ?? undefined)
}

function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host)
}

function portFault(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error
  const why = error.code === 'EADDRINUSE' ? 'is taken' : 'may not be used'
  return new TokenwrightError('usage', `port ${port} ${why}`, {
    where: '--port',
    fix: 'give another, or --port 0 for any that is free',
  })
}
