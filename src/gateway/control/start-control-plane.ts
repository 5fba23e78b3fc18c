/** The control plane behind a port of its own. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { TokenwrightError } from '../../core/errors.ts'
import type { ControlSettings } from '../config/gateway-config.ts'
import { createControlApp } from './control-app.ts'
import type { ControlParts } from './control-parts.ts'
import { createGuard } from './guard.ts'
import { createLiveHub, type LiveHubSettings } from './live-hub.ts'

export interface ControlPlane {
  readonly url: string
  readonly port: number
  /** Ends live streams and connections, and resolves when the port is free. */
  close(): Promise<void>
}

export interface ControlPlaneOptions {
  readonly live?: Partial<LiveHubSettings>
  readonly limits?: Partial<ControlServerLimits>
  /** Told of faults of our own. */
  readonly onFault?: (error: unknown) => void
}

/** Against clients that send slowly or not at all. Assumed: an admin's browser and a scraper need far less. */
const serverLimits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  /** How often the above are looked at. */
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
}
/** As node:http has them; milliseconds and bytes. */
export type ControlServerLimits = typeof serverLimits
const mostConnections = 200

/**
 * Without a token it may listen beyond this machine, for probes of /health and /ready; all else it then refuses to others.
 * @throws TokenwrightError when the port cannot be had.
 */
export async function startControlPlane(
  settings: ControlSettings,
  parts: ControlParts,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const hub = createLiveHub(parts, options.live)
  const app = createControlApp(parts, createGuard(settings), hub, options.onFault ?? (() => {}))
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env as Parameters<typeof app.fetch>[1]),
    // Other clients of this process keep Node's own Request and Response.
    overrideGlobalObjects: false,
    serverOptions: { ...serverLimits, ...options.limits },
  }) as Server
  server.maxConnections = mostConnections
  const port = await listening(server, settings)
  const name = settings.host.includes(':') ? `[${settings.host}]` : settings.host
  return {
    port,
    url: `http://${name}:${port}`,
    close: () =>
      new Promise(resolve => {
        hub.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listening(server: Server, { host, port }: ControlSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new TokenwrightError(
          'usage',
          `the control plane cannot listen on ${host}:${port}: ${error.code ?? error.message}`,
          {
            where: 'control',
            fix: 'give it another port, or end what uses this one',
          },
        ),
      )
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      server.on('error', () => {})
      resolve((server.address() as AddressInfo).port)
    })
  })
}
