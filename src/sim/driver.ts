/**
 * The virtual clock: jumps from event to event. The loop that all of simulate is.
 *
 * At one moment things happen in this order: planned inputs and faults, the autoscaler, arrivals, then the fleet. So
 * requests of one moment share an engine's next step, and a request that follows from an end is sent after the step that
 * ended has been planned on.
 */
import { assert } from '../core/assert.ts'
import type { Process } from '../core/state-machine.ts'
import type { Fleet, FleetEvent, FleetInput } from '../fleet/types.ts'
import type { Workload, WorkloadRequest } from '../workload/request.ts'
import type { TimedFault } from './faults.ts'

/** Hears every event of the fleet, in order. */
export type SimulationObserver = (event: FleetEvent) => void

export interface SimulationOptions {
  /** Stop there, µs; what lies after it does not happen. Default: when every request is over. */
  readonly untilUs?: number
  /** In any order; those of one moment in the order given. */
  readonly faults?: readonly TimedFault[]
  readonly inputs?: readonly TimedInput[]
  readonly autoscaler?: Process<never, FleetInput> | null
  readonly progress?: {
    readonly everyEvents: number
    readonly report: (progress: SimulationProgress) => void
  }
  /** Called after every turn of the loop: for invariants. */
  readonly inspect?: (nowUs: number) => void
}

export interface TimedInput {
  readonly atUs: number
  readonly input: FleetInput
}

export interface SimulationProgress {
  /** Time of the last event, or untilUs. */
  readonly nowUs: number
  readonly events: number
  readonly submitted: number
  readonly ended: number
  /** Requests the workload will emit in all; null when nobody knows. */
  readonly totalRequests: number | null
}

export interface SimulationEnd extends SimulationProgress {
  /** Requests that were not over when the run stopped. */
  readonly unfinished: number
}

/**
 * An autoscaler that keeps ticking while nothing else can happen ends the run after so many ticks without an order:
 * more than a day of HorizontalPodAutoscaler's 15-second ticks (assumed: long enough for any cool-down).
 */
const idleTicks = 10_000

/** Runs a workload against a fleet until both are done, and tells how it ended. Deterministic. */
export function simulate(
  workload: Workload,
  fleet: Fleet,
  observe: SimulationObserver,
  options: SimulationOptions = {},
): SimulationEnd {
  const untilUs = options.untilUs ?? Number.POSITIVE_INFINITY
  const inputs = plannedInputs(options)
  const { autoscaler = null, progress, inspect } = options
  const events: FleetEvent[] = []
  const arrivals: WorkloadRequest[] = []
  const orders: FleetInput[] = []
  const run = { nowUs: 0, events: 0, submitted: 0, ended: 0, totalRequests: workload.totalRequests }
  let planned = 0
  let ticks = 0

  for (;;) {
    const workloadUs = workload.nextUs()
    const fleetUs = fleet.nextUs()
    if (workloadUs === Number.POSITIVE_INFINITY && run.submitted === run.ended) break
    const plannedUs = planned < inputs.length ? inputs[planned]!.atUs : Number.POSITIVE_INFINITY
    const autoscalerUs = autoscaler === null ? Number.POSITIVE_INFINITY : autoscaler.nextUs()
    const nowUs = Math.min(workloadUs, fleetUs, plannedUs, autoscalerUs)
    if (nowUs === Number.POSITIVE_INFINITY) break
    if (nowUs > untilUs) {
      run.nowUs = untilUs
      break
    }
    assert(nowUs >= run.nowUs, 'time ran backwards')
    run.nowUs = nowUs

    if (plannedUs === nowUs) fleet.accept(nowUs, inputs[planned++]!.input, events)
    else if (autoscalerUs === nowUs) {
      autoscaler!.wake(nowUs, orders)
      const stuck = Math.min(workloadUs, fleetUs, plannedUs) === Number.POSITIVE_INFINITY
      ticks = stuck && orders.length === 0 ? ticks + 1 : 0
      if (ticks > idleTicks) break
      for (const order of orders) fleet.accept(nowUs, order, events)
      orders.length = 0
    } else if (workloadUs === nowUs) workload.wake(nowUs, arrivals)
    else fleet.wake(nowUs, events)

    while (arrivals.length > 0 || events.length > 0) {
      for (const request of arrivals) {
        assert(request.arrivalUs <= nowUs, 'a request was sent before it was due')
        run.submitted++
        fleet.accept(nowUs, { kind: 'submit', request }, events)
      }
      arrivals.length = 0
      for (const event of events) {
        run.events++
        observe(event)
        if (event.kind === 'ended') {
          run.ended++
          workload.accept(nowUs, { request: event.request, outcome: event.record.outcome }, arrivals)
        }
        if (progress !== undefined && run.events % progress.everyEvents === 0) progress.report({ ...run })
      }
      events.length = 0
    }
    inspect?.(nowUs)
  }
  return { ...run, unfinished: run.submitted - run.ended }
}

function plannedInputs(options: SimulationOptions): TimedInput[] {
  const inputs: TimedInput[] = [...(options.inputs ?? [])]
  for (const { atUs, fault } of options.faults ?? []) inputs.push({ atUs, input: { kind: 'fault', fault } })
  return inputs.sort((a, b) => a.atUs - b.atUs)
}
