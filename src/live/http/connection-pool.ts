/** Idle connections, the one used last on top: it is the least likely to have been closed by the server. */
import type { Connection } from './connection.ts'

export interface ConnectionPool {
  /** `seconds`: for how long the server says that it keeps it; null when it does not say. */
  put(connection: Connection, atUs: number, seconds: number | null): void
  /** One that should still be open, or null. */
  take(atUs: number): Connection | null
  remove(connection: Connection): void
  close(): void
}

/**
 * A connection is not used in the last half second before the server will close it: the request would cross the farewell
 * on its way. Assumed: no round trip takes longer; undici leaves 2 s, Node's agent 1 s.
 */
const marginUs = 500_000

/**
 * Where the server says nothing. Assumed: what lies between (a NAT, a load balancer) keeps silent connections for a minute;
 * AWS documents 350 s for its network load balancers. A server that closes earlier is noticed when it does.
 */
const defaultIdleSeconds = 60

export function createConnectionPool(): ConnectionPool {
  const stack: { readonly connection: Connection; readonly expiresUs: number }[] = []

  return {
    put(connection, atUs, seconds) {
      const expiresUs = atUs + (seconds ?? defaultIdleSeconds) * 1e6 - (seconds === null ? 0 : marginUs)
      stack.push({ connection, expiresUs })
    },
    take(atUs) {
      for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
        if (atUs < top.expiresUs) return top.connection
        top.connection.destroy()
      }
      return null
    },
    remove(connection) {
      const index = stack.findLastIndex(entry => entry.connection === connection)
      if (index >= 0) stack.splice(index, 1)
    },
    close() {
      for (const { connection } of stack.splice(0)) connection.destroy()
    },
  }
}
