import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EnergyInput, energyResult } from './energy.ts'
import { createMeterLog, type DeviceSeries, integrateEnergy } from './energy-integral.ts'
import { energyMeters, isMetered, meterOf, parseMeter, readMeter } from './energy-meters.ts'
import { parseExposition } from './prometheus-text.ts'

const samplesOf = (text: string) => parseExposition(text).samples

/** One device, sampled at these seconds. */
function series(
  seconds: readonly number[],
  watts: (second: number) => number | null,
  joules: (second: number) => number | null = () => null,
): DeviceSeries {
  return { device: 'a', seconds, watts: seconds.map(watts), joules: seconds.map(joules) }
}

const every = (step: number, until: number) =>
  Array.from({ length: Math.floor(until / step) + 1 }, (_, index) => index * step)
const window = { startSeconds: 5, endSeconds: 25 }

describe('meters', () => {
  it('reads DCGM by device: watts and millijoules, no blanks, partitions once', () => {
    const samples = samplesOf(`
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",Hostname="n1"} 700.5
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-a",GPU_I_ID="1",Hostname="n1"} 700.5
DCGM_FI_DEV_POWER_USAGE{gpu="1",UUID="GPU-b",Hostname="n1"} 9223372036854775794
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0",UUID="GPU-a",Hostname="n1"} 123456
DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="1",UUID="GPU-b",Hostname="n1"} 1000`)
    const meter = meterOf(samples)!
    expect(meter.source).toBe('dcgm')
    expect(readMeter(samples, meter)).toEqual([
      { device: 'n1/GPU-a', watts: 700.5, joules: 123.456 },
      { device: 'n1/GPU-b', watts: null, joules: 1 },
    ])
  })

  it('reads AMD in microjoules, nvidia-smi in watts', () => {
    const amd = samplesOf('gpu_package_power{gpu_id="0"} 900\ngpu_energy_consumed{gpu_id="0"} 5e6')
    expect(meterOf(amd)!.source).toBe('amdsmi')
    expect(readMeter(amd, meterOf(amd)!)).toEqual([{ device: '0', watts: 900, joules: 5 }])
    expect(meterOf(samplesOf('nvidia_smi_power_draw_watts{uuid="x"} 21'))!.source).toBe('nvml')
    expect(meterOf(samplesOf('vllm:prompt_tokens_total 5'))).toBeNull()
    expect(isMetered('gpu_energy_consumed', null)).toBe(true)
    expect(isMetered('gpu_energy_consumed', energyMeters[0]!)).toBe(false)
  })

  it('takes any metric the user names, in its unit and on its basis', () => {
    const meter = parseMeter('pdu:energy:kWh@utility', '--power-metric')
    expect(meter).toMatchObject({ source: 'pdu:energy', basis: 'utility' })
    expect(readMeter(samplesOf('pdu:energy{instance="rack"} 2'), meter)[0]!.joules).toBe(7_200_000)
    expect(readMeter(samplesOf('p 5'), parseMeter('p:kW', ''))).toEqual([
      { device: '', watts: 5000, joules: null },
    ])
    expect(parseMeter('p:W', '').basis).toBe('board')
  })

  it.each(['p', 'p:', 'p:V', ':W', 'p:W@wall', 'a b:W', 'p:constructor'])('refuses %s', text => {
    expect(() => parseMeter(text, '--power-metric')).toThrow('is not a metric with a unit')
  })
})

