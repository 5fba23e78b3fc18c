/**
 * Watts and joules of one replica's devices over time: joules of steps as the twin prices them, idle watts in between. The
 * same sum as the fleet's usage (PoolUsage in src/fleet/types.ts), so devices add up to the pool.
 */
import { assert } from '../../core/assert.ts'

/**
 * NVML's power reading is a mean over 1 s (nvmlDeviceGetPowerUsage, Ampere except GA100 and newer), its utilisation over
 * 1 s to 1/6 s (nvmlUtilization_t); NVML API reference, R590.
 */
const windowUs = 1_000_000

interface EnergyInterval {
  readonly startUs: number
  readonly endUs: number
  readonly joules: number
}

export interface EnergyAccount {
  readonly idleWatts: number
  /** Steps are known up to here. */
  untilUs: number
  /** Up to then. */
  joules: number
  /** Largest total told so far: a counter never falls. */
  toldJoules: number
  /** When the devices were given back; NaN before. */
  goneUs: number
  /** Steps of the last second. */
  readonly recent: EnergyInterval[]
}

export interface EnergyReading {
  /** Since the account began. */
  readonly joules: number
  /** Means over the last second. */
  readonly watts: number
  readonly busyShare: number
}

/** Devices draw idle watts from startUs on. */
export function createEnergyAccount(idleWatts: number, startUs: number): EnergyAccount {
  assert(idleWatts >= 0, 'idle watts are not negative')
  return {
    idleWatts,
    untilUs: startUs,
    joules: 0,
    toldJoules: 0,
    goneUs: Number.NaN,
    recent: [],
  }
}

/** Steps from startUs to endUs took so many joules. Where they overlap earlier ones, time counts once. */
export function addSteps(account: EnergyAccount, startUs: number, endUs: number, joules: number): void {
  account.joules += idleJoules(account, startUs) + joules
  const beginUs = Math.max(startUs, Math.min(account.untilUs, endUs))
  account.untilUs = Math.max(account.untilUs, endUs)
  account.recent.push({ startUs: beginUs, endUs, joules })
  while (account.recent.length > 1 && account.recent[0]!.endUs <= account.untilUs - 2 * windowUs)
    account.recent.shift()
}

/** The devices were given back. */
export function closeAccount(account: EnergyAccount, nowUs: number): void {
  account.goneUs = nowUs
}

/**
 * State at nowUs. A step in progress is not known before it ends: the counter takes it for idle and catches up then;
 * watts and busy share are of the second before it began, as long as it is shorter than that second (`working`).
 */
export function readEnergy(account: EnergyAccount, nowUs: number, working: boolean): EnergyReading {
  const atUs = Number.isNaN(account.goneUs) ? nowUs : Math.min(nowUs, account.goneUs)
  account.toldJoules = Math.max(account.toldJoules, account.joules + idleJoules(account, atUs))
  const inProgress = working && atUs > account.untilUs && atUs - account.untilUs < windowUs
  const endUs = inProgress ? account.untilUs : atUs
  const beginUs = endUs - windowUs
  let busyUs = 0
  let joules = 0
  for (const step of account.recent) {
    const overlapUs = Math.min(step.endUs, endUs) - Math.max(step.startUs, beginUs)
    if (overlapUs <= 0) continue
    busyUs += overlapUs
    joules += (step.joules * overlapUs) / (step.endUs - step.startUs)
  }
  const idleUs = windowUs - Math.min(busyUs, windowUs)
  return {
    joules: account.toldJoules,
    watts: ((joules + (account.idleWatts * idleUs) / 1e6) * 1e6) / windowUs,
    busyShare: Math.min(1, busyUs / windowUs),
  }
}

function idleJoules(account: EnergyAccount, untilUs: number): number {
  return (account.idleWatts * Math.max(0, untilUs - account.untilUs)) / 1e6
}
