/** The physics that row hygiene needs: asked for through a narrow interface, so that the rules stay pure and testable. */
import type { Accelerator } from '../../catalog/types.ts'
import type { ModelArchitecture } from '../../model/architecture.ts'
import { type ComputeClass, computeClass } from '../../model/number-format.ts'
import type { Engine, Parallelism, Precision } from '../../perf/deployment.ts'
import { rankFeatures } from '../../perf/rank-features.ts'

/** Every answer is null when the model or accelerator is unknown; the rule is then not applied. */
export interface RowPhysics {
  layers(modelId: string): number | null
  /** Active parameters that a token is multiplied with: without the input embedding, which is looked up. */
  matrixParameters(modelId: string): number | null
  isMixtureOfExperts(modelId: string): boolean | null
  /** Least seconds of one decode step of `sequences` tokens: weights a rank reads at full memory bandwidth. */
  weightSeconds(question: WeightQuestion): number | null
  /** Devices that the weights need at least, a power of two. */
  leastDevices(modelId: string, acceleratorId: string, precision: Precision, engine: Engine): number | null
  /** Highest dense peak among the formats of a precision, FLOP/s per device. */
  peakFlopsPerSecond(acceleratorId: string, precision: Precision): number | null
}

export interface WeightQuestion {
  readonly modelId: string
  readonly acceleratorId: string
  readonly parallelism: Parallelism
  readonly precision: Precision
  readonly engine: Engine
  readonly sequences: number
}

/** What engines leave to weights at most; DeepSeek-R1 in fp8 did run on four devices of 199 GB. */
const weightsShareOfMemory = 0.92

/** Row physics from look-ups of architectures and accelerators (null = unknown). */
export function rowPhysicsFrom(
  architectureOf: (modelId: string) => ModelArchitecture | null,
  acceleratorOf: (acceleratorId: string) => Accelerator | null,
): RowPhysics {
  return {
    layers: modelId => architectureOf(modelId)?.layers ?? null,
    matrixParameters: modelId => {
      const architecture = architectureOf(modelId)
      return architecture && matrixParameters(architecture)
    },
    isMixtureOfExperts: modelId =>
      architectureOf(modelId)?.layerGroups.some(group => group.feedForward.kind === 'moe') ?? null,
    weightSeconds: question => {
      const architecture = architectureOf(question.modelId)
      const accelerator = acceleratorOf(question.acceleratorId)
      if (architecture === null || accelerator === null) return null
      return stepWeightBytes(architecture, question) / accelerator.memoryBandwidthBytesPerSecond
    },
    leastDevices: (modelId, acceleratorId, precision, engine) => {
      const architecture = architectureOf(modelId)
      const accelerator = acceleratorOf(acceleratorId)
      if (architecture === null || accelerator === null) return null
      const one = { tensor: 1, pipeline: 1, attentionData: 1, expert: 1 }
      const bytes = rankFeatures(architecture, precision, one, engine).residentWeightBytes
      const devices = bytes / (weightsShareOfMemory * accelerator.memoryBytes)
      return 2 ** Math.max(0, Math.ceil(Math.log2(devices)))
    },
    peakFlopsPerSecond: (acceleratorId, precision) => {
      const peaks = acceleratorOf(acceleratorId)?.peakFlopsPerSecond
      if (peaks === undefined) return null
      const formats = [precision.attention, precision.denseFeedForward, precision.routedExperts]
      const known = formats
        .map(format => fastestUpTo(peaks, computeClass(format, peaks.fp4 !== null)))
        .filter(peak => peak !== null)
      return known.length === 0 ? null : Math.max(...known)
    },
  }
}

/** A format without a hardware path runs at the next wider one's rate. */
function fastestUpTo(peaks: Accelerator['peakFlopsPerSecond'], wanted: ComputeClass): number | null {
  if (wanted === 'fp4') return peaks.fp4 ?? peaks.fp8 ?? peaks.bf16
  return wanted === 'fp8' ? (peaks.fp8 ?? peaks.bf16) : peaks.bf16
}

/** Dense weights plus the local experts that so many tokens touch on average under even routing. */
function stepWeightBytes(architecture: ModelArchitecture, question: WeightQuestion): number {
  const features = rankFeatures(architecture, question.precision, question.parallelism, question.engine)
  const touched = features.experts.reduce((bytes, layer) => {
    const share = 1 - (1 - layer.expertsPerToken / layer.experts) ** question.sequences
    const local = layer.experts / question.parallelism.expert
    return bytes + layer.layers * local * share * layer.expertBytes
  }, 0)
  return (features.denseWeightBytes + touched) / question.parallelism.pipeline
}

function matrixParameters(architecture: ModelArchitecture): number {
  const { parameters, tiedEmbeddings, embeddingParameters } = architecture
  return parameters.active - (tiedEmbeddings ? 0 : embeddingParameters)
}
