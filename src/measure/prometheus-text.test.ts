import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exposition } from '../emulate/telemetry/exposition.ts'
import { parseExposition, sumOf } from './prometheus-text.ts'

describe('parseExposition', () => {
  it('reads names, labels with escapes, values of all kinds; skips comments, time stamps and exemplars', () => {
    const { samples, badLines } = parseExposition(
      [
        '# HELP a Help.',
        '# TYPE a counter',
        'a 1',
        '  b{x="1",y="a\\"b\\\\c\\nd",} 2.5 1700000000000',
        'c_bucket{le="+Inf"} +Inf',
        'd NaN',
        'e -inf 12',
        'f_total{le="0.1"} 17 # {trace_id="x"} 0.067 1.5',
        'g\t3e-7\r',
        '{"h.i-j",k="l"} 4',
        'm{"n.o"="p"} 5',
        '# EOF',
      ].join('\n'),
    )
    expect(badLines).toBe(0)
    expect(samples).toEqual([
      { name: 'a', labels: {}, value: 1 },
      { name: 'b', labels: { x: '1', y: 'a"b\\c\nd' }, value: 2.5 },
      { name: 'c_bucket', labels: { le: '+Inf' }, value: Number.POSITIVE_INFINITY },
      { name: 'd', labels: {}, value: Number.NaN },
      { name: 'e', labels: {}, value: Number.NEGATIVE_INFINITY },
      { name: 'f_total', labels: { le: '0.1' }, value: 17 },
      { name: 'g', labels: {}, value: 3e-7 },
      { name: 'h.i-j', labels: { k: 'l' }, value: 4 },
      { name: 'm', labels: { 'n.o': 'p' }, value: 5 },
    ])
  })

  it.each([
    'a',
    'a ',
    'a b',
    'a 1x',
    'a 0x10',
    'a{b="c} 1',
    'a{b="c" 1',
    'a{b=c} 1',
    'a{="c"} 1',
    'a{b="c\\',
    'a1',
    '<html>',
    '{"x":1}',
  ])('counts %s as a bad line and reads on', line => {
    const { samples, badLines } = parseExposition(`${line}\ngood 1\n`)
    expect(badLines).toBe(1)
    expect(samples).toEqual([{ name: 'good', labels: {}, value: 1 }])
  })

  it('reads wanted names only, and nothing of nothing', () => {
    const { samples, badLines } = parseExposition('a{b="broken 1\nc 2\n', name => name === 'c')
    expect(samples.map(({ name }) => name)).toEqual(['c'])
    expect(badLines).toBe(0)
    expect(parseExposition('')).toEqual({ samples: [], badLines: 0 })
  })

  it('reads back what is written, whatever stands in a label', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ label: fc.string(), value: fc.double() }), { maxLength: 5 }),
        entries => {
          const text = exposition([
            {
              name: 'metric',
              type: 'gauge',
              help: 'x',
              series: entries.map(({ label, value }) => ({ labels: { label }, value })),
            },
          ])
          const { samples, badLines } = parseExposition(text)
          expect(badLines).toBe(0)
          expect(samples.map(({ labels }) => labels.label)).toEqual(entries.map(({ label }) => label))
          samples.forEach(({ value }, index) => {
            expect(value).toBe(entries[index]!.value === 0 ? 0 : entries[index]!.value)
          })
        },
      ),
      { numRuns: 200 },
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '{', '}', '"', '\\', '=', ',', ' ', '1', '#', '\n') }),
        text => {
          parseExposition(text)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('reads a megabyte in no time that a run would notice', () => {
    const lines = Array.from(
      { length: 12_000 },
      (_, index) =>
        `vllm:request_latency_seconds_bucket{engine="0",le="${index}",model_name="org/model"} ${index}.0`,
    )
    const text = `${lines.join('\n')}\n`
    expect(text.length).toBeGreaterThan(900_000)
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now()
      expect(parseExposition(text).samples).toHaveLength(12_000)
      return performance.now() - start
    })
    // Some ten milliseconds on an idle core; the limit is for a busy one, and for a scan that is not linear.
    expect(Math.min(...times)).toBeLessThan(400)
  })
})

describe('sumOf', () => {
  const { samples } = parseExposition('a{x="1"} 1\na{x="2"} 2\na{x="2",y="z"} NaN\nb 4')
  it('adds series that have the labels, and leaves out what is no number', () => {
    expect(sumOf(samples, 'a')).toBe(3)
    expect(sumOf(samples, 'a', { x: '2' })).toBe(2)
    expect(sumOf(samples, 'a', { x: '2', y: 'z' })).toBeNull()
    expect(sumOf(samples, 'c')).toBeNull()
  })
})
