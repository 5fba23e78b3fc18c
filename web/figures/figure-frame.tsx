/** What every figure has: a title, a caption, and three ways to take it along. */
import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { csvText } from './csv.ts'
import { download, pngBlob, svgText } from './save-figure.ts'

interface FigureFrameProps {
  readonly title: string
  readonly caption?: ComponentChildren
  /** Name of saved files, without ending. */
  readonly file: string
  /** Header first. */
  readonly csv: () => readonly (readonly (string | number | null)[])[]
  /** Of what is no drawing itself, as on a canvas: the drawing to be saved. */
  readonly picture?: () => string
  /** Drawn from a question that is not the newest. */
  readonly stale?: boolean
  readonly children: ComponentChildren
}

export function FigureFrame({
  title,
  caption,
  file,
  csv,
  picture,
  stale = false,
  children,
}: FigureFrameProps) {
  const body = useRef<HTMLDivElement>(null)
  const [failed, setFailed] = useState(false)
  const save = (form: 'svg' | 'png' | 'csv') => {
    saved(form, body.current, title, csv, picture).then(
      content => {
        setFailed(false)
        download(`${file}.${form}`, content)
      },
      () => setFailed(true),
    )
  }
  return (
    <figure class={stale ? 'stale' : undefined}>
      <div class="figure-head">
        <h3>{title}</h3>
        <span class="save">
          {(['svg', 'png', 'csv'] as const).map(form => (
            <button
              key={form}
              type="button"
              class="quiet"
              aria-label={`Save “${title}” as ${form.toUpperCase()}`}
              onClick={() => save(form)}
            >
              {form.toUpperCase()}
            </button>
          ))}
        </span>
      </div>
      <div ref={body}>{children}</div>
      {failed ? <p role="alert">The figure could not be saved.</p> : null}
      {caption ? <figcaption>{caption}</figcaption> : null}
    </figure>
  )
}

async function saved(
  form: 'svg' | 'png' | 'csv',
  body: HTMLElement | null,
  title: string,
  csv: FigureFrameProps['csv'],
  picture: FigureFrameProps['picture'],
): Promise<Blob> {
  if (form === 'csv') return new Blob([csvText(csv())], { type: 'text/csv' })
  // Styles are those of the page, so what is drawn only for the file stands in it for a moment.
  const passing = document.createElement('div')
  if (picture) {
    passing.className = 'hidden'
    passing.innerHTML = picture()
    body?.append(passing)
  }
  try {
    return await drawn(form, body, title)
  } finally {
    passing.remove()
  }
}

async function drawn(form: 'svg' | 'png', body: HTMLElement | null, title: string): Promise<Blob> {
  const figure = body?.querySelector<SVGSVGElement>('svg.figure')
  if (!figure) throw new Error('nothing is drawn')
  return form === 'png'
    ? pngBlob(figure, title)
    : new Blob([svgText(figure, title)], { type: 'image/svg+xml' })
}
