/** A Pareto figure: one curve per accelerator, measured points, a crosshair that says what a point is. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Pending } from '../parts/states.tsx'
import { type CurvePoint, curveRows, type UprightAxis } from './curves.ts'
import { FigureFrame } from './figure-frame.tsx'
import type { FrontierDrawing, StatedMark } from './frontier-plot.ts'
import { useWidth } from './use-width.ts'

interface FrontierProps {
  readonly points: readonly CurvePoint[]
  /** In the order of their colours. */
  readonly series: readonly string[]
  readonly axis: UprightAxis
  readonly title: string
  readonly nameOf: (acceleratorId: string) => string
  readonly limit: number | null
  readonly picked: { readonly x: number; readonly y: number; readonly series: string } | null
  readonly stale: boolean
  readonly file: string
  readonly marks?: readonly StatedMark[]
  readonly claimed?: { readonly y: number; readonly text: string } | null
}

type Draw = typeof import('./frontier-plot.ts')['drawFrontier']

export function Frontier(props: FrontierProps) {
  const { points, series, axis, title, nameOf, limit, picked, stale, file, marks, claimed } = props
  const holder = useRef<HTMLDivElement>(null)
  const [draw, setDraw] = useState<Draw | null>(null)
  const [drawing, setDrawing] = useState<FrontierDrawing | null>(null)
  const [place, setPlace] = useState<CurvePoint | null>(null)
  const width = useWidth(holder)
  const banded = place?.series ?? picked?.series ?? series[0] ?? null

  useEffect(() => {
    import('./frontier-plot.ts').then(module => setDraw(() => module.drawFrontier))
  }, [])
  useEffect(() => {
    if (draw === null || width === null || points.length === 0 || holder.current === null) return
    const drawn = draw({
      points,
      series,
      axis,
      width,
      banded,
      ...(marks ? { marks } : {}),
      claimed: claimed ?? null,
    })
    drawn.svg.setAttribute('role', 'img')
    drawn.svg.setAttribute('aria-label', `${title}: ${describe(points, series, nameOf)}`)
    holder.current.replaceChildren(drawn.svg)
    setDrawing(drawn)
  }, [draw, width, points, banded, marks, claimed?.y])
  useEffect(() => drawing?.mark({ limit, picked }), [drawing, limit, picked?.x, picked?.y])
  useEffect(() => setPlace(null), [points])

  const point = (event: PointerEvent) => {
    if (drawing === null) return
    const box = drawing.svg.getBoundingClientRect()
    setPlace(nearest(points, drawing, event.clientX - box.left, event.clientY - box.top))
  }
  const step = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 }
    const move = moves[event.key]
    if (move === undefined && event.key !== 'Escape') return
    event.preventDefault()
    if (move === undefined) return setPlace(null)
    const index = place === null ? -1 : points.indexOf(place)
    setPlace(points[(index + move + points.length) % points.length] ?? null)
  }
  return (
    <FigureFrame
      title={title}
      file={file}
      stale={stale}
      csv={() => curveRows(points, axis)}
      caption={<Readout place={place} nameOf={nameOf} />}
    >
      {points.length === 0 ? <Pending words="drawing the curves" /> : null}
      {/* biome-ignore lint/a11y/useSemanticElements: a field set is for fields */}
      <div
        class="frontier"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk along the curves
        tabIndex={0}
        role="group"
        aria-label={`${title}. Arrow keys walk along the points.`}
        onPointerMove={point}
        onPointerLeave={() => setPlace(null)}
        onPointerDown={point}
        onKeyDown={step}
      >
        <div ref={holder} />
        {place && drawing ? (
          <Crosshair point={place} drawing={drawing} index={series.indexOf(place.series)} />
        ) : null}
      </div>
      <Key points={points} banded={banded} />
    </FigureFrame>
  )
}

/** Beyond this many pixels the pointer means no point. */
const reach = 60

function nearest(
  points: readonly CurvePoint[],
  drawing: FrontierDrawing,
  x: number,
  y: number,
): CurvePoint | null {
  let best: CurvePoint | null = null
  let bestDistance = reach
  for (const point of points) {
    const at = drawing.place(point)
    const distance = Math.hypot(at.x - x, at.y - y)
    if (distance < bestDistance) {
      best = point
      bestDistance = distance
    }
  }
  return best
}

interface CrosshairProps {
  readonly point: CurvePoint
  readonly drawing: FrontierDrawing
  readonly index: number
}

/** Over the figure, so that moving it draws nothing again. */
function Crosshair({ point, drawing, index }: CrosshairProps) {
  const { frame, place, svg } = drawing
  const { x, y } = place(point)
  const width = svg.viewBox.baseVal.width
  const height = svg.viewBox.baseVal.height
  return (
    <svg
      class="crosshair"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
    >
      <line x1={x} x2={x} y1={frame.top} y2={frame.bottom} />
      <line x1={frame.left} x2={frame.right} y1={y} y2={y} />
      <circle cx={x} cy={y} r={5} class={`series-${index}`} />
    </svg>
  )
}

function Readout({
  place,
  nameOf,
}: {
  readonly place: CurvePoint | null
  readonly nameOf: (id: string) => string
}) {
  if (place === null) {
    return (
      <span class="readout soft">Point at a curve, or use the arrow keys, to see what stands behind it.</span>
    )
  }
  return (
    <span class="readout" aria-live="polite">
      <strong>{nameOf(place.series)}</strong> {place.title}
      <br />
      {place.detail}
    </span>
  )
}

interface KeyProps {
  readonly points: readonly CurvePoint[]
  readonly banded: string | null
}

function Key({ points, banded }: KeyProps) {
  const measured = points.some(point => point.kind === 'measured')
  return (
    <p class="figure-key">
      {measured ? (
        <span>
          <svg width="10" height="10" aria-hidden="true">
            <circle cx="5" cy="5" r="3.5" class="swatch-ring" />
          </svg>
          measured; small: a measured one is better
        </span>
      ) : null}
      {banded ? (
        <span>
          <svg width="14" height="10" aria-hidden="true">
            <rect width="14" height="10" class="swatch-band" />
          </svg>
          80 % error band of {banded}
        </span>
      ) : null}
    </p>
  )
}

function describe(
  points: readonly CurvePoint[],
  series: readonly string[],
  nameOf: (id: string) => string,
): string {
  return series
    .map(name => {
      const own = points.filter(point => point.series === name && point.kind === 'predicted')
      const [slow, fast] = [own[0], own.at(-1)]
      return slow && fast
        ? `${nameOf(name)} from ${slow.detail} to ${fast.detail}`
        : `${nameOf(name)}: nothing feasible`
    })
    .join('; ')
}
