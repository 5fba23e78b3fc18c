/** What all figures share: the frame with an accessible title, text and their measure. Colours come from the page's CSS. */
import { type Child, element, type Markup } from './markup.ts'

export interface FigureFrame {
  readonly width: number
  readonly height: number
  /** Read out by screen readers. */
  readonly title: string
  readonly description: string
}

export function svgFigure(frame: FigureFrame, ...children: readonly Child[]): Markup {
  return element(
    'svg',
    {
      viewBox: `0 0 ${frame.width} ${frame.height}`,
      role: 'img',
      'aria-label': `${frame.title}. ${frame.description}`,
      class: 'figure',
    },
    element('title', {}, frame.title),
    element('desc', {}, frame.description),
    ...children,
  )
}

export function svgText(
  x: number,
  y: number,
  text: string,
  options: { readonly class?: string; readonly anchor?: 'start' | 'middle' | 'end' } = {},
): Markup {
  return element('text', { x, y, 'text-anchor': options.anchor ?? null, class: options.class ?? null }, text)
}

/** Approximate width of a label in figure units; system fonts average a little over half their size. */
export function labelWidth(text: string, fontSize: number): number {
  return text.length * fontSize * 0.6
}
