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

export type PowerCoefficients = Pick<
  LocalCoefficients,
  'powerIdle' | 'powerMemory' | 'powerCompute' | 'powerOther'
>

export function addBusy(into: BusyTime, step: StepSeconds, weight: number): void {
  into.memory += weight * step.memoryBusy
  into.compute += weight * step.computeBusy
  into.other += weight * Math.max(0, step.total - step.memoryBusy - step.computeBusy)
}

/** Watts of one device; `busy` are shares of wall time (sum ≤ 1). Below TDP: the firmware caps there. */
export function boardWatts(tdpWatts: number, c: PowerCoefficients, busy: BusyTime): number {
  return tdpWatts * powerShare(c, busy)
}

/** How sharply demand bends under the limit: sharper than single kernels (kernels/power.ts): a run that asks for all of TDP gets 94 % of it. */
const capSharpness = 12

/** Watts ÷ TDP: (demand⁻¹² + 1)^(−1/12), so that a board asked for more than its limit approaches it. */
export function powerShare(c: PowerCoefficients, busy: BusyTime): number {
  const demand =
    c.powerIdle + c.powerMemory * busy.memory + c.powerCompute * busy.compute + c.powerOther * busy.other
  return (demand ** -capSharpness + 1) ** (-1 / capSharpness)
}
