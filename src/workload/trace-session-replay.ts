/**
 * Closed within sessions: a turn goes when everything it waits for has ended and its think time is over. Sub-agents run
 * beside each other. Replaying turns at recorded times instead would send them before the answers they build on.
 */
import { EventHeap } from '../core/event-heap.ts'
import type { RandomStream } from '../core/random.ts'
import type { RequestEnd, Workload, WorkloadRequest } from './request.ts'
import type { TraceGroups } from './trace-groups.ts'
import type { TraceReplayPlan } from './trace-replay-options.ts'
import type { TraceRequests } from './trace-request.ts'
import type { TraceSessions } from './trace-table.ts'

export interface SessionReplaySettings {
  readonly groups: TraceGroups
  /** Null when rows are replayed as requests of their own. */
  readonly sessions: TraceSessions | null
  /** Groups in the order in which they start. */
  readonly order: Uint32Array
  /** µs from the start of the run at which each of them starts in the first pass; null when it is not recorded. */
  readonly startUs: Float64Array | null
  readonly passUs: number
  readonly plan: TraceReplayPlan
  /** Gaps of a Poisson process of starts. */
  readonly random: RandomStream
}

/** One session on its way. */
interface RunningGroup {
  readonly group: number
  readonly pass: number
  /** Per place in the group: turns still to end before that one may go. */
  readonly waitsFor: Uint16Array
  /** Turns due or in flight. */
  open: number
  abandoned: boolean
}

interface Turn {
  readonly running: RunningGroup
  readonly row: number
}

export class SessionReplay implements Workload {
  readonly totalRequests: number | null
  readonly #requests: TraceRequests
  readonly #settings: SessionReplaySettings
  readonly #due = new EventHeap<Turn>()
  readonly #inFlight = new Map<number, Turn & { readonly startUs: number }>()
  /** When the next groups start, as far as that is known. */
  readonly #starts = new EventHeap<null>()
  readonly #groupsInAll: number
  #started = 0
  #id = 0

  constructor(requests: TraceRequests, settings: SessionReplaySettings) {
    this.#requests = requests
    this.#settings = settings
    const { plan, groups, order } = settings
    const total = order.length === 0 ? 0 : Math.min(rowsOf(groups, order) * plan.repeat, plan.maximumRequests)
    this.totalRequests = Number.isFinite(total) && plan.afterFailure === 'continue' ? total : null
    this.#groupsInAll = order.length === 0 ? 0 : order.length * plan.repeat
    if (plan.starts.kind === 'concurrent') this.#fillLanes(plan.starts.count, plan.starts.rampSeconds ?? 0)
    else this.#planStart(0)
  }

  nextUs(): number {
    if (this.#id >= this.#settings.plan.maximumRequests) return Number.POSITIVE_INFINITY
    return Math.min(this.#due.nextUs(), this.#nextStartUs())
  }

  wake(nowUs: number, out: WorkloadRequest[]): void {
    for (let nextUs = this.nextUs(); nextUs <= nowUs; nextUs = this.nextUs()) {
      if (this.#nextStartUs() <= this.#due.nextUs()) {
        this.#starts.pop()
        this.#start(nextUs)
        this.#planStart(nextUs)
        continue
      }
      const turn = this.#due.pop()!
      const id = this.#id++
      this.#inFlight.set(id, { ...turn, startUs: nextUs })
      out.push(this.#requests.make(turn.row, id, nextUs, turn.running.pass, this.#nextTurn(turn.row)))
    }
  }

  accept(nowUs: number, end: RequestEnd, _out: WorkloadRequest[]): void {
    const turn = this.#inFlight.get(end.request.id)
    if (turn === undefined) return
    this.#inFlight.delete(end.request.id)
    const { running, row, startUs } = turn
    const { groups, plan } = this.#settings
    if (end.outcome !== 'served' && plan.afterFailure === 'abandon') running.abandoned = true
    if (!running.abandoned) {
      for (let index = groups.followerOffsets[row]!; index < groups.followerOffsets[row + 1]!; index++) {
        const follower = groups.followers[index]!
        const place = groups.placeOf[follower]!
        running.waitsFor[place]! -= 1
        if (running.waitsFor[place] === 0) this.#release(running, follower, nowUs, startUs)
      }
    }
    running.open--
    if (running.open === 0 && plan.starts.kind === 'concurrent') this.#starts.push(nowUs, null)
  }

  /** The turn that goes on from this one in the same lane, for the content of its answer; −1 without. */
  #nextTurn(row: number): number {
    const { groups } = this.#settings
    const first = groups.followerOffsets[row]!
    // With sub-agents in between, the turn that goes on is the last that waits for this one.
    return first === groups.followerOffsets[row + 1]!
      ? -1
      : groups.followers[groups.followerOffsets[row + 1]! - 1]!
  }

  #release(running: RunningGroup, row: number, endUs: number, previousStartUs: number): void {
    const gapUs = this.#gapUs(row)
    const fromStart = this.#settings.sessions?.gapFromStart.at(row) === 1
    running.open++
    this.#due.push(fromStart ? Math.max(endUs, previousStartUs + gapUs) : endUs + gapUs, { running, row })
  }

  #gapUs(row: number): number {
    const { sessions, plan } = this.#settings
    const recorded = sessions === null ? 0 : sessions.gapSeconds.at(row)
    const seconds = Number.isNaN(recorded)
      ? 0
      : Math.min(recorded * plan.thinkFactor, plan.maximumThinkSeconds)
    return Math.round(seconds * 1e6)
  }

  /** Makes the turns of the next group that wait for nothing due. */
  #start(startUs: number): void {
    const { groups, order } = this.#settings
    const group = order[this.#started % order.length]!
    const pass = Math.floor(this.#started / order.length)
    this.#started++
    const rows = groups.rows.subarray(groups.offsets[group]!, groups.offsets[group + 1]!)
    const waitsFor = new Uint16Array(rows.length)
    const running: RunningGroup = { group, pass, waitsFor, open: 0, abandoned: false }
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place]!
      const waits = groups.waitsFor[row]!
      waitsFor[place] = waits
      if (waits > 0) continue
      running.open++
      this.#due.push(startUs + this.#gapUs(row), { running, row })
    }
  }

  #nextStartUs(): number {
    return this.#started < this.#groupsInAll ? this.#starts.nextUs() : Number.POSITIVE_INFINITY
  }

  /** The first of concurrent groups start along the ramp; each later one starts when one ends. */
  #fillLanes(count: number, rampSeconds: number): void {
    const lanes = Math.min(count, this.#groupsInAll)
    for (let lane = 0; lane < lanes; lane++) {
      this.#starts.push(Math.round((lane * rampSeconds * 1e6) / count), null)
    }
  }

  #planStart(nowUs: number): void {
    const { order, startUs, passUs, plan, random } = this.#settings
    if (this.#started >= this.#groupsInAll) return
    if (plan.starts.kind === 'rate') {
      this.#starts.push(nowUs + Math.round((random.exponential() * 1e6) / plan.starts.perSecond), null)
    } else if (plan.starts.kind === 'recorded') {
      const pass = Math.floor(this.#started / order.length)
      this.#starts.push(Math.round(startUs![this.#started % order.length]! + pass * passUs), null)
    }
  }
}

function rowsOf({ offsets }: TraceGroups, order: Uint32Array): number {
  let rows = 0
  for (const group of order) rows += offsets[group + 1]! - offsets[group]!
  return rows
}
