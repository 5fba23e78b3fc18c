/**
 * Board power of a device from what its time is spent on: an idle share of TDP, plus shares while memory is read,
 * matrices are multiplied, or the device waits for launches and collectives. Kernel tables with watts show why one
 * constant will not do: compute-bound products run at 98 % of the limit, decode attention at 27 to 74 %.
 */
import type { LocalCoefficients } from './coefficients.ts'
import type { StepSeconds } from './step-time.ts'

/** Time by resource, seconds or shares of one second. */
export interface BusyTime {
  memory: number
  compute: number
  other: number
}

export function addBusy(into: BusyTime, step: StepSeconds, weight: number): void {
  into.memory += weight * step.memoryBusy
  into.compute += weight * step.computeBusy
  into.other += weight * Math.max(0, step.total - step.memoryBusy - step.computeBusy)
}

/** Watts of one device; `busy` are shares of wall time (sum ≤ 1). Never above TDP: the firmware caps there. */
export function boardWatts(tdpWatts: number, c: LocalCoefficients, busy: BusyTime): number {
  const share =
    c.powerIdle + c.powerMemory * busy.memory + c.powerCompute * busy.compute + c.powerOther * busy.other
  return tdpWatts * Math.min(1, share)
}
