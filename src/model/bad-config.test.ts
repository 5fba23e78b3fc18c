import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenwrightError } from '../core/errors.ts'
import type { JsonValue } from './lenient-json.ts'
import { parseModelConfig } from './parse-model-config.ts'
import { shippedConfigText, shippedModels } from './shipped-models-file.ts'

type Config = Record<string, unknown>

const llama = (): Config => JSON.parse(shippedConfigText('meta-llama/Llama-3.1-8B'))

function refusal(config: Config | string): TokenwrightError {
  try {
    parseModelConfig(typeof config === 'string' ? config : JSON.stringify(config))
  } catch (error) {
    expect(error).toBeInstanceOf(TokenwrightError)
    const refused = error as TokenwrightError
    expect(refused.code).toBe('model-config')
    expect(refused.where).toBeTruthy()
    expect(refused.fix).toBeTruthy()
    return refused
  }
  throw new Error('was not refused')
}

describe('text that is no config', () => {
  it('says where JSON is cut off', () => {
    const text = shippedConfigText('meta-llama/Llama-3.1-8B')
    const message = refusal(text.slice(0, 300)).message
    expect(message).toMatch(/line \d+ column \d+/)
    expect(refusal('{"a": 1').message).toBe('the text ends before "}": truncated JSON at line 1 column 8')
  })

  it.each([
    ['', /truncated/],
    ['[]', /must be a JSON object/],
    ['"llama"', /must be a JSON object/],
    ['{} {}', /unexpected text after the end/],
    ['{"a": 1, "a": 2}', /stands twice/],
    ['{\0"a": 1}', /not UTF-8/],
    ['\uFFFD\uFFFD{', /not UTF-8/],
    ['version https://git-lfs.github.com/spec/v1', /Git LFS pointer/],
    [`${'['.repeat(5000)}`, /nested deeper/],
    ['{"a": "\\x"}', /invalid escape/],
  ])('%j', (text, pattern) => {
    expect(refusal(text).message).toMatch(pattern)
  })

  it('accepts Infinity and NaN as numbers, but not as sizes', () => {
    const text = JSON.stringify(llama())
    const withInfinity = text.replace('"rope_theta":500000', '"rope_theta":Infinity,"x_loss":NaN')
    expect(parseModelConfig(withInfinity).layers).toBe(32)
    expect(refusal(text.replace('"hidden_size":4096', '"hidden_size":Infinity')).message).toMatch(
      /^hidden_size: is Infinity/,
    )
  })

  it('leaves Infinity inside strings alone', () => {
    const config = { ...llama(), _name_or_path: 'To Infinity and NaN' }
    expect(parseModelConfig(JSON.stringify(config)).layers).toBe(32)
  })
})

describe('fields that are wrong', () => {
  it.each([
    ['hidden_size', -4096, /must not be negative/],
    ['hidden_size', 0, /is 0/],
    ['hidden_size', 4096.5, /whole number/],
    ['hidden_size', '4096', /whole number/],
    ['hidden_size', 4e15, /larger than any model/],
    ['hidden_size', undefined, /missing/],
    ['num_hidden_layers', undefined, /missing/],
    ['num_hidden_layers', 100_000, /more than 2000 layers/],
    ['num_attention_heads', undefined, /missing/],
    ['num_attention_heads', 33, /does not divide/],
    ['num_key_value_heads', 7, /does not divide/],
    ['intermediate_size', null, /missing/],
    ['vocab_size', undefined, /missing/],
    ['max_position_embeddings', undefined, /missing/],
    ['mlp_bias', 'yes', /true or false/],
    ['torch_dtype', 'float7', /float7/],
    ['layer_types', ['full_attention'], /1 entries for 32 layers/],
    ['layer_types', new Array(32).fill('quantum_attention'), /quantum_attention/],
    ['quantization_config', { quant_method: 'magic' }, /magic/],
    ['quantization_config', { quant_method: 'gptq', bits: 3 }, /is 3/],
    ['kv_lora_rank', 512, /not understood/],
    ['ssm_state_size', 128, /not understood/],
    ['attention_type', 'retention', /not understood/],
    ['attn_type_list', new Array(32).fill(0), /other than 1/],
    ['num_kv_shared_layers', 8, /share KV/],
    ['is_encoder_decoder', true, /encoder-decoder/],
    ['architectures', 'LlamaForCausalLM', /list/],
    ['text_config', 'none', /must be an object/],
  ])('%s = %j', (name, value, pattern) => {
    const config = llama()
    config.head_dim = undefined
    config[name] = value
    const refused = refusal(config)
    expect(refused.message).toMatch(pattern)
    expect(refused.message).toContain(name.split('.')[0])
  })

  it('names the section of a nested field', () => {
    const config = JSON.parse(shippedConfigText('Qwen/Qwen3.5-27B')) as { text_config: Config }
    config.text_config.linear_num_value_heads = 7
    expect(refusal(config).message).toMatch(/^text_config\.linear_num_value_heads: is 7/)
  })

  it('refuses more experts per token than experts', () => {
    const config = JSON.parse(shippedConfigText('mistralai/Mixtral-8x7B-v0.1')) as Config
    expect(refusal({ ...config, num_experts_per_tok: 9 }).message).toMatch(/num_experts_per_tok/)
  })

  it('refuses an unknown letter in a block pattern', () => {
    const text = shippedConfigText('nvidia/Nemotron-H-56B-Base-8K').replace('M-M-M-M*', 'M-M-M-Q*')
    expect(refusal(text).message).toMatch(/hybrid_override_pattern: has letter "Q"/)
  })
})

