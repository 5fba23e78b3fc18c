/**
 * Reads a Hugging Face config.json into the architecture that perf/ works from. Pure: text in, value out. Whatever is
 * not understood is refused with an error that names the field; nothing is guessed.
 */
import { TokenwrightError } from '../core/errors.ts'
import type { ModelArchitecture } from './architecture.ts'
import { ConfigFields } from './config-fields.ts'
import { translateInferenceFormat } from './families/deepseek-inference-format.ts'
import { findReader } from './families/registry.ts'
import { activeLayerParameterCount, groupLayers, layerParameterCount } from './layer.ts'
import { isJsonObject, parseLenientJson } from './lenient-json.ts'
import { readCheckpointFormats } from './quantisation/checkpoint-formats.ts'
import type { TextModel } from './text-model.ts'
import { refuseUnknownStructure } from './unknown-structure.ts'
import { readVisionParameters } from './vision-parameters.ts'

export interface ParseOptions {
  /** Text of the hf_quant_config.json beside the config (NVIDIA ModelOpt checkpoints). */
  readonly quantConfigText?: string
  /** Name of the file, for error messages. */
  readonly where?: string
}

/** Sections in which multimodal wrappers keep their language model. */
const languageSections = ['text_config', 'language_config', 'llm_config'] as const

/** More parameters than this and a number in the file is taken to be wrong. */
const maximumParameters = 1e14

/**
 * @param text contents of config.json (Infinity and NaN are accepted, as Python writes them)
 * @throws TokenwrightError with code 'model-config' naming the field that is missing, wrong or not understood
 */
export function parseModelConfig(text: string, options: ParseOptions = {}): ModelArchitecture {
  const where = options.where ?? 'config.json'
  const parsed = parseLenientJson(text, where)
  const object = translateInferenceFormat(parsed) ?? parsed
  if (!isJsonObject(object)) {
    throw new TokenwrightError('model-config', 'the config must be a JSON object', {
      where,
      fix: 'give the config.json of the checkpoint: it starts with { and names "architectures" and "hidden_size"',
    })
  }
  const root = new ConfigFields(object, '', where)
  if (root.boolean('is_encoder_decoder', false)) {
    root.refuse('is_encoder_decoder', 'is true; encoder-decoder models are not understood')
  }
  const language = languageSection(root)
  const { reader, modelType, unknownClass, className } = findReader(language, root)
  const model = reader({ text: language, root, modelType, unknownClass })
  const formats = readCheckpointFormats(language, root, model.layers.length, options.quantConfigText, where)
  const visionParameters = readVisionParameters(root)
  refuseUnknownStructure(language, unknownClass, className)
  const parameters = countParameters(model)
  if (!(parameters.total > 0 && parameters.total < maximumParameters)) {
    root.fail('hidden_size', `together with the other sizes gives ${parameters.total} parameters`)
  }
  return {
    className,
    family: model.family,
    hiddenSize: model.hiddenSize,
    vocabularySize: model.vocabularySize,
    maximumPositionTokens: model.maximumPositionTokens,
    layerGroups: groupLayers(model.layers),
    layers: model.layers.length,
    embeddingParameters: model.embeddingParameters,
    headParameters: model.headParameters,
    tiedEmbeddings: model.tiedEmbeddings,
    multiTokenPrediction: model.multiTokenPrediction,
    visionParameters,
    parameters,
    checkpointFormats: formats.weights,
    checkpointKvFormat: formats.keyValue,
  }
}

function languageSection(root: ConfigFields): ConfigFields {
  for (const name of languageSections) {
    const section = root.section(name)
    if (section !== null) return section
  }
  // Qwen2.5-Omni and Qwen3-Omni: the thinker holds the language model.
  return root.section('thinker_config')?.section('text_config') ?? root
}

/**
 * Total without MTP modules and vision towers. Active: everything one token touches, both embedding matrices counted
 * (gpt-oss: without the input embedding, as its publisher counts).
 */
function countParameters(model: TextModel): { total: number; active: number } {
  const outside = model.embeddingParameters + model.headParameters + model.otherParameters
  let total = outside
  let active = outside - (model.embeddingIsActive ? 0 : model.embeddingParameters)
  for (const layer of model.layers) {
    total += layerParameterCount(layer.parameters)
    active += activeLayerParameterCount(layer)
  }
  return { total, active: Math.round(active) }
}
