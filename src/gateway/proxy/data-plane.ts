/** The port that clients speak to: HTTP in, errors in the client's dialect out, and a life for every request that is let in. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TokenwrightError } from '../../core/errors.ts'
import { unreadable } from './http-answers.ts'
import { Lives } from './lives.ts'
import type { DataPlaneParts } from './parts.ts'
import { createIntake } from './request-intake.ts'
import { createTurnEnd } from './turn-end.ts'

export interface DataPlane {
  readonly url: string
  readonly port: number
  /** Requests under way, those that wait or are read on included. */
  readonly inFlight: number
  readonly isDraining: boolean
  /** Takes no more requests; resolves when those under way are over, or after so many milliseconds, when they are broken off. */
  drain(graceMs: number): Promise<void>
}

/** Between two looks at time-outs, ms: they are noticed that late. Assumed: nobody's patience is finer. */
const tickMs = 20

/** Connections without a request are kept so long, ms: longer than clients keep theirs (Node's agent 5 s, undici 4 s, httpx 5 s, from memory), who else would send into a closing one. */
const keepAliveMs = 65_000

/** @throws TokenwrightError when the port cannot be listened on. */
export async function startDataPlane(parts: DataPlaneParts): Promise<DataPlane> {
  const { listen, limits } = parts.config()
  const lives = new Lives()
  /** Their requests were refused by their heads, and they are closing: what their parser makes of the rest is of no interest. */
  const refusedSockets = new WeakSet<object>()
  let reading = 0
  let draining = false
  const intake = createIntake({
    parts,
    lives,
    isDraining: () => draining,
    // First the books are on the disk, then the ends of answers go out.
    turnEnd: createTurnEnd(() => parts.ledger.flush()),
    distrust: request => refusedSockets.add(request.socket),
  })

  const server = createServer(
    {
      maxHeaderSize: Math.max(limits.headerBytes, leastHeaderBytes),
      headersTimeout: limits.headersSeconds * 1000,
      requestTimeout: limits.requestSeconds * 1000,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: 1000,
      noDelay: true,
    },
    async (request, response) => {
      reading++
      await intake(request, response)
      reading--
    },
  )
  server.maxConnections = limits.connections
  server.on('connect', (_, socket) => socket.destroy())
  server.on('upgrade', (_, socket) => socket.destroy())
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (refusedSockets.has(socket)) return
    if (socket.writable && error.code !== 'ECONNRESET') socket.end(unreadable(error.code))
    else socket.destroy()
  })

  const ticking = setInterval(() => {
    if (lives.size > 0) lives.tick(parts.clock.nowUs())
  }, tickMs).unref()

  await listening(server, listen.host, listen.port)
  const { port } = server.address() as AddressInfo
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return {
    url: `http://${host}:${port}`,
    port,
    get inFlight() {
      return lives.size + reading
    },
    get isDraining() {
      return draining
    },
    async drain(graceMs) {
      draining = true
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeIdleConnections()
      const until = performance.now() + graceMs
      while ((lives.size > 0 || reading > 0) && performance.now() < until) {
        await new Promise(resolve => setTimeout(resolve, tickMs))
        server.closeIdleConnections()
      }
      // Answers of the last turn are still on their way out.
      await new Promise(resolve => setImmediate(resolve))
      server.closeAllConnections()
      await closed
      clearInterval(ticking)
    },
  }
}

/** Node answers 431 by itself, without words, above it; ours has words. */
const leastHeaderBytes = 32 * 1024

function listening(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    reject(
      new TokenwrightError('usage', `cannot listen on ${host}:${port}: ${error.code ?? error.message}`, {
        where: 'listen',
        fix:
          error.code === 'EADDRINUSE'
            ? 'stop what listens there, or choose another port'
            : 'choose an address of this machine and a port it may use',
      }),
    )
  })
  server.listen(port, host, resolve)
  return promise
}
