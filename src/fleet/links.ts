/**
 * Caches on their way between replicas. Each replica has one port of a given bandwidth; a transfer loads the ports of both
 * its ends. Bandwidth is shared max-min fairly: no transfer could go faster without slowing one that is no faster than it.
 * Found by progressive filling (Bertsekas and Gallager, Data Networks, 1992, chapter 6; cited from memory): all rates grow
 * together, a port that is full freezes the transfers through it. Rates change only when a transfer starts or ends or a
 * port fails, so bytes are counted up at those moments.
 */
import { assert } from '../core/assert.ts'

/** Below this a transfer is over: the rest of rounding, half a byte. */
const roundingBytes = 0.5

export interface Transfer<T> {
  readonly key: T
  readonly from: number
  readonly to: number
  /** In all, and still to come. */
  readonly bytes: number
  readonly remainingBytes: number
  readonly bytesPerSecond: number
}

interface Flow<T> {
  readonly key: T
  readonly from: Port
  readonly to: Port
  readonly bytes: number
  remainingBytes: number
  bytesPerSecond: number
  frozen: boolean
}

interface Port {
  readonly id: number
  readonly bytesPerSecond: number
  down: boolean
  /** Scratch of the filling: bandwidth left, transfers not yet frozen. */
  left: number
  open: number
}

export class LinkNetwork<T> {
  readonly #ports = new Map<number, Port>()
  #flows: Flow<T>[] = []
  #lastUs = 0
  #dirty = false
  #nextUs = Number.POSITIVE_INFINITY

  get size(): number {
    return this.#flows.length
  }

  /** A port of a replica, bytes/s in the direction the caches move. */
  addPort(id: number, bytesPerSecond: number): void {
    assert(bytesPerSecond > 0, `port ${id} has no bandwidth`)
    this.#ports.set(id, { id, bytesPerSecond, down: false, left: 0, open: 0 })
  }

  removePort(id: number): void {
    assert(
      this.#flows.every(flow => flow.from.id !== id && flow.to.id !== id),
      `port ${id} is removed under a transfer`,
    )
    this.#ports.delete(id)
  }

  /** A failed port stops its transfers; they go on when it is back. */
  setDown(nowUs: number, id: number, down: boolean): void {
    const port = this.#port(id)
    if (port.down === down) return
    this.#advance(nowUs)
    port.down = down
    this.#dirty = true
  }

  start(nowUs: number, key: T, from: number, to: number, bytes: number): void {
    this.#advance(nowUs)
    this.#flows.push({
      key,
      from: this.#port(from),
      to: this.#port(to),
      bytes,
      remainingBytes: bytes,
      bytesPerSecond: 0,
      frozen: false,
    })
    this.#dirty = true
  }

  /** Breaks a transfer off; false when there is none of this key. */
  abort(nowUs: number, key: T): boolean {
    const index = this.#flows.findIndex(flow => flow.key === key)
    if (index < 0) return false
    this.#advance(nowUs)
    this.#flows.splice(index, 1)
    this.#dirty = true
    return true
  }

  /** When the next transfer ends, whole µs; Infinity while none moves. */
  nextUs(): number {
    if (this.#dirty) this.#share()
    return this.#nextUs
  }

  /** Removes a transfer that is over at nowUs, in the order of their starts; null when none is. */
  finished(nowUs: number): T | null {
    if (this.nextUs() > nowUs) return null
    this.#advance(nowUs)
    const index = this.#flows.findIndex(flow => flow.remainingBytes < roundingBytes)
    this.#dirty = true
    if (index < 0) return null
    return this.#flows.splice(index, 1)[0]!.key
  }

  /** What is on its way, as of the last change; for tests and invariants. */
  transfers(): readonly Transfer<T>[] {
    if (this.#dirty) this.#share()
    return this.#flows.map(flow => ({ ...flow, from: flow.from.id, to: flow.to.id }))
  }

  #port(id: number): Port {
    const port = this.#ports.get(id)
    assert(port !== undefined, 'a transfer through a port that is not there')
    return port
  }

  /** Counts up what moved at the present rates. */
  #advance(nowUs: number): void {
    assert(nowUs >= this.#lastUs, 'links: time ran backwards')
    if (this.#dirty) this.#share()
    const seconds = (nowUs - this.#lastUs) / 1e6
    this.#lastUs = nowUs
    if (seconds === 0) return
    for (const flow of this.#flows)
      flow.remainingBytes = Math.max(0, flow.remainingBytes - flow.bytesPerSecond * seconds)
  }

  #share(): void {
    this.#dirty = false
    const ports = new Set<Port>()
    for (const flow of this.#flows) {
      flow.frozen = false
      flow.bytesPerSecond = 0
      for (const port of [flow.from, flow.to]) {
        if (!ports.has(port)) {
          ports.add(port)
          port.left = port.down ? 0 : port.bytesPerSecond
          port.open = 0
        }
        port.open++
      }
    }
    let open = this.#flows.length
    while (open > 0) {
      let tightest: Port | null = null
      let share = Number.POSITIVE_INFINITY
      for (const port of ports) {
        if (port.open === 0) continue
        const portShare = port.left / port.open
        if (portShare < share) {
          share = portShare
          tightest = port
        }
      }
      assert(tightest !== null, 'links: a transfer without a port')
      for (const flow of this.#flows) {
        if (flow.frozen || (flow.from !== tightest && flow.to !== tightest)) continue
        flow.frozen = true
        flow.bytesPerSecond = share
        open--
        for (const port of [flow.from, flow.to]) {
          port.open--
          port.left = Math.max(0, port.left - share)
        }
      }
    }
    this.#nextUs = Number.POSITIVE_INFINITY
    for (const flow of this.#flows) {
      if (flow.remainingBytes < roundingBytes) this.#nextUs = this.#lastUs
      else if (flow.bytesPerSecond > 0)
        this.#nextUs = Math.min(
          this.#nextUs,
          this.#lastUs + Math.ceil((flow.remainingBytes / flow.bytesPerSecond) * 1e6),
        )
    }
  }
}
