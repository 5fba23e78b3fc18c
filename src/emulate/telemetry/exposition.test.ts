import { expect, test } from 'vitest'
import { exposition, type Family, numberText } from './exposition.ts'
import { createHistogram, observe } from './histogram.ts'
import { checkHistograms, parsePrometheus, sampleValue } from './prometheus-text.fixture.ts'

function gauge(labels: Record<string, string>, value: number | string = 1): Family {
  return { name: 'g', type: 'gauge', help: 'A \\ and\na line.', series: [{ labels, value }] }
}

test('labels stand in alphabetical order and are escaped', () => {
  const text = exposition([gauge({ model_name: 'a"b\\c\nd', engine: '0' })])
  expect(text).toBe(
    '# HELP g A \\\\ and\\na line.\n# TYPE g gauge\ng{engine="0",model_name="a\\"b\\\\c\\nd"} 1.0\n',
  )
  expect(sampleValue(parsePrometheus(text), 'g', { model_name: 'a"b\\c\nd' })).toBe(1)
})

test('labels stand as given where that is asked for', () => {
  expect(exposition([gauge({ gpu: '0', UUID: 'u', device: 'd' }, '409.692000')], 'given')).toContain(
    'g{gpu="0",UUID="u",device="d"} 409.692000\n',
  )
})

test('histograms are written as the Python client writes them', () => {
  const histogram = createHistogram([0.25, 1])
  observe(histogram, 0.2, 3)
  observe(histogram, 5)
  const text = exposition([
    {
      name: 'h',
      type: 'histogram',
      help: 'H',
      series: [{ labels: { model_name: 'm', engine: '0' }, value: histogram }],
    },
  ])
  expect(text.split('\n')).toEqual([
    '# HELP h H',
    '# TYPE h histogram',
    'h_bucket{engine="0",le="0.25",model_name="m"} 3.0',
    'h_bucket{engine="0",le="1.0",model_name="m"} 3.0',
    'h_bucket{engine="0",le="+Inf",model_name="m"} 4.0',
    'h_count{engine="0",model_name="m"} 4.0',
    `h_sum{engine="0",model_name="m"} ${numberText(5.6)}`,
    '',
  ])
  expect(checkHistograms(parsePrometheus(text))).toBe(1)
})

test('families without series are left out', () => {
  expect(exposition([{ ...gauge({}), series: [] }])).toBe('')
})

test('numbers', () => {
  expect([0, 12, 0.5, 1e20, Number.POSITIVE_INFINITY, Number.NaN].map(numberText)).toEqual([
    '0.0',
    '12.0',
    '0.5',
    '100000000000000000000',
    '+Inf',
    'NaN',
  ])
})

test('the reader of the tests finds faults', () => {
  expect(() => parsePrometheus('# TYPE g gauge\ng 1.0')).toThrow('last line')
  expect(() => parsePrometheus('# TYPE g gauge\ng 1.0\ng 2.0\n')).toThrow('twice')
  expect(() => parsePrometheus('# TYPE g gauge\nh 1.0\n')).toThrow('under')
  const short =
    '# TYPE h histogram\nh_bucket{le="1.0"} 2.0\nh_bucket{le="+Inf"} 1.0\nh_count 1.0\nh_sum 1.0\n'
  expect(() => checkHistograms(parsePrometheus(short))).toThrow('cumulative')
})