describe('integrateEnergy', () => {
  it('is exact for power that changes evenly, edges cut', () => {
    const [energy] = integrateEnergy([series(every(2, 30), second => 100 + 10 * second)], window)
    expect(energy!.integratedJoules).toBeCloseTo(100 * 20 + 5 * (25 ** 2 - 5 ** 2), 9)
    expect(energy!.covered).toBeCloseTo(1, 12)
    expect(energy!.counterJoules).toBeNull()
  })

  it('does not join samples over a gap, and refuses what covers too little', () => {
    const gap = (from: number, to: number) => every(1, 30).filter(second => second <= from || second >= to)
    const small = integrateEnergy([series(every(0.5, 40), () => 300)], {
      startSeconds: -0.5,
      endSeconds: 20,
    })[0]!
    expect(small.covered).toBeCloseTo(20 / 20.5, 12)
    expect(small.integratedJoules).toBeCloseTo(300 * 20.5, 9)
    const large = integrateEnergy([series(gap(10, 14), () => 300)], window)[0]!
    expect(large.covered).toBeCloseTo(0.8, 12)
    expect(large.integratedJoules).toBeNull()
    expect(integrateEnergy([series(gap(10, 14), () => 300)], window, 4)[0]!.integratedJoules).toBeCloseTo(
      6000,
      9,
    )
    expect(integrateEnergy([series([10], () => 300)], window)[0]!.integratedJoules).toBeNull()
    expect(integrateEnergy([series([], () => 300)], window)[0]!.covered).toBe(0)
  })

  it('takes the difference of a counter, through a reset', () => {
    const steady = integrateEnergy(
      [
        series(
          every(2, 30),
          () => null,
          second => 1e6 + 500 * second,
        ),
      ],
      window,
    )[0]!
    expect(steady.counterJoules).toBeCloseTo(10_000, 6)
    expect(steady.counterReset).toBe(false)
    // It began anew at 15 s: what it had not told since 14 s is lost.
    const reset = integrateEnergy(
      [
        series(
          every(2, 30),
          () => null,
          second => (second < 15 ? 1e6 + 500 * second : 500 * (second - 15)),
        ),
      ],
      window,
    )[0]!
    expect(reset.counterReset).toBe(true)
    expect(reset.counterJoules).toBeCloseTo(9_500, 6)
  })

  it('sees through cached values of a slow exporter', () => {
    // The exporter looks every 10 s; a scrape in between reads the same again.
    const slow = series(
      every(2, 130),
      () => 400,
      second => 400 * (Math.floor((second + 6) / 10) * 10),
    )
    const [energy] = integrateEnergy([slow], { startSeconds: 21, endSeconds: 117 })
    expect(energy!.counterJoules! / (400 * 96)).toBeCloseTo(1, 2)
    expect(energy!.staleSeconds).toBe(8)
  })

  it('agrees with itself: counter and integral of any steady power', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1500, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.double({ min: 6, max: 60, noNaN: true }),
        (watts, startSeconds, endSeconds) => {
          const [energy] = integrateEnergy(
            [
              series(
                every(1.5, 62),
                () => watts,
                second => watts * second,
              ),
            ],
            { startSeconds, endSeconds },
          )
          expect(energy!.counterJoules! / energy!.integratedJoules!).toBeCloseTo(1, 9)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('createMeterLog', () => {
  it('keeps devices apart and stops at its bound', () => {
    const log = createMeterLog(3)
    for (let second = 0; second < 5; second++)
      log.add(second, [
        { device: 'a', watts: second, joules: null },
        { device: 'b', watts: null, joules: second },
      ])
    expect(log.devices.map(({ device, seconds }) => [device, seconds.length])).toEqual([
      ['a', 3],
      ['b', 3],
    ])
    expect(log.dropped).toBe(4)
  })
})

describe('energyResult', () => {
  const devices = integrateEnergy(
    ['a', 'b'].map(device => ({
      ...series(
        every(2, 30),
        () => 500,
        second => 490 * second,
      ),
      device,
    })),
    window,
  )
  const input: EnergyInput = {
    meter: { source: 'dcgm', basis: 'board' },
    window,
    devices,
    expectedDevices: 2,
    outputTokens: 1_000,
    totalTokens: 10_000,
    tariff: { usdPerKilowattHour: 0.1, pue: 1.25 },
  }

  it('prefers counters, and says how far both agree', () => {
    const result = energyResult(input)!
    expect(result.counterJoules).toBeCloseTo(19_600, 6)
    expect(result.integratedJoules).toBeCloseTo(20_000, 6)
    expect(result.disagreement).toBeCloseTo(-0.02, 9)
    expect(result.joules).toBe(result.counterJoules)
    expect(result.meanWatts).toBeCloseTo(980, 6)
    expect(result.joulesPerOutputToken).toBeCloseTo(19.6, 6)
    expect(result.tokensPerSecondPerMegawatt).toBeCloseTo(500 / 980e-6, 3)
    // 19,600 J × 1.25 ÷ 3.6e6 × $0.10 ÷ 0.01 Mtok
    expect(result.usdPerMillionTokens).toBeCloseTo((19_600 * 1.25 * 0.1) / 3.6e6 / 0.01, 6)
    expect(result.warnings).toEqual(['the meter sees boards alone: hosts, network and fans are not counted'])
  })

  it('takes no PUE on the utility’s side, no money without a tariff, nothing without a meter', () => {
    const utility = energyResult({ ...input, meter: { source: 'pdu', basis: 'utility' } })!
    expect(utility.usdPerMillionTokens).toBeCloseTo((19_600 * 0.1) / 3.6e6 / 0.01, 6)
    expect(utility.warnings).toEqual([])
    expect(energyResult({ ...input, tariff: null })!.usdPerMillionTokens).toBeNull()
    expect(energyResult({ ...input, outputTokens: 0, totalTokens: 0 })).toMatchObject({
      joulesPerOutputToken: null,
      tokensPerSecondPerMegawatt: null,
      usdPerMillionTokens: null,
    })
    expect(energyResult({ ...input, devices: [] })).toBeNull()
    expect(energyResult({ ...input, devices: integrateEnergy([series([], () => 1)], window) })).toBeNull()
  })

  it('warns of missing devices, of meters that disagree, of resets and of slow exporters', () => {
    const off = integrateEnergy(
      [
        series(
          every(2, 30),
          () => 500,
          second => 600 * second,
        ),
      ],
      window,
    )
    expect(energyResult({ ...input, devices: off })!.warnings.join('\n')).toMatch(
      /1 devices are metered and 2 were measured[\s\S]*differ by more than 5 %/,
    )
    const slow = integrateEnergy(
      [
        series(
          every(2, 60),
          () => 500,
          second => (second < 20 ? 500 * Math.floor(second / 8) * 8 : second - 20),
        ),
      ],
      window,
    )
    const warnings = energyResult({ ...input, devices: slow })!.warnings.join('\n')
    expect(warnings).toContain('began anew')
    expect(warnings).toContain('stood still for up to 6 s')
  })
})
