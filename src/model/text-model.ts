/** What a family reader returns: the language model layer by layer, before equal layers are grouped. */
import type { ConfigFields } from './config-fields.ts'
import type { Layer } from './layer.ts'

export interface TextModel {
  readonly family: string
  readonly hiddenSize: number
  readonly vocabularySize: number
  readonly maximumPositionTokens: number
  readonly layers: readonly Layer[]
  readonly tiedEmbeddings: boolean
  /** Input embeddings incl. learned positions. */
  readonly embeddingParameters: number
  /** Output projection as stored: 0 when tied. */
  readonly headParameters: number
  /** Final norm and the like. */
  readonly otherParameters: number
  readonly multiTokenPrediction: { readonly layers: number; readonly parametersPerLayer: number } | null
  /** False where the publisher leaves the input embedding out of the active count (gpt-oss). */
  readonly embeddingIsActive: boolean
}

/** Everything a family reader may look at. */
export interface ReaderInput {
  /** Language model section. */
  readonly text: ConfigFields
  /** Whole file; the same object as `text` when there is no wrapper. */
  readonly root: ConfigFields
  readonly modelType: string
  /** True when the class is not in our table and only a plain decoder is acceptable. */
  readonly unknownClass: boolean
}

export type FamilyReader = (input: ReaderInput) => TextModel

/** Layers a config may have; deeper than any published model. */
export const maximumLayers = 2000

export function readLayerCount(text: ConfigFields, ...names: readonly string[]): number {
  const name = names.length === 0 ? ['num_hidden_layers'] : names
  const layers = text.count(...name)
  if (layers > maximumLayers) text.fail(name[0] ?? '', `is ${layers}; more than ${maximumLayers} layers`)
  return layers
}

/** Widths beyond this are taken to be mistakes (largest published: 53,248 of Llama 3.1 405B). */
export const maximumWidth = 2 ** 22

export function readWidth(text: ConfigFields, ...names: readonly string[]): number {
  const width = text.count(...names)
  if (width > maximumWidth) text.fail(names[0] ?? '', `is ${width}, larger than any model has`)
  return width
}

/**
 * tie_word_embeddings of the text section, else of the wrapper, else the class default.
 * Hugging Face leaves the field out when it equals the class default.
 */
export function readTiedEmbeddings(input: ReaderInput, classDefault: boolean | null): boolean {
  const value =
    input.text.optionalBoolean('tie_word_embeddings') ?? input.root.optionalBoolean('tie_word_embeddings')
  if (value !== null) return value
  if (classDefault === null) {
    input.text.fail('tie_word_embeddings', 'is missing, and the class is not one whose default is known')
  }
  return classDefault
}

/** Embedding and head of the usual kind: vocabulary × hidden each, the head absent when tied. */
export function vocabularyParameters(
  vocabularySize: number,
  hiddenSize: number,
  tied: boolean,
): { embeddingParameters: number; headParameters: number } {
  const matrix = vocabularySize * hiddenSize
  return { embeddingParameters: matrix, headParameters: tied ? 0 : matrix }
}
