/** Changes of a pool's size while it runs: by a schedule, or by its load. A process that reads the fleet and gives orders. */
import { TokenwrightError } from '../core/errors.ts'
import type { Process } from '../core/state-machine.ts'
import type { Fleet, FleetInput, ReplicaInfo } from '../fleet/types.ts'

export type AutoscalerSettings = ScheduledScaling | LoadScaling

export interface ScheduledScaling {
  readonly kind: 'schedule'
  readonly pool: string
  /** So many replicas from then on. */
  readonly changes: readonly { readonly atSeconds: number; readonly replicas: number }[]
  /** The schedule starts over after so many seconds (86,400: every day); null: it happens once. */
  readonly periodSeconds: number | null
}

/**
 * The rule of Kubernetes' HorizontalPodAutoscaler: replicas = ⌈present × measure ÷ target⌉, nothing within the tolerance,
 * up at once, down only to the largest number wanted within the cool-down. Its defaults: 15 s between looks, tolerance
 * 0.1 (kubernetes.io, blog of 2025-04-28 on configurable tolerance), cool-down 300 s (--horizontal-pod-autoscaler-
 * downscale-stabilization, from memory).
 */
export interface LoadScaling {
  readonly kind: 'load'
  readonly pool: string
  /**
   * requests: waiting + running per replica, those held in front of the fleet included.
   * slots: share of the sequence slots or of the cache blocks in use, whichever is more; above 1 when requests wait.
   */
  readonly measure: 'requests' | 'slots'
  readonly target: number
  readonly minimum: number
  readonly maximum: number
  readonly intervalSeconds: number
  readonly tolerance: number
  readonly cooldownSeconds: number
}

/** Orders for the fleet. Throws a TokenwrightError for settings that make no sense. */
export function createAutoscaler(settings: AutoscalerSettings, fleet: Fleet): Process<never, FleetInput> {
  return settings.kind === 'schedule' ? scheduled(settings) : byLoad(settings, fleet)
}

/** Several at once: one per pool. */
export function createAutoscalers(
  settings: readonly AutoscalerSettings[],
  fleet: Fleet,
): Process<never, FleetInput> {
  const parts = settings.map(part => createAutoscaler(part, fleet))
  return {
    accept: () => {},
    nextUs: () => Math.min(Number.POSITIVE_INFINITY, ...parts.map(part => part.nextUs())),
    wake(nowUs, out) {
      for (const part of parts) if (part.nextUs() <= nowUs) part.wake(nowUs, out)
    },
  }
}

function scheduled(settings: ScheduledScaling): Process<never, FleetInput> {
  const { pool, periodSeconds } = settings
  const changes = [...settings.changes].sort((a, b) => a.atSeconds - b.atSeconds)
  for (const { atSeconds, replicas } of changes) {
    if (!(atSeconds >= 0 && atSeconds < (periodSeconds ?? Number.POSITIVE_INFINITY)))
      refuse(settings, `a change at ${atSeconds} s`, 'give times from 0 on, before the period ends')
    if (!Number.isInteger(replicas) || replicas < 0)
      refuse(settings, `${replicas} replicas`, 'give a whole number of replicas')
  }
  let index = 0
  let round = 0
  const nextUs = (): number => {
    const change = changes[index]
    if (change === undefined) return Number.POSITIVE_INFINITY
    return Math.round((round * (periodSeconds ?? 0) + change.atSeconds) * 1e6)
  }
  return {
    accept: () => {},
    nextUs,
    wake(nowUs, out) {
      while (nextUs() <= nowUs) {
        out.push({ kind: 'scale', pool, replicas: changes[index]!.replicas })
        index++
        if (index === changes.length && periodSeconds !== null) {
          index = 0
          round++
        }
      }
    },
  }
}

function byLoad(settings: LoadScaling, fleet: Fleet): Process<never, FleetInput> {
  checkLoad(settings)
  const { pool, target, minimum, maximum, tolerance } = settings
  const intervalUs = Math.round(settings.intervalSeconds * 1e6)
  const cooldownUs = Math.round(settings.cooldownSeconds * 1e6)
  /** What was wanted within the cool-down. */
  let wishes: { readonly atUs: number; readonly replicas: number }[] = []
  let dueUs = intervalUs
  return {
    accept: () => {},
    nextUs: () => dueUs,
    wake(nowUs, out) {
      dueUs = nowUs + intervalUs
      const present = fleet.replicas.filter(
        replica => replica.pool === pool && replica.lifecycle !== 'gone' && replica.lifecycle !== 'draining',
      )
      const ratio = load(settings, fleet, present) / target
      const count = present.length
      const within = count > 0 && Math.abs(ratio / count - 1) <= tolerance
      const wanted = Math.min(maximum, Math.max(minimum, within ? count : Math.ceil(ratio)))
      wishes = wishes.filter(wish => wish.atUs > nowUs - cooldownUs)
      wishes.push({ atUs: nowUs, replicas: wanted })
      const replicas =
        wanted > count ? wanted : Math.min(count, Math.max(...wishes.map(wish => wish.replicas)))
      const bounded = Math.min(maximum, Math.max(minimum, replicas))
      if (bounded !== count) out.push({ kind: 'scale', pool, replicas: bounded })
    },
  }
}

/** Sum over the replicas of what the target is per replica. */
function load(settings: LoadScaling, fleet: Fleet, present: readonly ReplicaInfo[]): number {
  let requests = fleet.waitingInFront
  let slots = 0
  for (const { engine, slots: capacity } of present) {
    const { waiting, running, cacheUse } = engine.state
    requests += waiting + running
    slots += Math.max((waiting + running) / capacity, cacheUse)
  }
  return settings.measure === 'requests' ? requests : slots
}

function checkLoad(settings: LoadScaling): void {
  const { target, minimum, maximum, intervalSeconds, tolerance, cooldownSeconds } = settings
  if (!(target > 0)) refuse(settings, `target is ${target}`, 'give a target above zero')
  if (!(intervalSeconds > 0))
    refuse(settings, `intervalSeconds is ${intervalSeconds}`, 'give a time above zero')
  if (!(tolerance >= 0 && cooldownSeconds >= 0))
    refuse(settings, 'tolerance or cooldownSeconds is below zero', 'give numbers from zero on')
  const counts = Number.isInteger(minimum) && Number.isInteger(maximum) && minimum >= 0
  if (!counts || minimum > maximum)
    refuse(settings, `from ${minimum} to ${maximum} replicas`, 'give whole numbers, the smaller one first')
}

function refuse(settings: AutoscalerSettings, what: string, fix: string): never {
  throw new TokenwrightError('number', what, { where: `autoscaler of pool ${settings.pool}`, fix })
}