describe('advice', () => {
  it('says what a field looks like and where it comes from', () => {
    expect(refusal('{}').fix).toMatch(
      /expected is .*\["LlamaForCausalLM"\]; .*beside its \.safetensors files/,
    )
    expect(refusal({ ...llama(), hidden_size: '4096' }).fix).toMatch(/expected is the width .*e\.g\. 4096/)
    expect(refusal({ ...llama(), vocab_size: undefined }).fix).toMatch(/expected is the number of token ids/)
    expect(refusal({ ...llama(), mlp_bias: 'yes' }).fix).toMatch(/^the config\.json of the checkpoint itself/)
  })

  it('does not send for another file where the structure is not known', () => {
    expect(refusal({ ...llama(), kv_lora_rank: 512 }).fix).toMatch(/catalog models .*open an issue/)
  })
})

describe('unknown classes', () => {
  const unknown = (extra: Config = {}): Config => ({
    ...llama(),
    architectures: ['NovelForCausalLM'],
    model_type: 'novel',
    ...extra,
  })

  it('pass as plain decoders', () => {
    const architecture = parseModelConfig(JSON.stringify(unknown()))
    expect(architecture.parameters.total).toBe(8_030_261_248)
    expect(architecture.className).toBe('NovelForCausalLM')
  })

  it.each([
    ['sliding_window', 4096],
    ['cross_attention_layers', [3, 8]],
    ['num_memory_heads', 4],
    ['use_novelty', true],
    ['use_mla', true],
    ['ffn_style', 'swish'],
    ['index_topk', 2048],
    ['layer_types', new Array(32).fill('linear_attention')],
    ['tie_word_embeddings', undefined],
  ])('are refused with %s', (name, value) => {
    expect(refusal(unknown({ [name]: value })).message).toContain(name)
  })

  it('need some name', () => {
    expect(refusal(unknown({ architectures: undefined, model_type: undefined })).message).toMatch(
      /architectures/,
    )
  })
})

/** A value of each JSON kind to put in place of a field. */
const anyValue: fc.Arbitrary<JsonValue | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -10, max: 100_000 }),
  fc.double(),
  fc.string(),
  fc.array(fc.oneof(fc.integer(), fc.string()), { maxLength: 5 }),
  fc.constant({}),
)

describe('mutated configs', () => {
  const texts = shippedModels.map(model => shippedConfigText(model.id))

  it('are read or refused, never anything else', () => {
    const mutation = fc.record({
      text: fc.constantFrom(...texts),
      pick: fc.nat(1000),
      value: anyValue,
      inner: fc.boolean(),
    })
    fc.assert(
      fc.property(mutation, ({ text, pick, value, inner }) => {
        const config = JSON.parse(text.replaceAll('Infinity', '1e9')) as Config
        const target = inner && 'text_config' in config ? (config.text_config as Config) : config
        const names = Object.keys(target)
        target[names[pick % names.length] ?? ''] = value
        expectReadOrRefused(JSON.stringify(config))
      }),
      { numRuns: 1500 },
    )
  })

  it('cut anywhere are refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.double({ min: 0, max: 1, noNaN: true }), (text, share) => {
        const body = text.trimEnd()
        const cut = body.slice(0, Math.floor(share * (body.length - 1)))
        expect(() => parseModelConfig(cut)).toThrow(TokenwrightError)
      }),
    )
  })
})

function expectReadOrRefused(text: string): void {
  try {
    const { parameters, layers } = parseModelConfig(text)
    expect(Number.isFinite(parameters.total) && parameters.total > 0).toBe(true)
    expect(layers).toBeGreaterThan(0)
  } catch (error) {
    expect(error).toBeInstanceOf(TokenwrightError)
  }
}
