/**
 * Parallel layouts an engine accepts for a model on a device, smallest first: all of them, not a sample.
 *
 *   dense models   TP in powers of two, PP where links are slow or one domain is too small
 *   mixture of experts, in addition: EP over all ranks, attention-DP × EP, attention-DP with sharded experts
 *
 * Rules by engine: vLLM's --enable-expert-parallel always spans TP × DP ranks; TensorRT-LLM's enable_attention_dp uses
 * every TP rank as its own attention group; SGLang's --dp-size divides --tp-size.
 */
import type { Accelerator } from '../../catalog/types.ts'
import type { ModelArchitecture } from '../../model/architecture.ts'
import { devicesPerReplica, type Engine, type Parallelism } from '../../perf/deployment.ts'
import { hasExperts } from './precision-presets.ts'

/** Ranks of one replica beyond which no engine is deployed today; DeepSeek's own service uses up to 144 (320 at most). */
const mostRanks = 64
/** Tensor parallelism beyond this splits matrices too thin to gain: nothing beyond TP16 was measured. */
const mostTensor = 16
/** NVLink, Infinity Fabric …; below this per device and direction, links count as slow (PCIe 5 x16 is 64 GB/s). */
const fastLinkBytesPerSecond = 100e9

export interface LayoutLimits {
  /** Devices of the whole deployment at most. */
  readonly maximumDevices: number
  /** Bytes of all weights: layouts that cannot hold them, or spread them absurdly thin, are left out. */
  readonly weightBytes: number
}

export function layoutsFor(
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  engine: Engine,
  limits: LayoutLimits,
): Parallelism[] {
  const experts = expertCount(architecture)
  const fewest = limits.weightBytes / accelerator.memoryBytes
  const domain = accelerator.scaleUp.domainDevices
  const found: Parallelism[] = []
  for (let ranks = 1; ranks <= Math.min(mostRanks, limits.maximumDevices); ranks *= 2) {
    if (ranks < fewest) continue
    const tooThin = ranks > 8 && ranks > 16 * fewest
    const crossesDomain = ranks > domain
    // Across the scale-out network only when one domain is (nearly) too small for the weights.
    if (tooThin || (crossesDomain && (accelerator.scaleOutBytesPerSecond === null || fewest * 2 < domain)))
      continue
    for (const layout of layoutsOf(ranks, experts, engine, accelerator)) {
      if (acceptable(layout, architecture, experts, domain)) found.push(layout)
    }
  }
  return found
}

function layoutsOf(ranks: number, experts: number, engine: Engine, accelerator: Accelerator): Parallelism[] {
  const layouts: Parallelism[] = [{ tensor: ranks, pipeline: 1, attentionData: 1, expert: 1 }]
  const slowLinks =
    accelerator.scaleUp.domainDevices === 1 ||
    accelerator.scaleUp.bandwidthBytesPerSecond < fastLinkBytesPerSecond
  const crossesDomain = ranks > accelerator.scaleUp.domainDevices
  for (const pipeline of [2, 4, 8]) {
    if (pipeline > ranks || !(slowLinks || crossesDomain)) continue
    layouts.push({ tensor: ranks / pipeline, pipeline, attentionData: 1, expert: 1 })
  }
  if (experts === 0 || ranks === 1) return layouts
  layouts.push({ tensor: ranks, pipeline: 1, attentionData: 1, expert: ranks })
  layouts.push({ tensor: 1, pipeline: 1, attentionData: ranks, expert: ranks })
  if (ranks <= 8) layouts.push({ tensor: 1, pipeline: 1, attentionData: ranks, expert: 1 })
  if (engine !== 'trtllm' && ranks >= 8) {
    layouts.push({ tensor: 2, pipeline: 1, attentionData: ranks / 2, expert: ranks })
    layouts.push({ tensor: 4, pipeline: 1, attentionData: ranks / 4, expert: ranks })
  }
  return layouts
}

function acceptable(
  layout: Parallelism,
  architecture: ModelArchitecture,
  experts: number,
  domain: number,
): boolean {
  const { tensor, pipeline, expert } = layout
  if (tensor > mostTensor || pipeline > architecture.layers) return false
  // An all-reduce per layer over the scale-out network is never worth it: pipeline or expert parallelism is.
  if (tensor > domain && tensor > 8) return false
  if (expert > 1 && experts % expert !== 0) return false
  return architecture.layerGroups.every(({ attention }) =>
    attention.kind === 'gqa' || attention.kind === 'mla' ? attention.queryHeads % tensor === 0 : true,
  )
}

function expertCount(architecture: ModelArchitecture): number {
  if (!hasExperts(architecture)) return 0
  const counts = architecture.layerGroups.flatMap(({ feedForward }) =>
    feedForward.kind === 'moe' ? [feedForward.experts] : [],
  )
  return Math.min(...counts)
}

/** `tp4`, `tp2pp2`, `dp8ep8`: for ids; devices of one replica follow from it. */
export function layoutId(layout: Parallelism): string {
  const part = (name: string, size: number) => (size > 1 ? `${name}${size}` : '')
  const id =
    part('tp', layout.tensor) +
    part('pp', layout.pipeline) +
    part('dp', layout.attentionData) +
    part('ep', layout.expert)
  return devicesPerReplica(layout) === 1 ? 'tp1' : id
}
