/**
 * Who waits in front of the fleet, and whose turn it is. Requests of different models do not stand in each other's way: a
 * model whose replicas are all starting must not stop another's.
 *
 * Next of a model: most urgent priority first; in it the tenant that has had least (tenant-books.ts); of a tenant in order of
 * arrival. First to go when the line is too long: least urgent priority; in it the tenant with the most waiting for its weight, as
 * in McKenney's stochastic fairness queueing (INFOCOM 1990; that it drops from the longest queue is from memory); of a tenant the
 * newest.
 */
import { assert } from '../../core/assert.ts'
import type { WorkloadRequest } from '../../workload/request.ts'
import { NumberMap } from '../number-map.ts'
import type { Tenant, TenantBooks } from './tenant-books.ts'

export interface Waiting {
  readonly request: WorkloadRequest
  readonly tenant: Tenant
  readonly sinceUs: number
  /** By arrival, over all. */
  readonly order: number
  /** Its queue, and its neighbours there. */
  readonly queue: Queue
  older: Waiting | null
  newer: Waiting | null
  /** When it last had its turn and could not go, and how many changes there had been. */
  askedUs: number
  askedChanges: number
}

/** Requests of one model, priority and tenant, by arrival. */
interface Queue {
  readonly band: Band
  readonly tenant: Tenant
  first: Waiting | null
  last: Waiting | null
}

interface Band {
  readonly lane: Lane
  readonly priority: number
  readonly queues: Map<Tenant, Queue>
}

/** Requests of one model. There is none without requests: names of models come from clients. */
interface Lane {
  readonly model: string
  /** Most urgent first. */
  readonly bands: Band[]
}

export class WaitingRoom {
  readonly #books: TenantBooks
  readonly #byId = new NumberMap<Waiting>()
  readonly #lanes = new Map<string, Lane>()
  #order = 0

  constructor(books: TenantBooks) {
    this.#books = books
  }

  get size(): number {
    return this.#byId.size
  }

  find(requestId: number): Waiting | undefined {
    return this.#byId.get(requestId)
  }

  add(nowUs: number, request: WorkloadRequest, tenant: Tenant): Waiting {
    assert(this.#byId.get(request.id) === undefined, 'a request waits twice')
    const band = this.#band(request.model, request.priority)
    let queue = band.queues.get(tenant)
    if (queue === undefined) {
      queue = { band, tenant, first: null, last: null }
      band.queues.set(tenant, queue)
    }
    const { last } = queue
    const waiting: Waiting = {
      request,
      tenant,
      sinceUs: nowUs,
      order: this.#order++,
      queue,
      older: last,
      newer: null,
      askedUs: Number.NaN,
      askedChanges: -1,
    }
    if (last === null) queue.first = waiting
    else last.newer = waiting
    queue.last = waiting
    this.#byId.set(request.id, waiting)
    this.#books.joined(tenant)
    return waiting
  }

  remove(waiting: Waiting): void {
    const { queue, older, newer, tenant } = waiting
    assert(this.#byId.delete(waiting.request.id), 'who leaves has waited')
    if (older === null) queue.first = newer
    else older.newer = newer
    if (newer === null) queue.last = older
    else newer.older = older
    if (queue.first === null) this.#removeQueue(queue)
    this.#books.left(tenant)
  }

  /** Whose turn it is among those who want that model; null when nobody waits for it. */
  next(model: string): Waiting | null {
    const lane = this.#lanes.get(model)
    if (lane === undefined) return null
    let next: Waiting | null = null
    for (const { first } of lane.bands[0]!.queues.values()) {
      if (next === null || isBefore(first!, next)) next = first
    }
    return next
  }

  /** The first of each model. */
  *nexts(): Generator<Waiting> {
    for (const model of this.#lanes.keys()) yield this.next(model)!
  }

  /** Who goes first when somebody has to; somebody waits. */
  last(): Waiting {
    let last: Waiting | null = null
    for (const { bands } of this.#lanes.values()) {
      for (const queue of bands.at(-1)!.queues.values()) {
        if (last === null || isWorse(queue.last!, last)) last = queue.last
      }
    }
    assert(last !== null, 'nobody waits who could go')
    return last
  }

  #band(model: string, priority: number): Band {
    let lane = this.#lanes.get(model)
    if (lane === undefined) {
      lane = { model, bands: [] }
      this.#lanes.set(model, lane)
    }
    const { bands } = lane
    let index = 0
    while (index < bands.length && bands[index]!.priority < priority) index++
    const found = bands[index]
    if (found?.priority === priority) return found
    const band: Band = { lane, priority, queues: new Map() }
    bands.splice(index, 0, band)
    return band
  }

  #removeQueue({ band, tenant }: Queue): void {
    const { lane, queues } = band
    queues.delete(tenant)
    if (queues.size > 0) return
    lane.bands.splice(lane.bands.indexOf(band), 1)
    if (lane.bands.length === 0) this.#lanes.delete(lane.model)
  }
}

/** Order of turns. */
export function isBefore(left: Waiting, right: Waiting): boolean {
  const urgency = left.request.priority - right.request.priority
  if (urgency !== 0) return urgency < 0
  const service = left.tenant.counter - right.tenant.counter
  return service === 0 ? left.order < right.order : service < 0
}

function isWorse(left: Waiting, right: Waiting): boolean {
  const urgency = left.request.priority - right.request.priority
  if (urgency !== 0) return urgency > 0
  const share = left.tenant.waiting / left.tenant.weight - right.tenant.waiting / right.tenant.weight
  return share === 0 ? left.order > right.order : share > 0
}
