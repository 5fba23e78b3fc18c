/** Devices of real fleets in virtual time: their energy is the fleet's. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { constantTimer, fleetSettings, pool, request } from '../../fleet/fleet.fixture.ts'
import { type ParsedFamily, parsePrometheus, sampleValue } from './prometheus-text.fixture.ts'
import { openStage } from './telemetry.fixture.ts'

/** Sum over all series of a family. */
function total(families: Map<string, ParsedFamily>, name: string, suffix = ''): number {
  return (families.get(name)?.samples ?? [])
    .filter(sample => sample.name === name + suffix)
    .reduce((sum, { value }) => sum + value, 0)
}

describe('energy of devices', () => {
  test('is the energy of the fleet', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            afterUs: fc.integer({ min: 0, max: 2_000_000 }),
            inputTokens: fc.integer({ min: 1, max: 3000 }),
            outputTokens: fc.integer({ min: 1, max: 100 }),
          }),
          { maxLength: 10 },
        ),
        fc.integer({ min: 1, max: 8 }),
        async (arrivals, devicesPerReplica) => {
          const settings = fleetSettings({ pools: [pool({ replicas: 2, devicesPerReplica })] })
          const { fleet, telemetry, give, until } = await openStage(settings)
          let nowUs = 0
          let last = 0
          const joules = (atUs: number) =>
            total(parsePrometheus(telemetry.dcgmText(atUs)), 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION') / 1000
          for (const { afterUs, ...wanted } of arrivals) {
            nowUs += afterUs
            give(nowUs, { kind: 'submit', request: request(wanted) })
            const now = joules(nowUs)
            expect(now).toBeGreaterThanOrEqual(last)
            last = now
          }
          until(1e12)
          const endUs = nowUs + 60e6
          // Each device rounds down to a millijoule.
          const expected = fleet.usage(endUs)[0]!.joules
          expect(Math.abs(joules(endUs) - expected)).toBeLessThanOrEqual(0.001 * 2 * devicesPerReplica + 1e-6)
        },
      ),
      { numRuns: 12 },
    )
  })

  test('shows in watts and utilisation', async () => {
    const settings = fleetSettings({ pools: [pool({ devicesPerReplica: 2, timer: () => constantTimer() })] })
    const { telemetry, give, until } = await openStage(settings)
    give(0, { kind: 'submit', request: request({ outputTokens: 200 }) })
    until(1e6)
    // Event skipping tells the steps at their end; before that nothing is known of them.
    until(1e9)
    const busy = parsePrometheus(telemetry.dcgmText(2e6))
    // 5 J per step of 10 ms.
    expect(sampleValue(busy, 'DCGM_FI_DEV_POWER_USAGE', { gpu: '1', Hostname: 'node-0' })).toBeCloseTo(250)
    expect(sampleValue(busy, 'DCGM_FI_DEV_GPU_UTIL', { gpu: '0' })).toBe(100)
    const idle = parsePrometheus(telemetry.dcgmText(10e6))
    expect(sampleValue(idle, 'DCGM_FI_DEV_POWER_USAGE', { gpu: '1' })).toBeCloseTo(50)
    expect(sampleValue(idle, 'DCGM_FI_DEV_GPU_UTIL', { gpu: '0' })).toBe(0)
  })
})
