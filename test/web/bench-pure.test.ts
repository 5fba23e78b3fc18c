/** What the Bench page works out by itself: words of rows, and what a run says of what served it. */
import { describe, expect, test } from 'vitest'
import { loadCatalog } from '../../src/catalog/load-catalog-file.ts'
import type { BenchResult } from '../../src/measure/bench-result.ts'
import type { PredictionRow } from '../../src/measure/prediction-check.ts'
import { withoutFigures } from '../../src/measure/read-bench-result.ts'
import { benchFixture, unservedFixture } from '../../src/report/bench.fixture.ts'
import { bandSentence, predictedTable } from '../../web/bench/predicted-table.ts'
import { rowOf } from '../../web/bench/run-row.ts'
import { saidDeployment } from '../../web/bench/said-deployment.ts'

const catalog = loadCatalog()

describe('what served a run', () => {
  const said = (command: string, model: string, params = {}) =>
    saidDeployment(
      { ...benchFixture, command, endpoint: { ...benchFixture.endpoint, model } },
      params,
      catalog,
    )

  test('model, hardware and engine as the run names them, all devices in one replica', () => {
    expect(said('tokenwright bench --hardware 8xh200 --isl 10', 'openai/gpt-oss-20b')).toEqual({
      model: 'openai/gpt-oss-20b',
      hardware: 'h200-sxm',
      tp: '8',
      replicas: '1',
      engine: 'vllm',
      precision: '',
    })
    expect(said('tokenwright bench --hardware=4xh100 --isl 10', 'x').hardware).toBe('h100-sxm')
    expect(said("tokenwright bench --hardware '4xh100'", 'x')).toMatchObject({
      hardware: 'h100-sxm',
      tp: '4',
    })
  })

  test.for([
    'tokenwright bench http://localhost',
    'tokenwright bench --hardware 4xh100,4xl40s',
    'tokenwright bench --hardware toaster',
  ])('%s: hardware is asked for', command => {
    expect(said(command, 'my-own-model')).toMatchObject({ model: '', hardware: '', tp: '1' })
  })

  test('the address is stronger', () => {
    expect(said('bench --hardware h100', 'x', { hardware: 'l4', tp: '2' })).toMatchObject({
      hardware: 'l4',
      tp: '2',
    })
  })
})

describe('predicted beside measured', () => {
  const row = (predicted: number, measured: number | null, inside: boolean | null): PredictionRow => ({
    name: 'TPOT mean',
    unit: 'ms',
    predicted,
    measured,
    low: inside === null ? null : predicted / 2,
    high: inside === null ? null : predicted * 2,
    inside,
  })

  test('the error is the prediction’s, with its sign', () => {
    const { rows } = predictedTable([
      {
        load: 'a',
        rows: [row(110, 100, true), row(75, 100, false), row(100, 100, null), row(9, null, null)],
      },
      { load: 'b', rows: null },
    ])
    expect(rows.map(cells => cells[4])).toEqual(['+10 %', '−25 %', '0.0 %', '–', ''])
    expect(rows.map(cells => cells[6])).toEqual(['within', 'outside', '–', '–', ''])
    expect(rows.map(cells => cells[0])).toEqual(['a', '', '', '', 'b'])
    expect(rows[4]![1]).toMatch(/cannot carry/)
  })

  test('bands are counted where there are some', () => {
    expect(bandSentence([{ load: 'a', rows: [row(1, 1, true), row(1, 9, false), row(1, 1, null)] }])).toBe(
      '1 of 2 figures lie within the prediction’s 80 % band.',
    )
    expect(bandSentence([{ load: 'a', rows: null }])).toBeNull()
  })
})

describe('a row of the list', () => {
  const rowFor = (result: BenchResult) => rowOf({ kind: 'result', result: withoutFigures(result) })!

  test('tells the best load, and why its verdict is what it is', () => {
    const row = rowFor(benchFixture)
    expect(row.load).toMatch(/^concurrency \d+$/)
    expect(row.loads).toBe(`best of ${benchFixture.points.length} loads`)
    expect(row.cost).toMatch(/^\$\d/)
    expect(row.ttft[1]).toMatch(/ ms$/)
    expect(row.goodput).toMatch(/ %$/)
    expect(row.where).toBe('vllm at localhost:8000')
    const { verdict } = benchFixture.points.find(({ load }) => load.name === row.load)!
    expect([row.verdict, row.why === '']).toEqual([verdict.level, verdict.level === 'valid'])
  })

  test('of a run in which nothing was served has no figures, and says why', () => {
    const row = rowFor(unservedFixture)
    expect([row.ttft, row.cost]).toEqual([['–', '–'], '–'])
    expect(row.verdict).toBe('invalid')
    expect(row.why).not.toBe('')
  })

  test('of a damaged run there is none', () => {
    expect(rowOf({ kind: 'damaged', fault: { code: 'measurements', message: 'cut off' } })).toBeNull()
  })
})
