import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ScatterPoint, scatterFigure } from './svg-scatter.ts'

const options = { title: 't', description: 'd', xLabel: 'x', yLabel: 'y' }
const draw = (points: readonly ScatterPoint[]) => scatterFigure(points, options).html

function point(x: number, y: number, role: ScatterPoint['role']): ScatterPoint {
  return { x, y, role, title: `${x} ${y}`, label: role === 'other' ? null : 'vr-nvl72 nvfp4 P/D' }
}

/** A cost front that starts at the chosen point, with grey points stacked over it, as unmeasured hardware gives. */
const crowded = [
  point(33, 0.047, 'chosen'),
  ...[36, 43, 54, 66, 78, 83, 91, 98, 103, 112, 126].map((x, index) =>
    point(x, 0.05 * 1.09 ** index, 'front'),
  ),
  point(217, 13.8, 'front'),
  ...Array.from({ length: 30 }, (_, index) => point(33 + (index % 3), 0.055 * 1.13 ** index, 'other')),
]

describe('labels of a scatter plot', () => {
  test('the chosen point is named at the bottom left too, with a line that leads to it', () => {
    const html = draw(crowded)
    expect(html).toContain('class="point-label chosen"')
    expect(html).toContain('class="leader"')
  })

  test('a label close by has no leader', () => {
    const html = draw([point(10, 5, 'chosen'), point(40, 10, 'front'), point(90, 40, 'front')])
    expect(html).toContain('class="point-label chosen"')
    expect(html).not.toContain('class="leader"')
  })

  test('the chosen point is always named', () => {
    const value = fc.double({ min: 0.01, max: 100, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(value, value, fc.constantFrom('front', 'other') as fc.Arbitrary<'front' | 'other'>),
          {
            maxLength: 60,
          },
        ),
        value,
        value,
        (rest, x, y) => {
          const html = draw([point(x, y, 'chosen'), ...rest.map(([a, b, role]) => point(a, b, role))])
          expect(html).toContain('class="point-label chosen"')
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('marks and bands', () => {
  test('a named point has its label even where no room is left close by', () => {
    const lattice = Array.from({ length: 900 }, (_, index) =>
      point(1 + (index % 30), 1 + Math.floor(index / 30), 'other'),
    )
    const named = { ...point(15, 15, 'other'), label: 'sixteen', named: true }
    expect(draw([...lattice, { ...named, named: false }])).not.toContain('>sixteen</text>')
    expect(draw([...lattice, named])).toContain('>sixteen</text>')
  })

  test('a point may be a diamond or a cross', () => {
    const html = draw([
      { ...point(1, 1, 'front'), mark: 'diamond' },
      { ...point(2, 2, 'front'), mark: 'cross' },
    ])
    expect(html).toContain('class="point front diamond"')
    expect(html).toContain('class="point front cross"')
    expect(html).not.toContain('<circle')
  })

  test('several ranges are an area, a single one a line with two ends; the axis holds them', () => {
    const points = [point(10, 5, 'front')]
    const one = scatterFigure(points, { ...options, band: [{ x: 12, low: 4, value: 6, high: 19 }] }).html
    expect(one.match(/class="band"/g)).toHaveLength(4)
    expect(one).toContain('>20</text>')
    const range = { low: 4, value: 6, high: 9 }
    const two = scatterFigure(points, {
      ...options,
      band: [
        { x: 12, ...range },
        { x: 20, ...range },
      ],
    }).html
    expect(two).toContain('class="band-area"')
    expect(two).not.toContain('class="band"')
  })

  test('the axis is logarithmic from the factor that is asked for', () => {
    const points = [point(10, 5, 'front'), point(20, 50, 'front')]
    const zeros = (html: string) => html.match(/>0<\/text>/g)?.length ?? 0
    expect(zeros(scatterFigure(points, options).html)).toBe(2)
    expect(zeros(scatterFigure(points, { ...options, logFrom: 5 }).html)).toBe(1)
  })
})
