import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dcgmExposition, deviceUuid } from './dcgm-metrics.ts'
import { addSteps, closeAccount, createEnergyAccount, readEnergy } from './device-energy.ts'
import { parsePrometheus, sampleValue } from './prometheus-text.fixture.ts'

/** Pauses and steps in turn, µs and joules. */
const history = fc.array(
  fc.record({
    pauseUs: fc.integer({ min: 0, max: 3_000_000 }),
    stepUs: fc.integer({ min: 1, max: 500_000 }),
    joules: fc.nat({ max: 1000 }),
    readsAfter: fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 3 }),
  }),
  { maxLength: 30 },
)

describe('energy', () => {
  test('is what the steps took and idle watts in between, and never falls', () => {
    fc.assert(
      fc.property(history, fc.nat({ max: 5000 }), (steps, idleWatts) => {
        const account = createEnergyAccount(idleWatts, 0)
        let nowUs = 0
        let idleUs = 0
        let expected = 0
        let last = 0
        let highest = 0
        const read = (atUs: number) => {
          const { joules, busyShare, watts } = readEnergy(account, atUs, false)
          expect(joules).toBeGreaterThanOrEqual(last)
          expect(busyShare).toBeLessThanOrEqual(1)
          expect(watts).toBeGreaterThanOrEqual(0)
          last = joules
        }
        for (const { pauseUs, stepUs, joules, readsAfter } of steps) {
          // Readings in the pause and while the step runs, whose joules nobody knows yet.
          for (const afterUs of readsAfter.toSorted((a, b) => a - b))
            if (afterUs < pauseUs + stepUs) {
              read(nowUs + afterUs)
              highest = Math.max(highest, last)
            }
          idleUs += pauseUs
          expected += joules
          addSteps(account, nowUs + pauseUs, nowUs + pauseUs + stepUs, joules)
          nowUs += pauseUs + stepUs
        }
        const truth = expected + (idleWatts * idleUs) / 1e6
        read(nowUs)
        // Steps below idle power: the counter waits for the truth to catch up.
        expect(last).toBeCloseTo(Math.max(truth, highest), 3)
        // In the end it does.
        const laterUs = nowUs + 10_000_000_000
        read(laterUs)
        expect(last).toBeCloseTo(truth + (idleWatts * (laterUs - nowUs)) / 1e6, 3)
      }),
    )
  })

  test('watts and busy share are means over the last second', () => {
    const account = createEnergyAccount(100, 0)
    addSteps(account, 0, 1_000_000, 700)
    addSteps(account, 1_500_000, 2_000_000, 400)
    expect(readEnergy(account, 2_000_000, true)).toEqual({ joules: 1150, watts: 450, busyShare: 0.5 })
    expect(readEnergy(account, 3_500_000, false).watts).toBe(100)
  })

  test('a step in progress does not look like a pause, a stall does', () => {
    const account = createEnergyAccount(100, 0)
    addSteps(account, 0, 1_000_000, 700)
    expect(readEnergy(account, 1_400_000, true)).toMatchObject({ watts: 700, busyShare: 1 })
    expect(readEnergy(account, 2_100_000, true)).toMatchObject({ watts: 100, busyShare: 0 })
    expect(readEnergy(account, 1_400_000, false).busyShare).toBeCloseTo(0.6)
  })

  test('overlapping steps count their time once', () => {
    const account = createEnergyAccount(100, 0)
    addSteps(account, 0, 600_000, 300)
    addSteps(account, 400_000, 1_000_000, 300)
    expect(readEnergy(account, 1_000_000, false)).toEqual({ joules: 600, watts: 600, busyShare: 1 })
  })

  test('devices that were given back draw nothing more', () => {
    const account = createEnergyAccount(100, 1_000_000)
    closeAccount(account, 2_000_000)
    expect(readEnergy(account, 60_000_000, false).joules).toBe(100)
  })
})

describe('devices', () => {
  const device = { modelName: 'NVIDIA H200', memoryBytes: 141 * 2 ** 30, usedBytes: 128 * 2 ** 30 }
  const energy = { joules: 1150, watts: 450, busyShare: 0.504 }

  test('share the energy of their replica', () => {
    const families = parsePrometheus(dcgmExposition([{ hostname: 'h-0', device, devices: 4, energy }]))
    const total = families.get('DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION')!
    expect(total.type).toBe('counter')
    expect(total.samples.map(({ value }) => value)).toEqual([287_500, 287_500, 287_500, 287_500])
    expect(total.samples.map(({ labels }) => labels.gpu)).toEqual(['0', '1', '2', '3'])
    expect(sampleValue(families, 'DCGM_FI_DEV_POWER_USAGE', { gpu: '3' })).toBe(112.5)
    expect(sampleValue(families, 'DCGM_FI_DEV_GPU_UTIL', { gpu: '0' })).toBe(50)
    expect(sampleValue(families, 'DCGM_FI_DEV_FB_USED', { gpu: '0' })).toBe(128 * 1024)
    expect(sampleValue(families, 'DCGM_FI_DEV_FB_FREE', { gpu: '0' })).toBe(13 * 1024)
  })

  test('are written as the exporter writes them', () => {
    const text = dcgmExposition([{ hostname: 'h-0', device, devices: 1, energy }])
    expect(text).toContain(
      `DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="${deviceUuid('h-0', 0)}",device="nvidia0",modelName="NVIDIA H200",Hostname="h-0"} 450.000000\n`,
    )
    expect(text).toMatch(/TOTAL_ENERGY_CONSUMPTION\{[^}]*\} 1150000\n/)
  })

  test('have ids of their own, the same in every run', () => {
    const ids = ['h-0', 'h-1'].flatMap(host => [0, 1].map(index => deviceUuid(host, index)))
    expect(new Set(ids).size).toBe(4)
    for (const id of ids) expect(id).toMatch(/^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(deviceUuid('h-0', 0)).toBe(ids[0])
  })

  test('of unknown memory say nothing of it', () => {
    const unknown = { ...device, memoryBytes: null, usedBytes: null }
    expect(dcgmExposition([{ hostname: 'h', device: unknown, devices: 1, energy }])).not.toContain('FB_')
  })
})
