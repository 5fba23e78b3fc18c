/** A layer under construction: the attention part and the feed-forward part, each with its parameters. */
import type { Attention, FeedForward, LayerGroup, LayerParameters } from './architecture.ts'

export interface AttentionPart {
  readonly attention: Attention
  /** Parameters that tensor parallelism splits by heads. */
  readonly sharded: number
  /** Parameters every rank holds whole. */
  readonly replicated: number
  /** Norms, biases, gates of a scalar per head. */
  readonly other: number
}

export interface FeedForwardPart {
  readonly feedForward: FeedForward
  readonly dense: number
  readonly routed: number
  readonly shared: number
  readonly router: number
  readonly other: number
}

export interface Layer {
  readonly attention: Attention
  readonly feedForward: FeedForward
  readonly parameters: LayerParameters
}

export const noAttention: AttentionPart = {
  attention: { kind: 'none' },
  sharded: 0,
  replicated: 0,
  other: 0,
}

export const noFeedForward: FeedForwardPart = {
  feedForward: { kind: 'none' },
  dense: 0,
  routed: 0,
  shared: 0,
  router: 0,
  other: 0,
}

/** Joins the parts; `norms` are the parameters of the layer's own normalisations. */
export function joinLayer(attention: AttentionPart, feedForward: FeedForwardPart, norms: number): Layer {
  return {
    attention: attention.attention,
    feedForward: feedForward.feedForward,
    parameters: {
      attentionSharded: attention.sharded,
      attentionReplicated: attention.replicated,
      denseFeedForward: feedForward.dense,
      routedExperts: feedForward.routed,
      sharedExperts: feedForward.shared,
      router: feedForward.router,
      other: attention.other + feedForward.other + norms,
    },
  }
}

/** All parameters of a layer. */
export function layerParameterCount(parameters: LayerParameters): number {
  return (
    parameters.attentionSharded +
    parameters.attentionReplicated +
    parameters.denseFeedForward +
    parameters.routedExperts +
    parameters.sharedExperts +
    parameters.router +
    parameters.other
  )
}

/** Parameters that one token touches: of the routed experts only its own. */
export function activeLayerParameterCount(layer: Layer): number {
  const all = layerParameterCount(layer.parameters)
  if (layer.feedForward.kind !== 'moe') return all
  const { experts, expertsPerToken } = layer.feedForward
  return all - layer.parameters.routedExperts * (1 - expertsPerToken / experts)
}

/** Gathers equal layers, in order of first appearance. */
export function groupLayers(layers: readonly Layer[]): readonly LayerGroup[] {
  const groups = new Map<string, { count: number; layer: Layer }>()
  for (const layer of layers) {
    const key = JSON.stringify(layer)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { count: 1, layer })
    else group.count++
  }
  return [...groups.values()].map(({ count, layer }) => ({ count, ...layer }))
}
