import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { observation } from '../observation.fixture.ts'
import { loadMarker, observationToJson, requestsFileHeader } from '../observation-json.ts'
import { endpointsSummary, inferencexAggregated } from './import-aggregate.fixture.ts'
import { aiperfSummaryExport, sglangDetailed, vllmDetailed, vllmSummary } from './import-bench.fixture.ts'
import { guidellmReport, inferencePerfStage } from './import-report.fixture.ts'
import { json, pretty } from './import-runs.fixture.ts'
import { formatOf, importRuns } from './import-runs.ts'
import { measuredText } from './measured-file.ts'

describe('our own', () => {
  const lines = [
    requestsFileHeader('2026-11-20T10:00:00Z'),
    loadMarker('concurrency 2'),
    observationToJson(observation({ id: 0, phase: 'warm-up' })),
    observationToJson(observation({ id: 1 })),
    loadMarker('concurrency 4'),
    observationToJson(observation({ id: 2, times: { sentUs: 50_000, firstContentUs: 151_000 } })),
  ].join('\n')

  test('requests belong to the load before them', () => {
    const point = (name: string) => ({
      load: { name, kind: 'concurrency', concurrency: 2, requestsPerSecond: null },
      summary: {},
    })
    const result = {
      kind: 'tokenwright-bench',
      version: 1,
      points: [point('concurrency 2'), point('concurrency 4')],
    }
    const runs = importRuns([pretty(result, 'a/result.json'), measuredText('a/requests.jsonl', lines)])
    expect(runs.map(({ requests }) => requests?.map(({ id }) => id))).toEqual([[1], [2]])
    expect(runs[1]!.requests![0]).toMatchObject({ sentUs: 0, firstTokenAfterUs: 101_000, lateUs: 50_000 })
    expect(
      importRuns([pretty(result), measuredText('r', lines)], { chunks: false })[0]!.requests![0]!
        .chunksAfterUs,
    ).toBeNull()
  })

  test('the AIPerf files that are written beside a result are not counted again', () => {
    const result = {
      kind: 'tokenwright-bench',
      version: 1,
      points: [{ load: { name: 'concurrency 16', concurrency: 16 }, summary: {} }],
    }
    const runs = importRuns([
      pretty(aiperfSummaryExport, 'a/profile_export_aiperf.json'),
      pretty(result, 'a/result.json'),
    ])
    expect(runs.map(({ tool }) => tool)).toEqual(['tokenwright'])
  })

  test('requests alone, an unknown version and no points are refused', () => {
    expect(() => importRuns([measuredText('requests.jsonl', lines)])).toThrow(/alone/)
    expect(() => importRuns([json({ kind: 'tokenwright-bench', version: 2, points: [{}] })])).toThrow(
      /version 2/,
    )
    expect(() => importRuns([json({ kind: 'tokenwright-bench', version: 1, points: [] })])).toThrow(
      /no points/,
    )
    expect(() => importRuns([json({ kind: 'tokenwright-bench', version: 1, points: [{}] })])).toThrow(
      /point 0|no load/,
    )
  })
})

describe('what is no result', () => {
  const whole: readonly Readonly<Record<string, unknown>>[] = [
    vllmDetailed,
    sglangDetailed,
    aiperfSummaryExport,
    guidellmReport,
    inferencePerfStage,
    inferencexAggregated,
    endpointsSummary,
  ]

  test.each([
    ['', /empty/],
    ['\n\n', /empty/],
    ['hello', /neither JSON/],
    ['{"a": 1}', /no load generator/],
    ['[1, 2]', /no load generator/],
    ['null', /no load generator/],
    ['{"request_throughput": 1, "model_id"', /cut off/],
    ['{\n  "benchmarks": [\n', /cut off/],
    [JSON.stringify({ ...vllmSummary, duration: 'long' }), /duration should be a number and is "long"/],
    [JSON.stringify({ ...vllmDetailed, itls: [1, 2, 3] }), /itls\[0\] should be a list/],
    [JSON.stringify({ ...guidellmReport, benchmarks: [] }), /no benchmarks/],
  ])('%s', (text, message) => {
    const run = () => importRuns([measuredText('x.json', text)])
    expect(run).toThrow(message)
    expect(run).toThrow(expect.objectContaining({ code: 'measurements', fix: expect.any(String) }))
  })

  test('every result cut anywhere is refused or unknown, and never an internal error', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.boolean(),
        (value, share, lines) => {
          const text = lines ? JSON.stringify(value) : JSON.stringify(value, null, 1)
          const cut = text.slice(0, Math.floor(text.length * share))
          expect(() => importRuns([measuredText('x.json', cut)])).toThrow(
            expect.objectContaining({ code: 'measurements' }),
          )
        },
      ),
    )
  })

  test('a field of any kind in the wrong place is never an internal error', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.nat(100),
        fc.jsonValue({ maxDepth: 2 }),
        (value, index, other) => {
          const keys = Object.keys(value)
          const bent = { ...value, [keys[index % keys.length]!]: other }
          try {
            importRuns([json(bent)])
          } catch (error) {
            expect(error).toMatchObject({ code: 'measurements' })
          }
        },
      ),
    )
  })
})

test('a byte order mark and blank lines are no fault', () => {
  expect(formatOf(measuredText('x', `\uFEFF${JSON.stringify(vllmSummary)}\n\n`))).toBe('vllm')
})
