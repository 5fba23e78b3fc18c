/** Saves a figure as it is seen: SVG with its styles written in, PNG at twice its size, its numbers as CSV. */

/** What a style sheet may have set, and a file without one needs. */
const kept = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'stroke-linecap',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'font-variant-numeric',
  'text-anchor',
  'paint-order',
  'visibility',
] as const

const margin = 12

/** The figure alone on its background, with its title above. */
export function svgText(figure: SVGSVGElement, title: string): string {
  const copy = figure.cloneNode(true) as SVGSVGElement
  inlineStyles(figure, copy)
  for (const passing of copy.querySelectorAll('[data-passing]')) passing.remove()
  const { width, height } = figure.viewBox.baseVal
  const head = 28
  const style = getComputedStyle(document.body)
  const outer = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  outer.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  outer.setAttribute('width', String(width + 2 * margin))
  outer.setAttribute('height', String(height + head + 2 * margin))
  outer.append(
    shape('rect', { width: '100%', height: '100%', fill: style.backgroundColor }),
    shape(
      'text',
      {
        x: margin,
        y: margin + 14,
        'font-size': 14,
        'font-weight': 600,
        fill: style.color,
        'font-family': 'sans-serif',
      },
      title,
    ),
    copy,
  )
  copy.setAttribute('x', String(margin))
  copy.setAttribute('y', String(margin + head))
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  return new XMLSerializer().serializeToString(outer)
}

export async function pngBlob(figure: SVGSVGElement, title: string, scale = 2): Promise<Blob> {
  const text = svgText(figure, title)
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width * scale
    canvas.height = image.height * scale
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((resolve, reject) =>
      canvas.toBlob(
        blob => (blob ? resolve(blob) : reject(new Error('the picture is too large'))),
        'image/png',
      ),
    )
  } finally {
    URL.revokeObjectURL(url)
  }
}

export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

function inlineStyles(from: Element, to: Element): void {
  const computed = getComputedStyle(from)
  for (const name of kept) to.setAttribute(name, computed.getPropertyValue(name))
  for (const [index, child] of [...from.children].entries()) inlineStyles(child, to.children[index]!)
}

function shape(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value))
  if (text !== undefined) element.textContent = text
  return element
}
