/** Predicted against measured, on logarithmic axes, coloured by engine: held out by configuration group. */
import type { HeldOutPoint } from '../../src/accuracy/cross-validation.ts'
import type { Engine } from '../../src/perf/deployment.ts'
import { type Axis, logAxis, tickLabel } from '../../src/report/axis-ticks.ts'
import { element, type Markup } from '../../src/report/markup.ts'
import { svgFigure, svgText } from '../../src/report/svg-figure.ts'
import { legend, panel } from './accuracy-figure-frame.ts'

export const engineHues: readonly { readonly engine: Engine; readonly name: string; readonly hue: number }[] =
  [
    { engine: 'vllm', name: 'vLLM', hue: 1 },
    { engine: 'sglang', name: 'SGLang', hue: 2 },
    { engine: 'trtllm', name: 'TensorRT-LLM', hue: 3 },
    { engine: 'atom', name: 'ATOM', hue: 4 },
  ]

interface Pair {
  readonly engine: Engine
  readonly measured: number
  readonly predicted: number
}

const metrics = [
  ['TPOT, ms', (h: HeldOutPoint) => [h.prepared.point.tpotMs, h.prediction.tpotMs]],
  ['TTFT, ms', (h: HeldOutPoint) => [h.prepared.point.ttftMs, h.prediction.ttftMs]],
  [
    'tokens/s per GPU',
    (h: HeldOutPoint) => [
      h.prepared.point.totalTokensPerSecondPerDevice,
      h.prediction.totalTokensPerSecondPerDevice,
    ],
  ],
] as const satisfies readonly (readonly [string, (h: HeldOutPoint) => (number | null)[]])[]

const width = 960
const height = 352
const side = 250
/** Dots closer than this, in figure units, are drawn once. */
const grain = 1.6

export function scatterPanels(points: readonly HeldOutPoint[]): Markup {
  const panels = metrics.map(([title, valuesOf], index) => {
    const pairs = points.flatMap(h => {
      const [measured, predicted] = valuesOf(h)
      return measured != null && predicted != null && predicted > 0
        ? [{ engine: h.prepared.point.deployment.engine, measured, predicted }]
        : []
    })
    return scatterPanel(title, pairs, 58 + index * (side + 62))
  })
  return svgFigure(
    {
      width,
      height,
      title: 'Predicted against measured',
      description:
        'Three panels of held-out rows on logarithmic axes, one dot each, coloured by engine. Dots on the solid line are right; dashed lines are a quarter off.',
    },
    ...legend(
      58,
      18,
      engineHues.map(({ name, hue }) => ({ name, hue })),
    ),
    svgText(width - 16, 18, 'solid: predicted = measured; dashed: 25 % more and less', {
      class: 'soft',
      anchor: 'end',
    }),
    ...panels.flat(),
  )
}

function scatterPanel(title: string, pairs: readonly Pair[], left: number): Markup[] {
  const values = pairs.flatMap(pair => [pair.measured, pair.predicted])
  const axis = thinned(logAxis(Math.min(...values), Math.max(...values)))
  const box = { left, top: 48, right: left + side, bottom: 48 + side }
  const { x, y, markup } = panel(box, axis, axis, tickText)
  const diagonal = (factor: number, className: string) => {
    const [low, high] = [Math.max(axis.low, axis.low / factor), Math.min(axis.high, axis.high / factor)]
    return element('line', {
      class: className,
      x1: x(low),
      y1: y(low * factor),
      x2: x(high),
      y2: y(high * factor),
    })
  }
  return [
    ...markup,
    diagonal(1.25, 'off'),
    diagonal(0.8, 'off'),
    ...engineHues.map(({ engine, hue }) => {
      const seen = new Set<string>()
      const dots = pairs
        .filter(pair => pair.engine === engine)
        .flatMap(pair => {
          const [px, py] = [x(pair.measured), y(pair.predicted)]
          const place = `${Math.round(px / grain)} ${Math.round(py / grain)}`
          if (seen.has(place)) return []
          seen.add(place)
          return [`M${px.toFixed(1)} ${py.toFixed(1)}h0`]
        })
      return element('path', { class: `dots hue-${hue}`, d: dots.join('') })
    }),
    diagonal(1, 'same'),
    svgText(left, 40, `${title} (${pairs.length} rows)`, { class: 'strong' }),
    svgText(box.right, box.bottom + 34, 'measured →', { class: 'soft', anchor: 'end' }),
    svgText(left + 6, box.top + 14, '↑ predicted', { class: 'soft' }),
  ]
}

/** At most one tick a decade: panels are small. */
function thinned(axis: Axis): Axis {
  const decades = axis.ticks.filter(tick => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9)
  return decades.length >= 2 ? { ...axis, ticks: decades } : axis
}

function tickText(value: number, axis: Axis): string {
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e4 ? `${value / 1e3}k` : tickLabel(value, axis)
}
