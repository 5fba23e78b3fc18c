/**
 * Precision presets that a device and an engine can run for a checkpoint: the checkpoint's own formats first, then what
 * quantisation offers. Which parts a preset touches follows the published checkpoints: NVIDIA's NVFP4 and OpenAI's MXFP4
 * mixture-of-experts models pack the experts and keep attention wider; FP8 covers every matrix but the head.
 */
import type { Accelerator } from '../../catalog/types.ts'
import type { ModelArchitecture, NumberFormat, WeightFormats } from '../../model/architecture.ts'
import type { Engine, Precision } from '../../perf/deployment.ts'

export const presetNames = ['bf16', 'fp8', 'nvfp4', 'mxfp4', 'int4'] as const
export type PresetName = (typeof presetNames)[number]

/** The preset whose weights a checkpoint ships: the format of most of its parameters. */
export function checkpointPreset(architecture: ModelArchitecture): PresetName {
  const formats = architecture.checkpointFormats
  const main = hasExperts(architecture) ? formats.routedExperts : formats.denseFeedForward
  return presetOf(main)
}

function presetOf(format: NumberFormat): PresetName {
  switch (format) {
    case 'fp32':
    case 'bf16':
      return 'bf16'
    case 'fp8':
    case 'fp8-block':
    case 'int8':
      return 'fp8'
    case 'nvfp4':
    case 'mxfp4':
    case 'int4':
      return format
  }
}

/** Presets to try, the checkpoint's own first. `wanted` restricts them; empty = all. */
export function precisionPresets(
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  engine: Engine,
  wanted: readonly string[],
): Precision[] {
  const native = checkpointPreset(architecture)
  const names = [native, ...presetNames.filter(name => name !== native && reachable(native, name))]
  return names
    .filter(name => wanted.length === 0 || wanted.includes(name))
    .filter(name => runsOn(name, name === native, accelerator, engine))
    .map(name => precisionFor(name, name === native, architecture, accelerator, engine))
}

/** Checkpoints are quantised further, never back: four-bit weights are served as they are. */
function reachable(native: PresetName, name: PresetName): boolean {
  if (native === 'bf16') return true
  if (native === 'fp8') return name === 'bf16' || name === 'nvfp4' || name === 'mxfp4'
  return false
}

/** Formats need hardware, except weight-only ones, which kernels unpack on any GPU (Marlin: vLLM docs/quantization). */
function runsOn(name: PresetName, native: boolean, accelerator: Accelerator, engine: Engine): boolean {
  const peak = accelerator.peakFlopsPerSecond
  const gpu = accelerator.vendor === 'NVIDIA' || accelerator.vendor === 'AMD'
  switch (name) {
    case 'bf16':
      return peak.bf16 !== null
    case 'fp8':
      return peak.fp8 !== null
    case 'nvfp4':
      return accelerator.vendor === 'NVIDIA' && peak.fp4 !== null
    case 'mxfp4':
      // Shipped MXFP4 experts run on any recent GPU; making MXFP4 checkpoints oneself is AMD's way (Quark).
      return native ? gpu && peak.bf16 !== null : accelerator.vendor === 'AMD' && peak.fp4 !== null
    case 'int4':
      return gpu && engine !== 'trtllm' && peak.bf16 !== null
  }
}

function precisionFor(
  name: PresetName,
  native: boolean,
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  engine: Engine,
): Precision {
  const weights = native ? architecture.checkpointFormats : quantised(name, architecture)
  const { attention, denseFeedForward, routedExperts, sharedExperts, head } = weights
  const keyValueCache = cacheFormat(name, architecture, accelerator, engine)
  return { preset: name, attention, denseFeedForward, routedExperts, sharedExperts, head, keyValueCache }
}

function quantised(name: PresetName, architecture: ModelArchitecture): WeightFormats {
  const wide: NumberFormat = 'bf16'
  const own = architecture.checkpointFormats
  if (name === 'bf16' || name === 'fp8') {
    const format: NumberFormat = name
    return {
      attention: format,
      denseFeedForward: format,
      routedExperts: format,
      sharedExperts: format,
      embedding: wide,
      head: wide,
    }
  }
  if (!hasExperts(architecture)) {
    return {
      attention: name,
      denseFeedForward: name,
      routedExperts: name,
      sharedExperts: name,
      embedding: wide,
      head: wide,
    }
  }
  return {
    attention: own.attention,
    denseFeedForward: own.denseFeedForward,
    routedExperts: name,
    sharedExperts: name === 'nvfp4' ? name : own.sharedExperts,
    embedding: wide,
    head: wide,
  }
}

/**
 * KV-cache format: what the checkpoint asks for, else bf16 beside bf16 weights and fp8 elsewhere where the device has it.
 * SGLang keeps bf16 unless asked (server_args kv_cache_dtype=auto), except for MLA on Blackwell.
 */
function cacheFormat(
  name: PresetName,
  architecture: ModelArchitecture,
  accelerator: Accelerator,
  engine: Engine,
): NumberFormat {
  if (accelerator.peakFlopsPerSecond.fp8 === null) return 'bf16'
  if (architecture.checkpointKvFormat !== null) return architecture.checkpointKvFormat
  if (name === 'bf16' || name === 'int4') return 'bf16'
  if (engine !== 'sglang') return 'fp8'
  const latent = architecture.layerGroups.some(group => group.attention.kind === 'mla')
  return latent && accelerator.generation.startsWith('blackwell') ? 'fp8' : 'bf16'
}

export function hasExperts(architecture: ModelArchitecture): boolean {
  return architecture.layerGroups.some(group => group.feedForward.kind === 'moe')
}
