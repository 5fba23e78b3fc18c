/**
 * Module names as quantisation sections write them: exact names, prefixes, globs (ModelOpt, gpt-oss) and regular
 * expressions after "re:" (compressed-tensors). Decides which parts of the model a list leaves unquantised.
 */
import { TokenwrightError } from '../../core/errors.ts'

/** Parts of the model whose format is told apart. */
export type Part = 'attention' | 'denseFeedForward' | 'routedExperts' | 'sharedExperts'

/** Representative modules of each part, relative to a layer, under the names different classes give them. */
export const partModules: Readonly<Record<Part, readonly (readonly string[])[]>> = {
  attention: [
    [
      'self_attn.q_proj',
      'self_attn.qkv_proj',
      'self_attn.q_b_proj',
      'attn.wq_b',
      'mixer.q_proj',
      'attention.q_proj',
    ],
    [
      'self_attn.o_proj',
      'attn.wo_b',
      'linear_attn.out_proj',
      'mixer.o_proj',
      'mixer.out_proj',
      'attention.o_proj',
    ],
  ],
  denseFeedForward: [
    ['mlp.gate_proj', 'mlp.up_proj', 'mlp.gate_up_proj', 'feed_forward.gate_proj', 'mixer.up_proj'],
    ['mlp.down_proj', 'feed_forward.down_proj', 'mixer.down_proj'],
  ],
  routedExperts: [
    [
      'mlp.experts.0.gate_proj',
      'mlp.experts.0.up_proj',
      'mlp.experts.gate_up_proj',
      'block_sparse_moe.experts.0.w1',
      'feed_forward.experts.gate_up_proj',
      'mixer.experts.0.up_proj',
      'ffn.experts.0.w1',
    ],
  ],
  sharedExperts: [
    [
      'mlp.shared_experts.gate_proj',
      'mlp.shared_experts.down_proj',
      'mlp.shared_expert.gate_proj',
      'mlp.shared_expert.down_proj',
      'block_sparse_moe.shared_experts.gate_proj',
      'feed_forward.shared_expert.gate_proj',
      'mixer.shared_experts.up_proj',
      'ffn.shared_experts.w1',
    ],
  ],
}

const layerPrefixes = [
  'model.layers.',
  'model.language_model.layers.',
  'language_model.model.layers.',
  'backbone.layers.',
] as const

export type ModuleMatcher = (moduleName: string) => boolean

/** One entry of a list of modules as a predicate on full names. */
export function moduleMatcher(entry: string, where: string): ModuleMatcher {
  if (entry.startsWith('re:')) {
    const pattern = compile(entry.slice(3), where)
    return name => pattern.test(name)
  }
  if (entry.includes('*')) {
    const pattern = compile(entry.split('*').map(escapePattern).join('.*'), where)
    return name => pattern.test(name)
  }
  // "model.layers.0.mlp" names a subtree; a bare word ("gate", "self_attn") names every module so called.
  return name => name === entry || name.startsWith(`${entry}.`) || `.${name}.`.includes(`.${entry}.`)
}

/**
 * Share of layers in which the list covers the part, between 0 and 1. A module counts as covered when the list names
 * it, or something above it, under any of the prefixes wrappers put before "layers".
 */
export function coverage(matchers: readonly ModuleMatcher[], part: Part, layers: number): number {
  if (matchers.length === 0 || layers === 0) return 0
  let covered = 0
  for (let layer = 0; layer < layers; layer++) {
    if (partModules[part].every(names => names.some(name => matchesAny(matchers, layer, name)))) covered++
  }
  return covered / layers
}

function matchesAny(matchers: readonly ModuleMatcher[], layer: number, name: string): boolean {
  return layerPrefixes.some(prefix => matchers.some(matches => matches(`${prefix}${layer}.${name}`)))
}

function compile(source: string, where: string): RegExp {
  try {
    return new RegExp(`^(?:${source})`)
  } catch {
    throw new TokenwrightError('model-config', `quantisation section: "${source}" is no regular expression`, {
      where,
      fix: 'module names that start with re: are regular expressions; take the config.json of the checkpoint unchanged',
    })
  }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
