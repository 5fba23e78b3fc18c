/**
 * What a model is, from its config.json: parameters, layers, cache and state. Answers from the file alone; assumes
 * the class behaves as its Hugging Face implementation does. See docs/models/architecture-of-a-model.md.
 */
export type * from './architecture.ts'
export {
  keyValueBytesPerToken,
  keyValueBytesPerTokenByPart,
  keyValueCacheBytes,
  type LayerCacheElements,
  layerCacheBytes,
  layerCacheElements,
  perSequenceStateBytes,
} from './kv-cache.ts'
export { bytesPerElement, type ComputeClass, computeClass } from './number-format.ts'
export { type ParseOptions, parseModelConfig } from './parse-model-config.ts'
export { type ModelSummary, summariseModel } from './summarise.ts'
