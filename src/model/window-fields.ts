/** Which layers attend within a sliding window or local chunk, in the spellings configs use. */
import type { ConfigFields } from './config-fields.ts'

/**
 * Rule of a class for placing its windows when layer_types is absent. 'all': every layer (Mistral 7B). 'upper': layers
 * from max_window_layers on, if use_sliding_window (Qwen2, Qwen3). A number n: every n-th layer is full (Gemma 2: 2,
 * Gemma 3: 6). 'never': the class ignores the field. 'unknown': the class is not known, so a window is refused.
 */
export type WindowRule = 'all' | 'upper' | 'never' | 'unknown' | { readonly fullEvery: number }

const layerTypes = [
  'full_attention',
  'attention',
  'global_attention',
  'sliding_attention',
  'local_attention',
  'chunked_attention',
] as const

/** Window in tokens of each layer; null = every earlier token. */
export function readWindows(
  text: ConfigFields,
  layers: number,
  rule: WindowRule,
  maximumPositionTokens: number,
): readonly (number | null)[] {
  const all = (window: number | null) => new Array<number | null>(layers).fill(window)
  const types = text.perLayerWords(layers, 'layer_types', layerTypes)
  const pattern = text.raw('sliding_window_pattern', '_sliding_window_pattern')
  const useWindow = text.optionalBoolean('use_sliding_window')
  const from = text.optionalWhole('max_window_layers')
  const size = readWindowSize(text, maximumPositionTokens)
  const chunk = text.optionalCount('attention_chunk_size')
  if (types !== null) {
    return types.map((type, index) => {
      if (type === 'sliding_attention' || type === 'local_attention') return size(index)
      return type === 'chunked_attention' ? (chunk ?? size(index)) : null
    })
  }
  if (!text.has('sliding_window') || useWindow === false) return all(null)
  const window = size(0)
  if (window === null || rule === 'never') return all(null)
  if (pattern !== undefined) return patternWindows(text, layers, pattern, window)
  if (typeof rule === 'object') {
    return all(window).map((value, index) => ((index + 1) % rule.fullEvery === 0 ? null : value))
  }
  switch (rule) {
    case 'all':
      return all(window)
    case 'upper':
      // Only when use_sliding_window is true (Qwen2Config sets sliding_window to None otherwise).
      return useWindow === true
        ? all(window).map((value, index) => (index >= (from ?? 0) ? value : null))
        : all(null)
    case 'unknown':
      return text.fail(
        'sliding_window',
        'is set, but nothing says which layers it holds for and the class is not known',
        'add layer_types',
      )
  }
}

/** A window that reaches as far as the longest context never binds. */
function readWindowSize(text: ConfigFields, maximumPositionTokens: number): (layer: number) => number | null {
  const size = text.optionalCount('sliding_window')
  return layer => {
    if (size === null) text.fail('sliding_window', `is missing, but layer_types gives layer ${layer} one`)
    return size >= maximumPositionTokens ? null : size
  }
}

/** sliding_window_pattern: a number n (every n-th layer full), or letters repeated over the layers ("LLLG"). */
function patternWindows(
  text: ConfigFields,
  layers: number,
  pattern: unknown,
  window: number,
): readonly (number | null)[] {
  const indices = Array.from({ length: layers }, (_, index) => index)
  if (typeof pattern === 'string' && /^[LG]+$/.test(pattern)) {
    return indices.map(index => (pattern[index % pattern.length] === 'L' ? window : null))
  }
  if (typeof pattern !== 'number' || !Number.isInteger(pattern) || pattern < 1) {
    return text.fail('sliding_window_pattern', 'must be a positive whole number or letters L and G')
  }
  return indices.map(index => ((index + 1) % pattern === 0 ? null : window))
}
