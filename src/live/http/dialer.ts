/** Opens sockets to one server. Its name is looked up once; the address that answered first is taken from then on. */
import { X509Certificate } from 'node:crypto'
import { type LookupAddress, lookup as lookUp } from 'node:dns'
import { isIP, type LookupFunction, connect as netConnect, type OnReadOpts, type Socket } from 'node:net'
import { createSecureContext, type SecureContext, connect as tlsConnect } from 'node:tls'
import { TokenwrightError } from '../../core/errors.ts'
import type { HttpTarget } from './types.ts'

export interface TlsOptions {
  /** Name that the certificate has to be for and that the server is told; the host's by default. */
  readonly serverName?: string
  /** Do not look at the certificate. */
  readonly insecure?: boolean
  /** Certificates of authorities, PEM, in place of those that are built in. */
  readonly ca?: string
}

export interface Dialer {
  /** A socket on its way; bytes go to onRead. It emits what `readyEvent` says when it can be written to. */
  dial(onRead: OnReadOpts): Socket
  readonly readyEvent: 'connect' | 'secureConnect'
  /** The socket was connected: its address is good. */
  connected(socket: Socket): void
  /** No connection came about: the next one looks for an address again. */
  failed(): void
}

/** A 'usage' error when the certificates of authorities cannot be read. */
export function createDialer(target: HttpTarget, tls: TlsOptions): Dialer {
  /** An address that answered. */
  let address: string | null = isIP(target.host) > 0 ? target.host : null
  const names = createLookup()
  const common = { port: target.port, noDelay: true, autoSelectFamily: true, lookup: names.lookup } as const
  // Once for all connections: it reads every authority's certificate, which takes milliseconds.
  const secureContext = target.protocol === 'https:' ? createContext(tls.ca) : undefined

  return {
    readyEvent: target.protocol === 'https:' ? 'secureConnect' : 'connect',
    dial(onread) {
      const host = address ?? target.host
      if (target.protocol === 'http:') return netConnect({ ...common, host, onread })
      const serverName = tls.serverName ?? target.host
      // `onread` is passed on to net.Socket (lib/internal/tls/wrap.js of Node 24); its types do not say so.
      const options = {
        ...common,
        host,
        onread,
        ALPNProtocols: ['http/1.1'],
        rejectUnauthorized: tls.insecure !== true,
        // An address is no server name (RFC 6066 §3); the certificate is compared with the host then.
        ...(isIP(serverName) === 0 && { servername: serverName }),
        ...(secureContext !== undefined && { secureContext }),
      }
      return tlsConnect(options)
    },
    connected(socket) {
      address ??= socket.remoteAddress ?? null
    },
    failed() {
      names.forget()
      if (isIP(target.host) === 0) address = null
    },
  }
}

function createContext(ca: string | undefined): SecureContext {
  if (ca === undefined) return createSecureContext()
  try {
    // createSecureContext passes over what it cannot read.
    new X509Certificate(ca)
    return createSecureContext({ ca })
  } catch (error) {
    throw new TokenwrightError(
      'usage',
      `the authorities' certificates cannot be read: ${(error as Error).message}`,
      {
        fix: 'give a file in PEM form, with lines of BEGIN CERTIFICATE',
      },
    )
  }
}

interface Names {
  readonly lookup: LookupFunction
  forget(): void
}

/** dns.lookup that asks once and remembers: a thousand connections at a time would queue for the four threads that look up. */
function createLookup(): Names {
  let known: LookupAddress[] | null = null
  let waiting: ((error: NodeJS.ErrnoException | null) => void)[] = []

  const lookup: LookupFunction = (host, { all }, callback) => {
    const answer = (error: NodeJS.ErrnoException | null) => {
      const addresses = known ?? []
      if (all === true) callback(error, addresses)
      else callback(error, addresses[0]?.address ?? '', addresses[0]?.family)
    }
    if (known !== null) {
      process.nextTick(answer, null)
      return
    }
    waiting.push(answer)
    if (waiting.length > 1) return
    lookUp(host, { all: true }, (error, addresses) => {
      if (error === null) known = addresses
      const told = waiting
      waiting = []
      for (const tell of told) tell(error)
    })
  }

  return {
    lookup,
    forget() {
      known = null
    },
  }
}
