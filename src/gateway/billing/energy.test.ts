import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dcgmExposition } from '../../emulate/telemetry/dcgm-metrics.ts'
import { replica } from './billing.fixture.ts'
import { energyBetween, energyFilter, readDcgmEnergy } from './energy-counters.ts'
import { createDcgmReader, createEnergyMeter } from './energy-meter.ts'

/** As the emulator, and so NVIDIA's exporter, writes it: two replicas of two devices. */
const exposition = (joules: number): string =>
  dcgmExposition(
    ['replica-0', 'replica-1'].map((hostname, index) => ({
      hostname,
      device: { modelName: 'H200', memoryBytes: null, usedBytes: null },
      devices: 2,
      energy: { joules: joules * (index + 1), watts: 700, busyShare: 0.5 },
    })) as unknown as Parameters<typeof dcgmExposition>[0],
  )

describe('counters of DCGM’s exporter', () => {
  test('are one for each device, in millijoules', () => {
    const reading = readDcgmEnergy(exposition(10))!
    expect([...reading.values()]).toEqual([5000, 5000, 10_000, 10_000])
    expect(energyBetween(reading, readDcgmEnergy(exposition(12))!)).toBe(2000 + 4000)
  })

  test('of a shared host are told apart by labels', () => {
    const only = energyFilter('http://node:9400/metrics#Hostname=replica-1&gpu=0,1')
    expect([...readDcgmEnergy(exposition(10), only)!.values()]).toEqual([10_000, 10_000])
    expect(readDcgmEnergy(exposition(10), energyFilter('http://node/#gpu=7'))).toBeNull()
  })

  test('that begin anew count from there; devices that come or go leave the whole unknown', () => {
    const before = new Map([
      ['a', 5000],
      ['b', 100],
    ])
    expect(
      energyBetween(
        before,
        new Map([
          ['a', 700],
          ['b', 150],
        ]),
      ),
    ).toBe(750)
    expect(energyBetween(before, new Map([['a', 6000]]))).toBeNull()
    expect(
      energyBetween(
        before,
        new Map([
          ['a', 6000],
          ['c', 1],
        ]),
      ),
    ).toBeNull()
  })

  test('are null where the text has none, or none that are numbers', () => {
    expect(readDcgmEnergy('')).toBeNull()
    expect(readDcgmEnergy('DCGM_FI_DEV_POWER_USAGE{gpu="0"} 300\n')).toBeNull()
    expect(readDcgmEnergy('DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu="0"} NaN\n')).toBeNull()
    expect(readDcgmEnergy('<html>502</html>')).toBeNull()
  })
})

describe('over HTTP', () => {
  let server: Server
  let url: string
  let joules = 10

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url !== '/metrics') response.writeHead(404)
      response.end(request.url === '/metrics' ? exposition(joules) : '')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  test('a meter answers what was taken between two ends of intervals', async () => {
    const reader = createDcgmReader()
    const meter = createEnergyMeter(reader.readEnergy)
    const replicas = [0, 1].map(index =>
      replica(String(index), { powerUrl: `${url}/metrics#Hostname=replica-${index}` }),
    )
    expect(await meter.read(0, 0, [], replicas)).toBeNull()
    joules = 11
    expect(await meter.read(0, 1000, replicas, replicas)).toBe(1000 + 2000)
    joules = 12
    // The interval before was not read at its end.
    expect(await meter.read(1500, 2000, replicas, replicas)).toBeNull()
    joules = 13
    expect(await meter.read(2000, 3000, replicas, replicas)).toBe(3000)
    // The same devices behind two names are counted once.
    expect(await meter.read(3000, 4000, [replicas[0]!, replicas[0]!], [])).toBe(0)
    reader.close()
  })

  test('silence, and addresses without an exporter, are null', async () => {
    const reader = createDcgmReader()
    expect(await reader.readEnergy(`${url}/other`)).toBeNull()
    expect(await reader.readEnergy('http://127.0.0.1:1/metrics')).toBeNull()
    expect(await reader.readEnergy('not a URL')).toBeNull()
    reader.close()
  })
})
