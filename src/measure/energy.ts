/**
 * What a measured run drew, per token and in money: counters where every device has one, else power over time; each checked
 * against the other (docs/models/cost.md §5 for the bases).
 */
import { assert } from '../core/assert.ts'
import { nanoUsdFromProduct, usdFromNano } from '../core/money.ts'
import { tokensPerMillion, tokensPerSecondPerMegawatt } from '../cost/power.ts'
import { type DeviceEnergy, type EnergyWindow, maximumGapSeconds, mostUncovered } from './energy-integral.ts'
import type { EnergyMeter } from './energy-meters.ts'
import type { EnergyResult } from './energy-result.ts'

export interface EnergyTariff {
  readonly usdPerKilowattHour: number
  /** Utility power ÷ IT power, 1 or more; not applied to a meter that sees the utility's side. */
  readonly pue: number
}

export interface EnergyInput {
  readonly meter: Pick<EnergyMeter, 'source' | 'basis'>
  readonly window: EnergyWindow
  readonly devices: readonly DeviceEnergy[]
  /** Devices of the deployment that was measured; null when nobody said. */
  readonly expectedDevices: number | null
  /** Tokens of the window. */
  readonly outputTokens: number
  readonly totalTokens: number
  /** Null when the price of the hardware includes energy, or no tariff is known. */
  readonly tariff: EnergyTariff | null
}

/** Counter and integral of the same device ought to agree this well; assumed. */
export const mostDisagreement = mostUncovered

const joulesPerKilowattHour = 3_600_000n

/** Null when nothing was metered: no device, or neither counter nor enough samples. */
export function energyResult(input: EnergyInput): EnergyResult | null {
  const { meter, window, devices, outputTokens, totalTokens, tariff } = input
  const seconds = window.endSeconds - window.startSeconds
  const counterJoules = sumOrNull(devices.map(device => device.counterJoules))
  const integratedJoules = sumOrNull(devices.map(device => device.integratedJoules))
  // Device by device: a mix of counters and integrals is better than leaving devices out.
  const joules = sumOrNull(devices.map(device => device.counterJoules ?? device.integratedJoules))
  if (joules === null || !(seconds > 0)) return null
  const meanWatts = joules / seconds
  const pue = meter.basis === 'utility' ? 1 : (tariff?.pue ?? 1)
  return {
    source: meter.source,
    powerBasis: meter.basis,
    devices: devices.length,
    seconds,
    counterJoules,
    integratedJoules,
    disagreement:
      counterJoules === null || integratedJoules === null || integratedJoules === 0
        ? null
        : counterJoules / integratedJoules - 1,
    joules,
    meanWatts,
    joulesPerOutputToken: outputTokens > 0 ? joules / outputTokens : null,
    tokensPerSecondPerMegawatt:
      totalTokens > 0 && meanWatts > 0 ? tokensPerSecondPerMegawatt(totalTokens / seconds, meanWatts) : null,
    usdPerMillionTokens:
      tariff === null || totalTokens <= 0
        ? null
        : usdOfEnergy(joules, pue, tariff) / (totalTokens / tokensPerMillion),
    warnings: warningsOf(input, seconds),
  }
}

function usdOfEnergy(joules: number, pue: number, { usdPerKilowattHour }: EnergyTariff): number {
  assert(joules >= 0 && pue >= 0 && usdPerKilowattHour >= 0, 'energy and its price are not negative')
  return usdFromNano(nanoUsdFromProduct([joules, pue, usdPerKilowattHour], joulesPerKilowattHour))
}

function warningsOf({ devices, expectedDevices, meter }: EnergyInput, seconds: number): string[] {
  const warnings: string[] = []
  if (expectedDevices !== null && devices.length !== expectedDevices)
    warnings.push(
      `${devices.length} devices are metered and ${expectedDevices} were measured: energy is of those that are metered`,
    )
  if (meter.basis === 'board')
    warnings.push('the meter sees boards alone: hosts, network and fans are not counted')
  const uncovered = devices.filter(({ covered }) => covered > 0 && covered < 1 - mostUncovered)
  if (uncovered.length > 0)
    warnings.push(
      `power samples of ${deviceList(uncovered)} cover ${percent(Math.min(...uncovered.map(({ covered }) => covered)))} of the window ` +
        `(samples more than ${maximumGapSeconds} s apart are not joined): they are not used`,
    )
  const reset = devices.filter(device => device.counterReset)
  if (reset.length > 0)
    warnings.push(
      `the energy counter of ${deviceList(reset)} began anew: what it had not told before is missing`,
    )
  const apart = devices.filter(
    ({ counterJoules, integratedJoules }) =>
      counterJoules !== null &&
      integratedJoules !== null &&
      Math.abs(counterJoules - integratedJoules) > mostDisagreement * integratedJoules,
  )
  if (apart.length > 0)
    warnings.push(
      `counter and integrated power of ${deviceList(apart)} differ by more than ${percent(mostDisagreement)}`,
    )
  const stale = Math.max(0, ...devices.map(({ staleSeconds }) => staleSeconds))
  if (stale > maximumGapSeconds)
    warnings.push(
      `figures stood still for up to ${stale.toFixed(0)} s of ${seconds.toFixed(0)} s: the exporter looks that seldom ` +
        '(dcgm-exporter: --collect-interval)',
    )
  return warnings
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return sum
}

function deviceList(devices: readonly DeviceEnergy[]): string {
  return devices.length === 1 ? `device ${devices[0]!.device}` : `${devices.length} devices`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
