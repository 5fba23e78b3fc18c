/**
 * Parameters of a vision tower as far as vision_config states them: patch embedding, position table and the usual
 * transformer blocks (four attention matrices, two feed-forward matrices, biases and norms). Projectors into the
 * language model are left out: each family has its own. Not in any total of the model.
 */
import type { ConfigFields } from './config-fields.ts'

/** Null when there is no vision section, or it does not state width, depth and feed-forward size. */
export function readVisionParameters(root: ConfigFields): number | null {
  const vision = root.raw('vision_config') === undefined ? null : root.section('vision_config')
  if (vision === null) return null
  const hidden = whole(vision, 'vt_hidden_size', 'hidden_size', 'embed_dim')
  const layers = whole(vision, 'vt_num_hidden_layers', 'num_hidden_layers', 'depth')
  const intermediate = whole(vision, 'vt_intermediate_size', 'intermediate_size')
  const patch = whole(vision, 'patch_size')
  if (hidden === null || layers === null || intermediate === null || patch === null) return null
  const attentionWidth = whole(vision, 'qkv_hidden_size') ?? hidden
  const channels = whole(vision, 'num_channels', 'in_channels') ?? 3
  const frames = whole(vision, 'temporal_patch_size', 'patch_temporal') ?? 1
  const image = whole(vision, 'image_size')
  const positions =
    whole(vision, 'num_position_embeddings', 'position_embedding_size') ??
    (image === null ? 0 : Math.floor(image / patch) ** 2)
  const block = 4 * hidden * attentionWidth + 2 * hidden * intermediate + 9 * hidden + intermediate
  return layers * block + channels * frames * patch * patch * hidden + positions * hidden
}

/** A vision section of an odd shape is no reason to refuse the language model. */
function whole(fields: ConfigFields, ...names: readonly string[]): number | null {
  const value = fields.raw(...names)
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : null
}
