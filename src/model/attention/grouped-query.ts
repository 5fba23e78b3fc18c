/** Multi-head, grouped-query and multi-query attention (Ainslie et al. 2023, arXiv:2305.13245). */
import type { SparseSelection } from '../architecture.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { AttentionPart } from '../layer.ts'

export interface GroupedQueryShape {
  readonly hiddenSize: number
  readonly queryHeads: number
  readonly keyValueHeads: number
  readonly keyHeadDimension: number
  readonly valueHeadDimension: number
  readonly windowTokens: number | null
  readonly keysAreValues?: boolean
  readonly sparse?: SparseSelection | null
  readonly queryKeyValueBias?: boolean
  readonly outputBias?: boolean
  /** Sigmoid gate on the attention output: one value per head, or per element (Qwen3-Next, Muse). */
  readonly outputGate?: 'none' | 'per-head' | 'per-element'
  /** Norm of queries and keys: over one head's dimension, or with weights for the full width (OLMo 2, MiniMax M2). */
  readonly queryKeyNorm?: 'none' | 'head' | 'full'
  /** One learned sink logit per head (gpt-oss). */
  readonly sinks?: boolean
}

/** Parameters: d·e·(h + 2g) + h·e_v·d, plus biases, gate and norms. */
export function groupedQueryPart(shape: GroupedQueryShape): AttentionPart {
  const queries = shape.queryHeads * shape.keyHeadDimension
  const keys = shape.keyValueHeads * shape.keyHeadDimension
  const values = shape.keysAreValues === true ? 0 : shape.keyValueHeads * shape.valueHeadDimension
  const outputs = shape.queryHeads * shape.valueHeadDimension
  const gate =
    shape.outputGate === 'per-element' ? outputs : shape.outputGate === 'per-head' ? shape.queryHeads : 0
  const norms =
    shape.queryKeyNorm === 'head'
      ? 2 * shape.keyHeadDimension
      : shape.queryKeyNorm === 'full'
        ? queries + keys
        : 0
  const biases =
    (shape.queryKeyValueBias === true ? queries + keys + values : 0) +
    (shape.outputBias === true ? shape.hiddenSize : 0)
  return {
    attention: {
      kind: 'gqa',
      queryHeads: shape.queryHeads,
      keyValueHeads: shape.keyValueHeads,
      keyHeadDimension: shape.keyHeadDimension,
      valueHeadDimension: shape.valueHeadDimension,
      windowTokens: shape.windowTokens,
      keysAreValues: shape.keysAreValues === true,
      sparse: shape.sparse ?? null,
    },
    sharded: shape.hiddenSize * (queries + keys + values + gate) + outputs * shape.hiddenSize,
    replicated: 0,
    other: norms + biases + (shape.sinks === true ? shape.queryHeads : 0),
  }
}

/** Heads and head dimension under their usual names, checked against each other. */
export function readHeads(
  text: ConfigFields,
  hiddenSize: number,
): { queryHeads: number; keyValueHeads: number; headDimension: number } {
  const queryHeads = text.count('num_attention_heads')
  const keyValueHeads = text.optionalCount('num_key_value_heads') ?? queryHeads
  checkHeadGroups(text, queryHeads, keyValueHeads)
  return { queryHeads, keyValueHeads, headDimension: readHeadDimension(text, hiddenSize, queryHeads) }
}

export function checkHeadGroups(
  text: ConfigFields,
  queryHeads: number,
  keyValueHeads: number,
  name = 'num_key_value_heads',
): void {
  if (queryHeads % keyValueHeads !== 0) {
    text.fail(name, `is ${keyValueHeads}, which does not divide num_attention_heads ${queryHeads}`)
  }
}

export function readHeadDimension(text: ConfigFields, hiddenSize: number, queryHeads: number): number {
  const explicit = text.optionalCount('head_dim', 'attention_head_dim')
  if (explicit !== null) {
    if (explicit > 65_536) text.fail('head_dim', `is ${explicit}, larger than any model has`)
    return explicit
  }
  if (hiddenSize % queryHeads !== 0) {
    text.fail('num_attention_heads', `is ${queryHeads}, which does not divide hidden_size ${hiddenSize}`)
  }
  return hiddenSize / queryHeads
}
