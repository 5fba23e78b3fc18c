/** Step-3 (arXiv:2507.19427): multi-matrix factorisation attention, one key-value head, queries through a shared width. */
import { groupedQueryPart } from '../attention/grouped-query.ts'
import { expertLayers, readExperts } from '../expert-fields.ts'
import { densePart, expertsPart } from '../feed-forward.ts'
import { joinLayer } from '../layer.ts'
import {
  type ReaderInput,
  readLayerCount,
  readTiedEmbeddings,
  readWidth,
  type TextModel,
  vocabularyParameters,
} from '../text-model.ts'

export function readStep3(input: ReaderInput): TextModel {
  const { text } = input
  const hiddenSize = readWidth(text, 'hidden_size')
  const layerCount = readLayerCount(text)
  const vocabularySize = text.count('vocab_size')
  const queryHeads = text.count('num_attention_heads')
  const keyValueHeads = text.count('num_attention_groups')
  const dimension = text.count('head_dim')
  const shared = text.count('share_q_dim')
  const plain = groupedQueryPart({
    hiddenSize,
    queryHeads,
    keyValueHeads,
    keyHeadDimension: dimension,
    valueHeadDimension: dimension,
    windowTokens: null,
  })
  const queries = queryHeads * dimension
  const attention = {
    ...plain,
    sharded: plain.sharded - hiddenSize * queries + shared * queries,
    replicated: hiddenSize * shared,
    other: shared,
  }
  const mask = expertLayers(text, layerCount)
  const experts = readExperts(text, layerCount, null)
  const layers = mask.map((sparse, index) =>
    joinLayer(
      attention,
      sparse
        ? expertsPart({ hiddenSize, ...experts[index]!, gated: true })
        : densePart({ hiddenSize, intermediateSize: readWidth(text, 'intermediate_size'), gated: true }),
      2 * hiddenSize,
    ),
  )
  const tiedEmbeddings = readTiedEmbeddings(input, false)
  return {
    family: 'step3',
    hiddenSize,
    vocabularySize,
    maximumPositionTokens: text.count('max_position_embedding', 'max_position_embeddings', 'max_seq_len'),
    layers,
    tiedEmbeddings,
    ...vocabularyParameters(vocabularySize, hiddenSize, tiedEmbeddings),
    otherParameters: hiddenSize,
    multiTokenPrediction: null,
    embeddingIsActive: true,
  }
}
