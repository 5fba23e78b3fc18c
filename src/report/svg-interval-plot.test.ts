import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IntervalSeries, intervalPlot } from './svg-interval-plot.ts'

const options = { title: 'T', description: 'D', categories: ['p50', 'p99'], xLabel: 'percentile', limits: [] }

const one = (values: IntervalSeries['values']): IntervalSeries => ({
  name: 'TTFT',
  color: 'series-1',
  hollow: false,
  values,
})

describe('values with their uncertainty', () => {
  test('a bar has a cap at each known end, and is dotted towards an unknown one', () => {
    const both = intervalPlot([one([{ value: 100, low: 90, high: 120 }, null])], options)!.html
    expect(both.match(/class="whisker series-1"/g)).toHaveLength(4)
    expect(both).not.toContain('open')
    const half = intervalPlot([one([{ value: 100, low: 90, high: null }, null])], options)!.html
    expect(half.match(/class="whisker series-1 open"/g)).toHaveLength(1)
    expect(half.match(/class="whisker series-1"/g)).toHaveLength(2)
    const none = intervalPlot([one([{ value: 100, low: null, high: null }, null])], options)!.html
    expect(none).not.toContain('whisker')
  })

  test('later values are higher on the page', () => {
    const page = intervalPlot(
      [
        one([
          { value: 10, low: null, high: null },
          { value: 1000, low: null, high: null },
        ]),
      ],
      options,
    )!.html
    const [first, second] = [...page.matchAll(/<circle[^>]* cy="([\d.]+)"/g)].map(match => Number(match[1]))
    expect(second).toBeLessThan(first!)
  })

  test('a limit has its words, a series its name', () => {
    const page = intervalPlot([one([{ value: 10, low: 9, high: 11 }, null])], {
      ...options,
      limits: [{ limitMs: 500, words: 'TTFT p95 < 500 ms', color: 'series-1' }],
    })!.html
    expect(page).toContain('TTFT p95 &lt; 500 ms')
    expect(page).toContain('>TTFT</text>')
  })

  test('nothing known: no figure', () => {
    expect(intervalPlot([], options)).toBeNull()
    expect(intervalPlot([one([null, null])], options)).toBeNull()
    expect(intervalPlot([one([{ value: 0, low: 0, high: 0 }, null])], options)).toBeNull()
  })

  test('whatever the values, every coordinate is a number', () => {
    const ms = fc.double({ min: 0, max: 1e9, noNaN: true })
    const value = fc.option(fc.record({ value: ms, low: fc.option(ms), high: fc.option(ms) }))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }).chain(of =>
          fc.record({
            categories: fc.array(fc.string({ maxLength: 12 }), { minLength: of, maxLength: of }),
            rows: fc.array(fc.array(value, { minLength: of, maxLength: of }), { maxLength: 4 }),
            limit: fc.option(fc.double({ min: 0.001, max: 1e8, noNaN: true })),
          }),
        ),
        ({ categories, rows, limit }) => {
          const limits =
            limit === null ? [] : [{ limitMs: limit, words: 'limit', color: 'series-2' as const }]
          const page = intervalPlot(rows.map(one), { ...options, categories, limits })?.html ?? ''
          expect(
            /[xyr12]="(NaN|-?Infinity|undefined|null)"|NaN/.exec(page.replaceAll(/>[^<]*</g, '><')),
          ).toBeNull()
        },
      ),
      { numRuns: 60 },
    )
  })
})
