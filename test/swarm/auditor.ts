/** Watches the events of a run from outside and keeps books of its own: what it knows must agree with what the fleet says. */
import type { EngineEvent } from '../../src/engine/types.ts'
import type { Fleet, FleetEvent, PoolSettings } from '../../src/fleet/types.ts'
import type { RequestRecord } from '../../src/metrics/record.ts'

interface Watched {
  /** Of its present stay in an engine. */
  scheduled: boolean
  running: boolean
  firstTokens: number
  edgeFirstUs: number
  routed: number
  ended: boolean
  /** Tokens that engines emitted for it, prefill tokens included. */
  emitted: number
}

export class Auditor {
  readonly #fleet: Fleet
  readonly #pools: readonly PoolSettings[]
  readonly #requests = new Map<number, Watched>()
  /** By replica. */
  readonly #stepJoules: number[] = []
  readonly #busyUs: number[] = []
  readonly #orderedUs: number[] = []
  readonly #goneUs: number[] = []
  readonly #lastStepUs: number[] = []
  #stepTokens = 0
  #finishedTokens = 0
  records = 0

  constructor(fleet: Fleet, pools: readonly PoolSettings[]) {
    this.#fleet = fleet
    this.#pools = pools
    for (const { id } of fleet.replicas) this.#orderedUs[id] = 0
  }

  hear(event: FleetEvent): void {
    switch (event.kind) {
      case 'engine':
        this.#engine(event.replica, event.event)
        break
      case 'routed':
        this.#watched(event.requestId).routed++
        break
      case 'first-token': {
        const watched = this.#watched(event.requestId)
        check(Number.isNaN(watched.edgeFirstUs), `request ${event.requestId}: two first tokens`)
        watched.edgeFirstUs = event.atUs
        break
      }
      case 'replica':
        if (event.state === 'starting') this.#orderedUs[event.replica] ??= event.atUs
        if (event.state === 'gone') this.#goneUs[event.replica] = event.atUs
        break
      case 'ended':
        this.#ended(event.record)
        check(event.request.id === event.record.id, 'a record of another request')
        break
      case 'rejected':
      case 'transferred':
        break
    }
  }

