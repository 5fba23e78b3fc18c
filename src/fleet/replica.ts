/** One replica: an engine instance, where it is in its life, what it has cost, and what routers see of it. */
import { assert } from '../core/assert.ts'
import type { Engine, StepsEvent, StepTimer } from '../engine/types.ts'
import type { CandidateEstimate, CandidateState } from '../routing/types.ts'
import type { Flight } from './flight.ts'
import type { PoolSettings, ReplicaInfo, ReplicaLifecycle } from './types.ts'

/** What routers see; one object per replica, refreshed whenever its engine was called, so that a decision allocates nothing. */
export interface MutableCandidate extends CandidateState {
  ready: boolean
  waiting: number
  running: number
  pendingPromptTokens: number
  cacheUse: number
}

export class Replica implements ReplicaInfo {
  readonly id: number
  readonly pool: string
  readonly settings: PoolSettings
  readonly orderedUs: number
  readonly idleWatts: number
  readonly timer: StepTimer
  readonly candidate: MutableCandidate
  readonly slots: number
  engine: Engine
  lifecycle: ReplicaLifecycle
  goneUs = Number.NaN
  /** Raised at each change of life, so that timers set before it are stale. */
  life = 0
  /** The same for slow phases, and when the link comes back. */
  slowPhase = 0
  linkDownUntilUs = 0

  /** Requests it holds: in its front end, in its engine, prefilled and not yet fetched, and on their way to it. */
  ingress = 0
  ingressTokens = 0
  /** When its front end has worked off what only one request at a time can have. */
  frontEndFreeUs = 0
  inEngine = 0
  held = 0
  inbound = 0
  /** Cache room promised to requests whose decoding has not been scheduled, tokens. */
  reservedTokens = 0
  /** First tokens sampled and not yet handed over. */
  readonly unsent: Flight[] = []

  busyUs = 0
  stepJoules = 0
  stepTokens = 0
  lastStepEndUs = Number.NEGATIVE_INFINITY

  constructor(id: number, settings: PoolSettings, engine: Engine, timer: StepTimer, nowUs: number) {
    this.id = id
    this.pool = settings.name
    this.settings = settings
    this.engine = engine
    this.timer = timer
    this.idleWatts = timer.idleWatts
    this.orderedUs = nowUs
    this.lifecycle = 'starting'
    const { ranks, maximumSequences, maximumWaiting } = settings.engine
    this.slots = ranks * maximumSequences
    this.candidate = {
      id,
      ready: false,
      waiting: 0,
      running: 0,
      pendingPromptTokens: 0,
      cacheUse: 0,
      capacity: this.slots + ranks * maximumWaiting,
      estimate: settings.estimate ?? (null as CandidateEstimate | null),
      cacheTokens: settings.engine.prefixCaching ? this.cacheTokens : 0,
      ...(settings.models === undefined ? {} : { models: settings.models }),
    }
  }

  get requests(): number {
    return this.ingress + this.inEngine + this.held + this.inbound
  }

  get cacheTokens(): number {
    const { ranks, blocksPerRank, blockTokens } = this.settings.engine
    return ranks * blocksPerRank * blockTokens
  }

  /** Copies the engine's state for the routers. Those on their way to it count as waiting. */
  refresh(): void {
    const { candidate } = this
    const state = this.engine.state
    candidate.waiting = state.waiting + this.ingress + this.inbound
    candidate.running = state.running
    candidate.pendingPromptTokens = state.pendingPromptTokens + this.ingressTokens
    candidate.cacheUse = state.cacheUse
  }

  /** Steps may overlap (pipeline stages): time counts once. */
  account(event: StepsEvent): void {
    assert(event.atUs >= event.startUs, 'steps end before they start')
    assert(event.atUs >= this.lastStepEndUs, 'steps of a replica come out of order')
    this.busyUs += event.atUs - Math.max(event.startUs, this.lastStepEndUs)
    this.lastStepEndUs = event.atUs
    this.stepJoules += event.joules
    this.stepTokens += event.outputTokens
  }

  /** From the order until now, or until it was gone, µs. */
  heldUs(nowUs: number): number {
    return (Number.isNaN(this.goneUs) ? nowUs : this.goneUs) - this.orderedUs
  }

  joules(nowUs: number): number {
    return this.stepJoules + this.idleWatts * ((this.heldUs(nowUs) - this.busyUs) / 1e6)
  }
}
