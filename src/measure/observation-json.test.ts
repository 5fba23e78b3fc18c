import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryObservation, observation } from './observation.fixture.ts'
import {
  loadMarker,
  observationFromJson,
  observationToJson,
  requestsFileHeader,
  requestsFileLine,
} from './observation-json.ts'

describe('requests.jsonl', () => {
  test('what is written is read back, NaN included', () => {
    fc.assert(
      fc.property(arbitraryObservation, value => {
        const line = observationToJson(value)
        expect(line).not.toContain('\n')
        expect(observationFromJson(line, 'requests.jsonl:2')).toEqual(value)
      }),
    )
  })

  test('typed arrays are written as plain ones', () => {
    const value = observation({
      chunks: {
        us: Float64Array.of(1000, 2500),
        tokens: Uint16Array.of(1, 3),
        coalesced: Uint8Array.of(0, 1),
        method: 'usage-per-chunk',
      },
    })
    const read = observationFromJson(observationToJson(value), 'x')
    expect(read.chunks).toEqual({
      us: [1000, 2500],
      tokens: [1, 3],
      coalesced: [0, 1],
      method: 'usage-per-chunk',
    })
  })

  test('the same as JSON.stringify makes of plain arrays', () => {
    const value = observation({})
    expect(JSON.parse(observationToJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
  })

  test('header, load and request are told apart', () => {
    expect(requestsFileLine(requestsFileHeader('2026-11-20T10:00:00Z'), 'x')).toEqual({
      kind: 'start',
      header: { kind: 'start', version: 1, startedAt: '2026-11-20T10:00:00Z' },
    })
    expect(requestsFileLine(loadMarker('concurrency 16'), 'x')).toEqual({
      kind: 'load',
      name: 'concurrency 16',
    })
    expect(requestsFileLine(observationToJson(observation({ id: 7 })), 'x')).toMatchObject({
      kind: 'request',
      observation: { id: 7 },
    })
  })

  test('every prefix of a line is refused, with the place', () => {
    const line = observationToJson(observation({}))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: line.length - 1 }), length => {
        expect(() => requestsFileLine(line.slice(0, length), 'requests.jsonl:9')).toThrow(
          expect.objectContaining({ code: 'measurements', where: 'requests.jsonl:9' }),
        )
      }),
    )
  })

  test('every field is asked for', () => {
    const whole = JSON.parse(observationToJson(observation({})))
    for (const name of Object.keys(whole)) {
      const { [name]: _, ...rest } = whole
      expect(() => observationFromJson(JSON.stringify(rest), 'x'), name).toThrow(
        expect.objectContaining({ code: 'measurements' }),
      )
    }
  })

  test.each([
    ['{"kind":"start","version":2,"startedAt":"x"}', /version 2/],
    ['{"kind":"start","version":1}', /startedAt/],
    ['{"kind":"load"}', /no name/],
    ['[]', /missing/],
    ['null', /no JSON object/],
    [
      observationToJson(observation({})).replace('"coalesced":[0,0,0]', '"coalesced":[0]'),
      /chunks\.coalesced/,
    ],
    [observationToJson(observation({})).replace('"outcome":"served"', '"outcome":"fine"'), /outcome/],
  ])('%s', (line, message) => {
    expect(() => requestsFileLine(line, 'x')).toThrow(message)
  })
})
