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
