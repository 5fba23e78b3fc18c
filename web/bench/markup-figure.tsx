/** A figure of src/report, which escapes every text in it, in the page's frame, with its numbers as CSV. */
import type { Markup } from '../../src/report/markup.ts'
import { FigureFrame } from '../figures/figure-frame.tsx'

interface MarkupFigureProps {
  /** Null: there is nothing to draw. */
  readonly figure: Markup | null
  readonly title: string
  readonly file: string
  readonly caption?: string
  readonly csv: () => readonly (readonly (string | number | null)[])[]
}

export function MarkupFigure({ figure, title, file, caption, csv }: MarkupFigureProps) {
  if (figure === null) return null
  return (
    <FigureFrame title={title} file={file} csv={csv} caption={caption}>
      <div dangerouslySetInnerHTML={{ __html: figure.html }} />
    </FigureFrame>
  )
}
