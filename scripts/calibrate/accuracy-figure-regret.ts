/** How often the recommendation costs how much more than the best configuration. */
import type { HeldOutByKind } from '../../src/accuracy/error-bands.ts'
import { foldKinds } from '../../src/accuracy/folds.ts'
import { plannedDecisions } from '../../src/accuracy/regret.ts'
import { linearAxis } from '../../src/report/axis-ticks.ts'
import { element, type Markup } from '../../src/report/markup.ts'
import { svgFigure, svgText } from '../../src/report/svg-figure.ts'
import { legend, panel } from './accuracy-figure-frame.ts'
import { fileOf, kindText, scoredOf } from './accuracy-slices.ts'

const width = 960
const height = 330
const panelWidth = 390
const most = 1

const files = [
  ['serving_latency', 'latency rows'],
  ['serving_throughput_energy', 'throughput rows'],
] as const

export function regretFigure(held: HeldOutByKind): Markup {
  const xAxis = linearAxis([0, most], 5, true)
  const yAxis = linearAxis([0.5, 1], 5)
  const percentText = (value: number) => `${Math.round(100 * value)} %`
  const panels = files.flatMap(([file, name], index) => {
    const left = 60 + index * (panelWidth + 80)
    const box = { left, top: 52, right: left + panelWidth, bottom: height - 46 }
    const { x, y, markup } = panel(box, xAxis, yAxis, percentText)
    let decisions = 0
    const lines = foldKinds.map((kind, hue) => {
      const regrets = plannedDecisions(scoredOf(held[kind].filter(h => fileOf(h) === file)), 0)
        .map(decision => decision.loadedRegret)
        .sort((a, b) => a - b)
      decisions = regrets.length
      return element('polyline', {
        class: `line hue-${hue + 1}`,
        points: steps(regrets)
          .map(([regret, share]) => `${x(regret).toFixed(1)},${y(Math.max(yAxis.low, share)).toFixed(1)}`)
          .join(' '),
      })
    })
    return [
      ...markup,
      ...lines,
      svgText(left, 44, `${name} (${decisions} decisions)`, { class: 'strong' }),
      svgText(box.right, box.bottom + 34, 'costs at most so much more than the best configuration →', {
        class: 'soft',
        anchor: 'end',
      }),
    ]
  })
  return svgFigure(
    {
      width,
      height,
      title: 'Regret of the recommended configuration',
      description:
        'Share of decisions against how much more the recommended configuration costs per token than the best measured one at the same interactivity.',
    },
    ...legend(
      60,
      18,
      foldKinds.map((kind, index) => ({ name: `held out: ${kindText[kind]}`, hue: index + 1 })),
    ),
    svgText(width - 30, 18, '↑ share of decisions', { class: 'soft', anchor: 'end' }),
    ...panels,
  )
}

/** The cumulative distribution up to the right edge, as corners. */
function steps(sorted: readonly number[]): [regret: number, share: number][] {
  const corners: [number, number][] = [[0, sorted.filter(value => value <= 1e-9).length / sorted.length]]
  sorted.forEach((value, index) => {
    if (value <= 1e-9 || value > most) return
    corners.push([value, corners.at(-1)![1]], [value, (index + 1) / sorted.length])
  })
  corners.push([most, corners.at(-1)![1]])
  return corners
}
