/** Mixture-of-experts fields under the many names configs give them, and which layers have experts. */
import type { ConfigFields } from './config-fields.ts'
import { maximumWidth } from './text-model.ts'

const expertCountNames = [
  'num_local_experts',
  'n_routed_experts',
  'num_experts',
  'moe_num_experts',
  'num_routed_experts',
] as const
const topExpertNames = [
  'num_experts_per_tok',
  'experts_per_token',
  'num_experts_per_token',
  'top_k_experts',
  'moe_topk',
  'moe_top_k',
  'moe_k',
] as const
const expertWidthNames = ['moe_intermediate_size', 'expert_intermediate_size'] as const
const sharedCountNames = [
  'n_shared_experts',
  'num_shared_experts',
  'num_shared_expert',
  'moe_num_shared_experts',
] as const
const sharedWidthNames = [
  'shared_expert_intermediate_size',
  'moe_shared_expert_intermediate_size',
  'shared_intermediate_size',
  'share_expert_dim',
] as const

export interface ExpertFields {
  readonly experts: number
  readonly expertsPerToken: number
  readonly expertIntermediateSize: number
  readonly sharedIntermediateSize: number
}

/** True when the config gives a number of routed experts above one. */
export function hasExperts(text: ConfigFields): boolean {
  const value = text.raw(...expertCountNames)
  if (value === undefined || value === 0) return false
  return Array.isArray(value) ? value.some(entry => entry !== 1 && entry !== 0) : value !== 1
}

/**
 * Experts of each layer. `widthFallback` is the field that holds the expert width when there is none of its own
 * (Mixtral, gpt-oss, Llama 4 and MiniMax M2 use intermediate_size).
 */
export function readExperts(
  text: ConfigFields,
  layers: number,
  widthFallback: string | null,
): readonly ExpertFields[] {
  const experts = required(text, layers, expertCountNames)
  const top = required(text, layers, topExpertNames)
  const widthNames = widthFallback === null ? expertWidthNames : [...expertWidthNames, widthFallback]
  const widths = required(text, layers, widthNames)
  const shared = readShared(text, layers, widths)
  return experts.map((count, index) => {
    const expertsPerToken = top[index] ?? 0
    const expertIntermediateSize = widths[index] ?? 0
    if (count < 1) text.fail(expertCountNames[0], `is ${count} in layer ${index}`)
    if (expertsPerToken < 1 || expertsPerToken > count) {
      text.fail('num_experts_per_tok', `is ${expertsPerToken}, must lie between 1 and the ${count} experts`)
    }
    if (expertIntermediateSize < 1 || expertIntermediateSize > maximumWidth) {
      text.fail('moe_intermediate_size', `is ${expertIntermediateSize} in layer ${index}`)
    }
    return {
      experts: count,
      expertsPerToken,
      expertIntermediateSize,
      sharedIntermediateSize: shared[index] ?? 0,
    }
  })
}

function required(text: ConfigFields, layers: number, names: readonly string[]): readonly number[] {
  return text.perLayerCount(layers, ...names) ?? new Array<number>(layers).fill(text.count(...names))
}

/** Width of all shared experts together: an explicit width if given, else count × expert width. */
function readShared(text: ConfigFields, layers: number, widths: readonly number[]): readonly number[] {
  const explicit = text.optionalWhole(...sharedWidthNames)
  if (explicit !== null) return new Array<number>(layers).fill(explicit)
  const value = text.raw(...sharedCountNames)
  if (value === undefined) return new Array<number>(layers).fill(0)
  const counts = Array.isArray(value)
    ? text.perLayerWholes(layers, sharedCountNames.find(name => text.has(name)) ?? '', true)
    : null
  const count = counts === null ? (text.optionalWhole(...sharedCountNames) ?? 0) : 0
  return widths.map((width, index) => (counts?.[index] ?? count) * width)
}

/** For each layer, whether its feed-forward block is a mixture of experts. */
export function expertLayers(text: ConfigFields, layers: number): readonly boolean[] {
  const indices = Array.from({ length: layers }, (_, index) => index)
  const words = text.perLayerWords(layers, 'mlp_layer_types', ['dense', 'sparse', 'moe'] as const)
  // Read the older fields too, so that they count as understood when mlp_layer_types restates them.
  const firstDense = text.optionalWhole('first_k_dense_replace', 'num_dense_layers', 'moe_layer_num_skipped')
  const frequency = text.raw('moe_layer_freq')
  const step = text.optionalCount('decoder_sparse_step')
  const denseOnly = new Set(text.optionalList('mlp_only_layers') ?? [])
  const interleave = text.optionalWhole('interleave_moe_layer_step')
  const explicit = listedLayers(text, 'moe_layers') ?? listedLayers(text, 'moe_layers_enum')
  const interval = intervalLayers(text, layers)
  if (words !== null) return words.map(word => word !== 'dense')
  if (explicit !== null) return indices.map(index => explicit.has(index))
  if (Array.isArray(frequency)) {
    const flags = text.perLayerWholes(layers, 'moe_layer_freq') ?? []
    return flags.map(flag => flag !== 0)
  }
  if (interval !== null) return interval
  if (interleave !== null && interleave > 0) return indices.map(index => (index + 1) % interleave === 0)
  const every = text.optionalCount('moe_layer_freq') ?? 1
  return indices.map(
    index =>
      index >= (firstDense ?? 0) &&
      index % every === 0 &&
      (index + 1) % (step ?? 1) === 0 &&
      !denseOnly.has(index),
  )
}

/** Layer numbers from a list, or from a comma-separated string (Step-3). */
function listedLayers(text: ConfigFields, name: string): ReadonlySet<number> | null {
  const value = text.raw(name)
  if (value === undefined) return null
  const entries = typeof value === 'string' ? value.split(',').map(Number) : value
  if (!Array.isArray(entries)) text.fail(name, 'must be a list of layer numbers')
  const numbers = new Set<number>()
  for (const entry of entries) {
    if (typeof entry !== 'number' || !Number.isInteger(entry) || entry < 0) {
      text.fail(name, 'must be a list of layer numbers')
    }
    numbers.add(entry)
  }
  return numbers
}

/** Ernie 4.5: experts from moe_layer_start_index to moe_layer_end_index, every moe_layer_interval layers. */
function intervalLayers(text: ConfigFields, layers: number): readonly boolean[] | null {
  const startValue = text.raw('moe_layer_start_index')
  if (startValue === undefined) return null
  const start = boundary(text, 'moe_layer_start_index', Math.min)
  const end = text.has('moe_layer_end_index') ? boundary(text, 'moe_layer_end_index', Math.max) : -1
  const interval = text.optionalCount('moe_layer_interval') ?? 1
  const last = end < 0 ? layers - 1 : end
  return Array.from(
    { length: layers },
    (_, index) => index >= start && index <= last && (index + 1) % interval === 0,
  )
}

function boundary(
  text: ConfigFields,
  name: string,
  choose: (...values: readonly number[]) => number,
): number {
  const value = text.raw(name)
  const values = Array.isArray(value) ? value : [value]
  return choose(
    ...values.map(entry => {
      if (typeof entry !== 'number' || !Number.isInteger(entry) || entry < -1) {
        text.fail(name, 'must be a layer number')
      }
      return entry
    }),
  )
}
