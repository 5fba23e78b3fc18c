/** Many engine instances behind a router, as one process: what simulate and emulate drive. */
import type { Process } from '../core/state-machine.ts'
import type { EngineSettings } from '../engine/settings.ts'
import type { Engine, EngineEvent, StepTimer } from '../engine/types.ts'
import type { RequestRecord } from '../metrics/record.ts'
import type { CandidateEstimate, RejectReason, Router } from '../routing/types.ts'
import type { WorkloadRequest } from '../workload/request.ts'

/** Equal replicas of one role. A fleet may have several pools of mixed hardware. */
export interface PoolSettings {
  readonly name: string
  readonly role: 'serve' | 'prefill' | 'decode'
  readonly engine: EngineSettings
  /** One timer per replica, so that a timer may keep scratch. */
  readonly timer: () => StepTimer
  readonly replicas: number
  /** Devices of one replica, for per-device figures. */
  readonly devicesPerReplica: number
  readonly usdPerReplicaHour: number
  /** Between the order for a replica and its first request. */
  readonly startupSeconds: number
  /** Cache bytes of one token, all layers, and the bandwidth of a replica's links: for moving caches between pools. */
  readonly cacheBytesPerToken: number
  readonly linkBytesPerSecond: number
  /** Fixed time to hand a prompt over between pools, seconds. */
  readonly handoffSeconds: number
  /** Predictions for policies by cost or latency; left out where nobody knows. */
  readonly estimate?: CandidateEstimate | null
  /** Models it serves; left out: any. Routers look at it. */
  readonly models?: readonly string[]
}

export type FleetInput =
  | { readonly kind: 'submit'; readonly request: WorkloadRequest }
  | { readonly kind: 'cancel'; readonly requestId: number }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** Change of a pool's size; replicas drain before they go. */
  | { readonly kind: 'scale'; readonly pool: string; readonly replicas: number }
  /**
   * Rolling upgrade: every replica of the pool is replaced by a new one, `atOnce` at a time. Old ones drain before their
   * successors are ordered; with surge the successors are ready before the old ones drain.
   */
  | { readonly kind: 'upgrade'; readonly pool: string; readonly atOnce: number; readonly surge?: boolean }

/** Faults of replicas that are gone, or never were, do nothing. */
export type Fault =
  | { readonly kind: 'crash'; readonly replica: number; readonly downSeconds: number }
  | { readonly kind: 'slow'; readonly replica: number; readonly factor: number; readonly seconds: number }
  | { readonly kind: 'stall'; readonly replica: number; readonly seconds: number }
  /** The link between prefill and decode replicas of it is down: caches do not move. */
  | { readonly kind: 'link'; readonly replica: number; readonly seconds: number }

export type FleetEvent =
  | { readonly kind: 'engine'; readonly replica: number; readonly event: EngineEvent }
  /** Sent to a replica; again for the decoding one of a pair of pools, and when it is retried after a crash. */
  | { readonly kind: 'routed'; readonly requestId: number; readonly atUs: number; readonly replica: number }
  | {
      readonly kind: 'rejected'
      readonly requestId: number
      readonly atUs: number
      readonly reason: RejectReason
      readonly retryAfterSeconds: number
    }
  /** A cache moved from a prefill to a decode replica. */
  | {
      readonly kind: 'transferred'
      readonly requestId: number
      readonly atUs: number
      readonly from: number
      readonly to: number
      readonly bytes: number
    }
  | {
      readonly kind: 'replica'
      readonly replica: number
      readonly pool: string
      readonly atUs: number
      readonly state: ReplicaLifecycle
    }
  /**
   * First token at the fleet's edge (front end and lag included), for clients. With event skipping it may be told late, at
   * the end of the steps that follow it; atUs is right in both.
   */
  | { readonly kind: 'first-token'; readonly requestId: number; readonly atUs: number }
  /** The request is over: its record is complete. */
  | { readonly kind: 'ended'; readonly record: RequestRecord; readonly request: WorkloadRequest }

/**
 * starting: ordered, not yet serving. draining: takes nothing new, finishes what it has. down: crashed, starts again later.
 * gone: given back, costs nothing more.
 */
export type ReplicaLifecycle = 'starting' | 'ready' | 'draining' | 'down' | 'gone'

export interface ReplicaInfo {
  readonly id: number
  readonly pool: string
  readonly lifecycle: ReplicaLifecycle
  readonly engine: Engine
  /** Sequences it can run at once, all ranks. */
  readonly slots: number
  /** Power while no step runs, all its devices. */
  readonly idleWatts: number
  /** From the order until now, or until it was given back, µs. */
  heldUs(nowUs: number): number
}

export interface Fleet extends Process<FleetInput, FleetEvent> {
  /** All there ever were, in the order of their ids; gone ones stay, so that ids keep their meaning. */
  readonly replicas: readonly ReplicaInfo[]
  /** Requests submitted and not over. */
  readonly inFlight: number
  /** Of them, held in front of the fleet because the router said 'wait'. */
  readonly waitingInFront: number
  /** Joules and replica-hours so far, idle power included; dollars follow from them. */
  usage(nowUs: number): PoolUsage[]
  /** Tokens handed over so far; 0 before the first token is, and after the end. */
  emittedTokens(requestId: number): number
  checkInvariants(): void
}

/** joules = joules of all steps + idle watts × (replicaSeconds − busySeconds). Steps count when they have ended. */
export interface PoolUsage {
  readonly pool: string
  /** From the order for a replica until it is gone; starting, draining and down included. */
  readonly replicaSeconds: number
  readonly joules: number
  /** Time in which at least one step ran. */
  readonly busySeconds: number
}

export interface FleetSettings {
  readonly pools: readonly PoolSettings[]
  /** Chooses among replicas that take new requests (serve or prefill). */
  readonly router: Router
  /** Chooses among decode replicas; null: least loaded. */
  readonly decodeRouter: Router | null
  readonly seed: string | number
  /** Requests that a crash broke off before their first token was handed over are routed again, once. Default false: they fail. */
  readonly retryAfterCrash?: boolean
  /**
   * Prefill/decode pools: when the client gets the first token. decode (default): the prefill's token is dropped and the
   * decode replica samples it again in its first step (vLLM; Dynamo with vLLM). transfer: the prefill's token travels with
   * the cache (SGLang). prefill: handed over as soon as the prompt is done. See docs/models/fleet.md.
   */
  readonly firstTokenAfter?: 'decode' | 'transfer' | 'prefill'
  /** Pass the engines' events on. Default true; off saves time where only records are wanted. */
  readonly engineEvents?: boolean
}
