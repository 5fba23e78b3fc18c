/**
 * Live by server-sent events: one snapshot a second, made once for all who listen. Who reads too slowly misses snapshots, and is sent
 * away when nothing at all was taken for a while; nobody's slowness fills the memory.
 */
import { type LiveCostSnapshot, type LiveWindowFigures, requestJson } from '../observe/index.ts'
import { ControlError } from './control-error.ts'
import type { ControlParts } from './control-parts.ts'
import type { LiveSnapshot } from './live-snapshot.ts'

export interface LiveHub {
  /**
   * @param cut ends the listener's connection at once, whatever waits in it.
   * @throws ControlError when too many listen.
   */
  listen(cut: () => void): ReadableStream<Uint8Array>
  readonly listeners: number
  close(): void
}

export interface LiveHubSettings {
  readonly everyMs: number
  readonly mostListeners: number
  /** Snapshots in a row that a listener may miss before it is sent away. */
  readonly mostMissed: number
  /** Requests in a snapshot; of more, only the newest. */
  readonly mostRequests: number
  /** Tenants in a snapshot: those that cost most. */
  readonly mostTenants: number
}

/** Assumed: a table of 50 lines is as much as anybody reads in a second. */
export const liveHubDefaults: LiveHubSettings = {
  everyMs: 1000,
  mostListeners: 50,
  mostMissed: 30,
  mostRequests: 50,
  mostTenants: 20,
}

type LiveParts = Pick<ControlParts, 'nowMs' | 'status' | 'candidates' | 'live' | 'recent' | 'ledgerFault'>

interface Listener {
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  readonly cut: () => void
  missed: number
}

export function createLiveHub(parts: LiveParts, settings: Partial<LiveHubSettings> = {}): LiveHub {
  const { everyMs, mostListeners, mostMissed, mostRequests, mostTenants } = {
    ...liveHubDefaults,
    ...settings,
  }
  const listeners = new Set<Listener>()
  const encoder = new TextEncoder()
  let cursor = 0
  let number = 0
  let timer: ReturnType<typeof setInterval> | null = null

  function event(sinceCursor: number): Uint8Array {
    const { isDraining, inFlight, config } = parts.status()
    const snapshot: LiveSnapshot = {
      atMs: parts.nowMs(),
      isDraining,
      inFlight,
      configDigest: config.digest,
      ledgerFault: parts.ledgerFault(),
      cost: fewerTenants(parts.live.snapshot(), mostTenants),
      candidates: parts.candidates(),
      requestsSince: parts.recent.added - sinceCursor,
      requests: parts.recent.since(sinceCursor, mostRequests).map(requestJson),
    }
    return encoder.encode(`id: ${++number}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`)
  }

  function drop(listener: Listener): void {
    if (!listeners.delete(listener)) return
    try {
      listener.controller.close()
    } catch {
      // Its reader has gone already.
    }
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer)
      timer = null
    }
  }

  function tick(): void {
    let bytes: Uint8Array
    try {
      bytes = event(cursor)
    } catch {
      // A part that cannot answer now will perhaps in a second; a comment keeps the line open.
      bytes = encoder.encode(': no snapshot\n\n')
    }
    cursor = parts.recent.added
    for (const listener of [...listeners]) {
      if ((listener.controller.desiredSize ?? 0) > 0) {
        listener.missed = 0
        listener.controller.enqueue(bytes)
      } else if (++listener.missed >= mostMissed) {
        drop(listener)
        listener.cut()
      }
    }
  }

  return {
    get listeners() {
      return listeners.size
    },
    listen(cut) {
      if (listeners.size >= mostListeners)
        throw new ControlError(
          'unavailable',
          `${mostListeners} listen already: close a page, or ask /api/cost`,
        )
      let listener: Listener | null = null
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            listener = { controller, cut, missed: 0 }
            listeners.add(listener)
            controller.enqueue(event(Math.max(0, parts.recent.added - mostRequests)))
            if (timer !== null) return
            cursor = parts.recent.added
            timer = setInterval(tick, everyMs)
            timer.unref()
          },
          cancel() {
            if (listener !== null) drop(listener)
          },
        },
        // Snapshots that may wait for a reader, besides what the socket holds.
        { highWaterMark: 2 },
      )
    },
    close() {
      for (const listener of [...listeners]) drop(listener)
    },
  }
}

function fewerTenants(snapshot: LiveCostSnapshot, most: number): LiveCostSnapshot {
  const windows = Object.entries(snapshot.windows).map(([name, window]) => [
    name,
    dearestTenants(window, most),
  ])
  return { ...snapshot, windows: Object.fromEntries(windows) as LiveCostSnapshot['windows'] }
}

function dearestTenants(window: LiveWindowFigures, most: number): LiveWindowFigures {
  const tenants = Object.entries(window.tenants)
  if (tenants.length <= most) return window
  const dearest = tenants.toSorted(([, a], [, b]) => b.usd - a.usd || b.requests - a.requests).slice(0, most)
  return { ...window, tenants: Object.fromEntries(dearest) }
}
