/** Many engine instances behind a router, as one process: what simulate and emulate drive. */
import type { Process } from '../core/state-machine.ts'
import type { EngineSettings } from '../engine/settings.ts'
import type { Engine, EngineEvent, StepTimer } from '../engine/types.ts'
import type { RequestRecord } from '../metrics/record.ts'
import type { RejectReason, Router } from '../routing/types.ts'
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
}

export type FleetInput =
  | { readonly kind: 'submit'; readonly request: WorkloadRequest }
  | { readonly kind: 'cancel'; readonly requestId: number }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** Change of a pool's size; replicas drain before they go. */
  | { readonly kind: 'scale'; readonly pool: string; readonly replicas: number }

export type Fault =
  | { readonly kind: 'crash'; readonly replica: number; readonly downSeconds: number }
  | { readonly kind: 'slow'; readonly replica: number; readonly factor: number; readonly seconds: number }
  | { readonly kind: 'stall'; readonly replica: number; readonly seconds: number }
  /** The link between prefill and decode replicas of it is down: caches do not move. */
  | { readonly kind: 'link'; readonly replica: number; readonly seconds: number }

export type FleetEvent =
  | { readonly kind: 'engine'; readonly replica: number; readonly event: EngineEvent }
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
      readonly atUs: number
      readonly state: ReplicaLifecycle
    }
  /** First token at the fleet's edge (front end and lag included), for clients. */
  | { readonly kind: 'first-token'; readonly requestId: number; readonly atUs: number }
  /** The request is over: its record is complete. */
  | { readonly kind: 'ended'; readonly record: RequestRecord }

export type ReplicaLifecycle = 'starting' | 'ready' | 'draining' | 'down' | 'gone'

export interface ReplicaInfo {
  readonly id: number
  readonly pool: string
  readonly lifecycle: ReplicaLifecycle
  readonly engine: Engine
}

export interface Fleet extends Process<FleetInput, FleetEvent> {
  readonly replicas: readonly ReplicaInfo[]
  /** Joules and replica-hours so far, idle power included; dollars follow from them. */
  usage(nowUs: number): {
    readonly pool: string
    readonly replicaSeconds: number
    readonly joules: number
    readonly busySeconds: number
  }[]
  emittedTokens(requestId: number): number
  checkInvariants(): void
}

export interface FleetSettings {
  readonly pools: readonly PoolSettings[]
  /** Chooses among replicas that take new requests (serve or prefill). */
  readonly router: Router
  /** Chooses among decode replicas; null: least loaded. */
  readonly decodeRouter: Router | null
  readonly seed: string | number
}