  #watched(id: number): Watched {
    let watched = this.#requests.get(id)
    if (watched === undefined) {
      watched = {
        scheduled: false,
        running: false,
        firstTokens: 0,
        edgeFirstUs: Number.NaN,
        routed: 0,
        ended: false,
        emitted: 0,
      }
      this.#requests.set(id, watched)
    }
    return watched
  }

  #role(replica: number): PoolSettings['role'] {
    const { pool } = this.#fleet.replicas[replica]!
    return this.#pools.find(({ name }) => name === pool)!.role
  }

  #engine(replica: number, event: EngineEvent): void {
    switch (event.kind) {
      case 'steps': {
        check(event.steps >= 1 && event.outputTokens >= 0, `replica ${replica}: steps of nothing`)
        const last = this.#lastStepUs[replica] ?? 0
        this.#busyUs[replica] = (this.#busyUs[replica] ?? 0) + event.atUs - Math.max(event.startUs, last)
        this.#lastStepUs[replica] = event.atUs
        this.#stepJoules[replica] = (this.#stepJoules[replica] ?? 0) + event.joules
        this.#stepTokens += event.outputTokens
        break
      }
      case 'scheduled': {
        const watched = this.#watched(event.requestId)
        check(!watched.running, `request ${event.requestId} was scheduled twice`)
        check(
          event.cachedTokens >= event.hostTokens,
          `request ${event.requestId}: more from slow tiers than cached`,
        )
        watched.running = true
        break
      }
      case 'preempted': {
        const watched = this.#watched(event.requestId)
        check(watched.running, `request ${event.requestId} was preempted and did not run`)
        watched.running = false
        break
      }
      case 'first-token':
        check(
          this.#watched(event.requestId).running,
          `request ${event.requestId}: a token of one that does not run`,
        )
        break
      case 'prefilled':
        this.#watched(event.requestId).running = false
        break
      case 'finished': {
        // A decode engine counts one token that it did not make.
        const made =
          this.#role(replica) === 'decode' && event.outputTokens > 0
            ? event.outputTokens - 1
            : event.outputTokens
        this.#finishedTokens += made
        // The prefill's word may come after the decode replica has scheduled it.
        if (this.#role(replica) !== 'prefill' || event.outcome !== 'served')
          this.#watched(event.requestId).running = false
        break
      }
      default:
        break
    }
  }

  #ended(record: RequestRecord): void {
    const watched = this.#watched(record.id)
    check(!watched.ended, `request ${record.id} ended twice`)
    watched.ended = true
    this.records++
    const name = `request ${record.id} (${record.outcome})`
    const { scheduledUs, sentUs, startedUs, firstTokenUs, lastTokenUs, endedUs } = record
    const times = [scheduledUs, sentUs, startedUs, firstTokenUs, lastTokenUs, endedUs].filter(
      time => !Number.isNaN(time),
    )
    check(
      times.every((time, index) => index === 0 || time >= times[index - 1]!),
      `${name}: times ${times.join(' ')}`,
    )
    check(times.every(Number.isInteger), `${name}: times are not whole microseconds`)
    check(
      Object.is(firstTokenUs, watched.edgeFirstUs),
      `${name}: first token at ${firstTokenUs}, told ${watched.edgeFirstUs}`,
    )
    check(
      record.cachedTokens >= 0 && record.cachedTokens <= record.inputTokens,
      `${name}: ${record.cachedTokens} cached`,
    )
    check(record.outputTokens <= record.requestedOutputTokens, `${name}: more tokens than asked for`)
    check((record.outcome === 'served') === (record.reason === ''), `${name}: reason ${record.reason}`)
    if (record.outcome === 'served') {
      check(record.outputTokens === record.requestedOutputTokens, `${name}: ${record.outputTokens} tokens`)
      check(!Number.isNaN(startedUs + firstTokenUs + lastTokenUs), `${name}: a time is missing`)
      check(watched.routed > 0 && record.replica >= 0, `${name}: served nowhere`)
    }
  }

  /** When all is over: the books agree. */
  close(endUs: number, submitted: number): void {
    check(this.records === submitted, `${submitted} requests came, ${this.records} ended`)
    check(
      this.#stepTokens === this.#finishedTokens,
      `${this.#stepTokens} tokens in steps, ${this.#finishedTokens} in ends`,
    )
    const usage = this.#fleet.usage(endUs)
    let usd = 0
    let usdOfReplicas = 0
    for (const [index, pool] of this.#pools.entries()) {
      const used = usage[index]!
      let heldUs = 0
      let busyUs = 0
      let joules = 0
      for (const replica of this.#fleet.replicas.filter(candidate => candidate.pool === pool.name)) {
        const { id, idleWatts } = replica
        const held = (this.#goneUs[id] ?? endUs) - this.#orderedUs[id]!
        const busy = this.#busyUs[id] ?? 0
        heldUs += held
        busyUs += busy
        joules += (this.#stepJoules[id] ?? 0) + (idleWatts * (held - busy)) / 1e6
        usdOfReplicas += (held / 3.6e9) * pool.usdPerReplicaHour
      }
      check(
        near(used.replicaSeconds, heldUs / 1e6),
        `${pool.name}: ${used.replicaSeconds} replica seconds, ${heldUs} µs`,
      )
      check(near(used.busySeconds, busyUs / 1e6), `${pool.name}: ${used.busySeconds} s busy, ${busyUs} µs`)
      check(near(used.joules, joules), `${pool.name}: ${used.joules} J, counted ${joules} J`)
      usd += (used.replicaSeconds / 3600) * pool.usdPerReplicaHour
    }
    check(near(usd, usdOfReplicas), `pools cost ${usd} $, their replicas ${usdOfReplicas} $`)
  }
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}
