/** Coverage of the 80 % bands by class, mode and metric, beside the share that they promise. */
import { linearAxis, positionOn } from '../../src/report/axis-ticks.ts'
import { element, type Markup } from '../../src/report/markup.ts'
import { svgFigure, svgText } from '../../src/report/svg-figure.ts'
import type { AccuracyReport } from './accuracy-report.ts'

const width = 720
const rowHeight = 21
const left = 300
const top = 44
const metricNames = { tpot: 'TPOT', ttft: 'TTFT', throughput: 'tokens/s' } as const
const classText = { cell: 'known cell', accelerator: 'new accelerator', model: 'new model' } as const
const hueOf = { cell: 1, accelerator: 2, model: 3 } as const
/** Half a band's tolerance: 80 ± 5. */
const promised = 0.8
const tolerance = 0.05

export function coverageFigure({ bandCoverage }: AccuracyReport): Markup {
  const rows = bandCoverage.cells
  const axis = linearAxis([0.6, 1], 8)
  const x = (share: number) => left + positionOn(axis, Math.max(axis.low, share)) * (width - left - 60)
  const bottom = top + rows.length * rowHeight
  return svgFigure(
    {
      width,
      height: bottom + 34,
      title: 'Share of held-out rows inside the 80 % bands',
      description:
        'One dot for each class of question, mode and metric; the shaded zone is 80 % give or take 5.',
    },
    svgText(8, 20, 'Rows inside 80 % bands that were made without them', { class: 'strong' }),
    element('rect', {
      class: 'zone',
      x: x(promised - tolerance),
      y: top - 8,
      width: x(promised + tolerance) - x(promised - tolerance),
      height: bottom - top + 12,
    }),
    element('line', { class: 'same', x1: x(promised), x2: x(promised), y1: top - 8, y2: bottom + 4 }),
    ...axis.ticks.map(tick =>
      svgText(x(tick), bottom + 20, `${Math.round(100 * tick)} %`, { class: 'tick', anchor: 'middle' }),
    ),
    ...rows.flatMap((row, index) => {
      const y = top + index * rowHeight + 8
      return [
        svgText(left - 14, y + 4, `${classText[row.class]}, ${row.mode}, ${metricNames[row.metric]}`, {
          anchor: 'end',
        }),
        element('line', { class: 'grid', x1: x(axis.low), x2: x(axis.high), y1: y, y2: y }),
        element('circle', { class: `key hue-${hueOf[row.class]}`, cx: x(row.share), cy: y, r: 4.5 }),
        svgText(width - 8, y + 4, `${(100 * row.share).toFixed(1)} %`, { class: 'soft', anchor: 'end' }),
      ]
    }),
  )
}
