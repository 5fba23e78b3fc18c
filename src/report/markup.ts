/** HTML and SVG as strings. Text and attributes are always escaped; only Markup is put in as it is. */

/** Text that is already HTML. */
export interface Markup {
  readonly html: string
}

export type Child = Markup | string | number | null

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, character => escapes[character]!)
}

/** Elements without an end tag. */
const voidElements = new Set(['meta', 'br', 'hr'])

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | null>> = {},
  ...children: readonly Child[]
): Markup {
  const attributeText = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ` ${key}="${escapeText(typeof value === 'number' ? shortNumber(value) : value!)}"`)
    .join('')
  if (voidElements.has(name)) return { html: `<${name}${attributeText}>` }
  return { html: `<${name}${attributeText}>${join(children).html}</${name}>` }
}

/** Children one after another. */
export function join(children: readonly Child[], separator = ''): Markup {
  return {
    html: children
      .filter(child => child !== null)
      .map(child => (typeof child === 'object' ? child.html : escapeText(String(child))))
      .join(separator),
  }
}

/** Two decimals are enough for a coordinate. */
function shortNumber(value: number): string {
  return String(Math.round(value * 100) / 100)
}
