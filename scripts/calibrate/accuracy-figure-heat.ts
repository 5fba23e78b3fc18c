/** Median error by model × accelerator × engine as a table in colours. */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import { relativeError } from '../../src/accuracy/score.ts'
import { median } from '../../src/core/statistics.ts'
import { element, type Markup } from '../../src/report/markup.ts'
import { svgFigure, svgText } from '../../src/report/svg-figure.ts'
import { engineHues } from './accuracy-figure-scatter.ts'

const cellWidth = 34
const cellHeight = 24
const left = 178
const top = 78

/** Steps of the colour scale: errors up to the limit have the colour. */
const scale = [
  [0.05, '#d9f0d3'],
  [0.1, '#eef6c8'],
  [0.15, '#fdeeb4'],
  [0.2, '#fdd49a'],
  [0.3, '#f7a37a'],
  [0.5, '#e0604f'],
  [Number.POSITIVE_INFINITY, '#a3223c'],
] as const
/** Colours from this step on carry white letters. */
const darkFrom = 0.5

export function heatTable(points: readonly HeldOutPoint[]): Markup {
  const errors = points.flatMap(h => {
    const error = relativeError({ point: h.prepared.point, prediction: h.prediction }, 'tpot')
    if (error === null) return []
    const { cell, point } = h.prepared
    const { engine } = point.deployment
    return [{ model: cell.modelId, accelerator: cell.acceleratorId, engine, size: Math.abs(error) }]
  })
  const models = [...new Set(errors.map(one => one.model))].sort((a, b) =>
    shortName(a) < shortName(b) ? -1 : 1,
  )
  const accelerators = [...new Set(errors.map(one => one.accelerator))].sort(byGeneration)
  const columns = accelerators.flatMap(accelerator =>
    engineHues
      .filter(({ engine }) => errors.some(one => one.accelerator === accelerator && one.engine === engine))
      .map(({ engine, name, hue }) => ({ accelerator, engine, name, hue })),
  )
  const x = (column: number) => left + column * cellWidth
  const y = (row: number) => top + row * cellHeight
  const width = Math.max(x(columns.length) + 16, 640)
  const height = y(models.length) + 46
  return svgFigure(
    {
      width,
      height,
      title: 'Median TPOT error by model, accelerator and engine',
      description:
        'A table of held-out errors: models down, accelerators and engines across, from green below 5 % to dark red above 50 %. Empty cells were not measured.',
    },
    svgText(8, 20, 'Median TPOT error, held out by configuration group', { class: 'strong' }),
    ...accelerators.map(accelerator => {
      const own = columns.flatMap((column, index) => (column.accelerator === accelerator ? [index] : []))
      return svgText(
        x(own[0]!) + (own.length * cellWidth) / 2,
        50,
        accelerator.replace(/-(sxm|nvl72)$/, ''),
        {
          anchor: 'middle',
        },
      )
    }),
    ...columns.map(({ name }, index) =>
      svgText(x(index) + cellWidth / 2, 68, shortEngines[name] ?? name, {
        class: 'soft',
        anchor: 'middle',
      }),
    ),
    ...models.flatMap((model, row) => [
      svgText(left - 8, y(row) + 16, shortName(model), { anchor: 'end' }),
      ...columns.flatMap(({ accelerator, engine }, column) => {
        const sizes = errors
          .filter(one => one.model === model && one.accelerator === accelerator && one.engine === engine)
          .map(one => one.size)
        return cell(x(column), y(row), sizes)
      }),
    ]),
    ...colourKey(left, y(models.length) + 18),
  )
}

function cell(x: number, y: number, sizes: readonly number[]): Markup[] {
  const box = { x: x + 1, y: y + 1, width: cellWidth - 2, height: cellHeight - 2, rx: 2 }
  if (sizes.length === 0) return [element('rect', { class: 'empty', ...box })]
  const error = median(sizes)
  const [limit, colour] = scale.find(([step]) => error <= step)!
  return [
    element('rect', { fill: colour, ...box }),
    svgText(x + cellWidth / 2, y + 16, (100 * error).toFixed(0), {
      class: limit >= darkFrom ? 'cell-text light' : 'cell-text',
    }),
  ]
}

function colourKey(x: number, y: number): Markup[] {
  return scale.flatMap(([limit, colour], index) => {
    const at = x + index * 76
    const text = Number.isFinite(limit) ? `≤ ${Math.round(100 * limit)} %` : 'more'
    return [
      element('rect', { fill: colour, x: at, y, width: 16, height: 14, rx: 2 }),
      svgText(at + 22, y + 12, text, { class: 'soft' }),
    ]
  })
}

/** What fits over a column. */
const shortEngines: Readonly<Record<string, string>> = { SGLang: 'SGL', 'TensorRT-LLM': 'TRT' }

function shortName(model: string): string {
  return model.slice(model.indexOf('/') + 1)
}

/** NVIDIA before AMD, older before newer. */
const order = ['a100', 'l40s', 'h100', 'h200', 'b200', 'b300', 'gb200', 'gb300', 'mi300x', 'mi325x', 'mi355x']

function byGeneration(a: string, b: string): number {
  const place = (id: string) => {
    const found = order.findIndex(name => id.startsWith(name))
    return found < 0 ? order.length : found
  }
  return place(a) - place(b)
}
