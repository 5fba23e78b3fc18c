/**
 * A model with random weights that real engines run: Llama's architecture, 3.9 million parameters, a file of 8 MB for
 * llama.cpp. What it says is nonsense; prefill, decode, caches and batches are real. The same seed gives the same bytes.
 *
 *   node scripts/tiny-model.ts FILE.gguf [--seed 1]
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { RandomSource, type RandomStream } from '../src/core/random.ts'
import { type GgufTensor, type GgufValue, ggufFile } from './tiny-model/gguf.ts'
import { makeVocabulary } from './tiny-model/vocabulary.ts'

/** Chosen for a few milliseconds a token on one core; nothing else depends on them. */
const shape = {
  layers: 4,
  width: 256,
  heads: 8,
  keyValueHeads: 2,
  hidden: 704,
  vocabulary: 2048,
  context: 8192,
} as const

/**
 * The first of the numbers that make up a token is this in every embedding, and no layer writes to it: a constant that the
 * output can lean on. With it, specials and bytes are never said, and an answer ends after some hundred tokens.
 */
const constant = 4

/** Added to the logits of specials and bytes: e^-40 is never. */
const neverLogit = -40

/** That of the end: with logits spread as they are (standard deviation 1), about one token in 250 (60 answers of random seeds). */
const endLogit = 2.8

export const tinyModelName = 'tokenwright-tiny'

export function tinyModel(seed: string | number = 1): Buffer {
  const random = new RandomSource(seed)
  const vocabulary = makeVocabulary(shape.vocabulary)
  const { width, heads, keyValueHeads, hidden } = shape
  const headWidth = width / heads
  const keyValueWidth = headWidth * keyValueHeads
  // What normalisation makes of the constant: divided by the root mean square of a vector of the constant and noise.
  const normalised = constant / Math.sqrt((constant ** 2 + width - 1) / width)
  const matrix = (name: string, columns: number, rows: number, deviation: number): GgufTensor => ({
    name,
    dimensions: [columns, rows],
    precision: 'f16',
    values: uniform(random.stream(name), columns * rows, deviation),
  })
  const ones = (name: string): GgufTensor => ({
    name,
    dimensions: [width],
    precision: 'f32',
    values: new Float32Array(width).fill(1),
  })
  const embedding = matrix('token_embd.weight', width, shape.vocabulary, 1)
  for (let token = 0; token < shape.vocabulary; token++) embedding.values[token * width] = constant
  const output = matrix('output.weight', width, shape.vocabulary, 1 / Math.sqrt(width))
  for (let token = 0; token < shape.vocabulary; token++) {
    const logit = token === vocabulary.endId ? endLogit : token < vocabulary.firstPieceId ? neverLogit : 0
    output.values[token * width] = logit / normalised
  }
  const tensors: GgufTensor[] = [embedding, ones('output_norm.weight'), output]
  for (let layer = 0; layer < shape.layers; layer++) {
    const name = (part: string) => `blk.${layer}.${part}.weight`
    const into = 1 / Math.sqrt(width)
    tensors.push(
      ones(name('attn_norm')),
      matrix(name('attn_q'), width, width, into),
      matrix(name('attn_k'), width, keyValueWidth, into),
      matrix(name('attn_v'), width, keyValueWidth, into),
      // Half as loud as what comes in, so that the constant stays what it is among the noise.
      sparing(matrix(name('attn_output'), width, width, into / 2)),
      ones(name('ffn_norm')),
      matrix(name('ffn_gate'), width, hidden, into),
      matrix(name('ffn_up'), width, hidden, into),
      sparing(matrix(name('ffn_down'), hidden, width, 0.5 / Math.sqrt(hidden))),
    )
  }
  const number = (value: number): GgufValue => ({ type: 'uint32', value })
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.name', { type: 'string', value: tinyModelName }],
    ['general.alignment', number(32)],
    // MOSTLY_F16.
    ['general.file_type', number(1)],
    ['llama.context_length', number(shape.context)],
    ['llama.embedding_length', number(width)],
    ['llama.block_count', number(shape.layers)],
    ['llama.feed_forward_length', number(hidden)],
    ['llama.rope.dimension_count', number(headWidth)],
    ['llama.attention.head_count', number(heads)],
    ['llama.attention.head_count_kv', number(keyValueHeads)],
    ['llama.attention.layer_norm_rms_epsilon', { type: 'float32', value: 1e-5 }],
    ['llama.vocab_size', number(shape.vocabulary)],
    ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
    ['tokenizer.ggml.tokens', { type: 'strings', value: vocabulary.tokens }],
    ['tokenizer.ggml.scores', { type: 'float32s', value: vocabulary.scores }],
    ['tokenizer.ggml.token_type', { type: 'int32s', value: vocabulary.kinds }],
    ['tokenizer.ggml.bos_token_id', number(vocabulary.beginId)],
    ['tokenizer.ggml.eos_token_id', number(vocabulary.endId)],
    ['tokenizer.ggml.unknown_token_id', number(0)],
    ['tokenizer.ggml.add_bos_token', { type: 'bool', value: true }],
    ['tokenizer.ggml.add_eos_token', { type: 'bool', value: false }],
  ])
  return ggufFile(metadata, tensors)
}

/** Uniform with this standard deviation: quicker than a normal distribution, and as good for weights that mean nothing. */
function uniform(stream: RandomStream, count: number, deviation: number): Float32Array {
  const values = new Float32Array(count)
  const scale = (2 * Math.sqrt(3) * deviation) / 2 ** 32
  for (let index = 0; index < count; index++) values[index] = (stream.bits() - 2 ** 31) * scale
  return values
}

/** A matrix that adds nothing to the first number. */
function sparing(tensor: GgufTensor): GgufTensor {
  tensor.values.fill(0, 0, tensor.dimensions[0]!)
  return tensor
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { seed: { type: 'string', default: '1' } },
    allowPositionals: true,
  })
  const [path] = positionals
  if (path === undefined) {
    console.error('name the file: node scripts/tiny-model.ts FILE.gguf [--seed 1]')
    process.exit(2)
  }
  const bytes = tinyModel(values.seed)
  writeFileSync(path, bytes)
  console.log(`${path}: ${(bytes.length / 1e6).toFixed(1)} MB`)
}
