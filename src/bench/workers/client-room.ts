/** What this machine lets a load generator have: files (a connection is one) and ports. Told before it is too little. */
import { readdirSync, readFileSync } from 'node:fs'
import { TokenwrightError } from '../../core/errors.ts'

export interface ClientRoom {
  /** Connections that this process may still open; null where the system does not say. */
  readonly connections: number | null
  /** Ports from which it can connect to one address; null where the system does not say. */
  readonly ports: number | null
}

/** Files that threads, output and scraping open beside the connections. Assumed. */
const otherFiles = 64

/** Read from Linux's /proc; elsewhere nothing is known. */
export function clientRoom(): ClientRoom {
  const limit = openFilesLimit(textOf('/proc/self/limits'))
  return {
    connections: limit === null ? null : Math.max(0, limit - openFiles() - otherFiles),
    ports: portCount(textOf('/proc/sys/net/ipv4/ip_local_port_range')),
  }
}

/** @throws TokenwrightError 'usage' when so many streams do not fit. */
export function refuseWithoutRoom(streams: number, { connections, ports }: ClientRoom): void {
  const where = `${streams} streams at a time`
  if (connections !== null && streams > connections)
    throw new TokenwrightError('usage', `this process may open ${connections} connections`, {
      where,
      fix: `raise the limit in this shell first, ulimit -n ${streams + 2 * otherFiles}, or ask for fewer`,
    })
  if (ports !== null && streams > ports)
    throw new TokenwrightError('usage', `this machine has ${ports} ports to connect from`, {
      where,
      fix: 'widen them (Linux: sysctl -w net.ipv4.ip_local_port_range="1024 65535"), ask for fewer, or measure from several machines',
    })
}

/** The soft limit in the text of /proc/PID/limits; null when it says none, or cannot be read. */
export function openFilesLimit(text: string | null): number | null {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(text ?? '') ?? []
  return soft === undefined ? null : Number(soft)
}

/** Of `32768	60999`. */
export function portCount(text: string | null): number | null {
  const [, first, last] = /^\s*(\d+)\s+(\d+)/.exec(text ?? '') ?? []
  return first === undefined || last === undefined ? null : Number(last) - Number(first) + 1
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
