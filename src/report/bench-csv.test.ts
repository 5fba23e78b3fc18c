import { describe, expect, test } from 'vitest'
import { parseCsv } from '../core/csv.ts'
import { benchFixture, plainFixture, speechFixture, unservedFixture } from './bench.fixture.ts'
import { renderBenchCsv } from './bench-csv.ts'
import { benchJson } from './bench-json.ts'

function rows(csv: string): Record<string, string>[] {
  const { header, records } = parseCsv(csv)
  return records.map(record => Object.fromEntries(header.map(name => [name, record.text(name)])))
}

describe('CSV', () => {
  test('one row a load, every row with every column', () => {
    const csv = renderBenchCsv(benchFixture)
    const lines = csv.split('\r\n')
    expect(lines).toHaveLength(1 + benchFixture.points.length + 1)
    expect(lines.at(-1)).toBe('')
    const { header } = parseCsv(csv)
    expect(new Set(header).size).toBe(header.length)
    // No cell of this fixture holds a comma.
    expect(new Set(lines.slice(0, -1).map(line => line.split(',').length))).toEqual(new Set([header.length]))
  })

  test('figures are those of the result', () => {
    const last = rows(renderBenchCsv(benchFixture)).at(-1)!
    const point = benchFixture.points.at(-1)!
    expect(last).toMatchObject({
      load: 'concurrency 128',
      users: '128',
      asked_requests_per_second: '',
      requests: '400',
      served: '350',
      failed: '50',
      objectives_met: 'false',
      counters_reconcile: 'false',
      verdict: 'invalid',
      checks_invalid: 'errors',
      checks_suspect: 'drift',
    })
    expect(Number(last.ttft_from_send_p95_ms)).toBeCloseTo(point.summary.latency.ttftService.p95Ms!, 1)
    expect(Number(last.usd_per_million_tokens)).toBeCloseTo(point.cost!.perMillionTokens.blended, 5)
  })

  test('what does not exist is empty, never 0 or null', () => {
    const [plain] = rows(renderBenchCsv(plainFixture))
    expect(plain).toMatchObject({
      usd_per_million_tokens: '',
      goodput_share: '',
      objectives_met: '',
      joules_per_output_token: '',
      usd_per_audio_hour: '',
      asked_requests_per_second: '2',
    })
    const [unserved] = rows(renderBenchCsv(unservedFixture))
    expect(unserved).toMatchObject({ served: '0', ttft_from_send_p50_ms: '', tpot_mean_ms: '' })
    expect(renderBenchCsv(unservedFixture)).not.toMatch(/NaN|null|undefined|Infinity/)
    expect(rows(renderBenchCsv(speechFixture))[1]).toMatchObject({ usd_per_audio_hour: '0.0071' })
  })

  test('names with commas, quotes and line breaks stay one cell', () => {
    const model = 'a,"b"\r\nc'
    const csv = renderBenchCsv({ ...plainFixture, endpoint: { ...plainFixture.endpoint, model } })
    expect(rows(csv)[0]!.model).toBe(model)
  })
})

describe('JSON', () => {
  test('reads back as the result', () => {
    for (const result of [benchFixture, plainFixture, unservedFixture])
      expect(JSON.parse(benchJson(result))).toEqual(result)
  })

  test('a number that JSON cannot hold is a fault, not a null', () => {
    const [point] = plainFixture.points
    const broken = { ...point!, summary: { ...point!.summary, durationSeconds: Number.NaN } }
    expect(() => benchJson({ ...plainFixture, points: [broken] })).toThrow(/durationSeconds is NaN/)
  })

  test('long lists take one line', () => {
    expect(benchJson(plainFixture)).toMatch(/"inFlight": \[[^\n]{100,}\],\n/)
  })
})
