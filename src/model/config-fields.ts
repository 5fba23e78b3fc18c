/**
 * Typed access to the fields of a config section. Every fault names the field; every field that is read is remembered,
 * so that fields nobody understood can be refused (see unknown-structure.ts).
 */
import { TokenwrightError } from '../core/errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './lenient-json.ts'

/** Largest value a field may sensibly have; beyond it the file is taken to be wrong. */
const maximumCount = 2 ** 31

const ownFile =
  'the config.json of the checkpoint itself has it, beside its .safetensors files (Hugging Face: "Files and versions"); ' +
  'take that file complete and unchanged'

const unknownKindFix =
  'a structure that is not known is refused and not guessed: take a model that tokenwright catalog models lists, ' +
  'or open an issue with this file'

/** How common fields look, in the words of the error's advice. */
const expectedFields: Readonly<Record<string, string>> = {
  architectures: 'a list with the name of the class, e.g. ["LlamaForCausalLM"]',
  model_type: 'the name of the kind of model, e.g. "llama"',
  hidden_size: 'the width of the model, a whole number, e.g. 4096',
  num_hidden_layers: 'the number of layers, a whole number, e.g. 32',
  num_attention_heads: 'the number of query heads, a whole number that divides hidden_size, e.g. 32',
  num_key_value_heads: 'the number of KV heads, a whole number that divides num_attention_heads, e.g. 8',
  head_dim: 'the width of one attention head, a whole number, e.g. 128',
  intermediate_size: 'the width of the feed-forward layer, a whole number, e.g. 14336',
  vocab_size: 'the number of token ids, a whole number, e.g. 128256',
  max_position_embeddings: 'the longest context in tokens, a whole number, e.g. 131072',
  torch_dtype: 'the number format of the weights, e.g. "bfloat16"',
  tie_word_embeddings: 'true or false: whether input and output embedding are one matrix',
  num_experts_per_tok: 'the number of experts that one token uses, a whole number, e.g. 8',
  moe_intermediate_size: 'the width of one expert, a whole number, e.g. 2048',
  layer_types: 'a list with one word per layer, e.g. "full_attention"',
  quantization_config: 'an object with quant_method, as the tool that quantised the checkpoint wrote it',
}

function fixOf(name: string): string {
  const expected = expectedFields[name]
  return expected === undefined ? ownFile : `expected is ${expected}; ${ownFile}`
}

export class ConfigFields {
  readonly #object: JsonObject
  readonly #path: string
  readonly #where: string
  readonly #defaults: Readonly<Record<string, JsonValue>>
  readonly #read: Set<string>

  /** `path` is the dotted name of this section; `defaults` are values of the class for absent fields. */
  constructor(
    object: JsonObject,
    path: string,
    where: string,
    defaults: Readonly<Record<string, JsonValue>> = {},
    read = new Set<string>(),
  ) {
    this.#object = object
    this.#path = path
    this.#where = where
    this.#defaults = defaults
    this.#read = read
  }

  /** The same section (and the same memory of what was read) with class defaults behind it. */
  withDefaults(defaults: Readonly<Record<string, JsonValue>>): ConfigFields {
    return new ConfigFields(this.#object, this.#path, this.#where, defaults, this.#read)
  }

  /** The file is at fault: the field is missing, of a wrong type, or contradicts others. */
  fail(name: string, problem: string, fix = fixOf(name)): never {
    const field = this.#path + name
    throw new TokenwrightError('model-config', `${field}: ${problem}`, {
      where: `${this.#where}, field ${field}`,
      fix,
    })
  }

  /** The file may well be right, but it describes what nobody has taught us. */
  refuse(name: string, problem: string, fix = unknownKindFix): never {
    this.fail(name, problem, fix)
  }

  /** Value of the first of these names that is present and not null. */
  raw(...names: readonly string[]): JsonValue | undefined {
    for (const name of names) this.#read.add(name)
    for (const name of names) {
      const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
      if (value !== undefined && value !== null) return value
    }
    // An explicit null means "none", not "as the class has it".
    if (names.some(name => Object.hasOwn(this.#object, name))) return undefined
    for (const name of names) {
      const value = Object.hasOwn(this.#defaults, name) ? this.#defaults[name] : undefined
      if (value !== undefined && value !== null) return value
    }
    return undefined
  }

  has(...names: readonly string[]): boolean {
    return this.raw(...names) !== undefined
  }

  /** Required whole number of at least 1. */
  count(...names: readonly string[]): number {
    return this.optionalCount(...names) ?? this.#missing(names)
  }

  /** Whole number of at least 1, or null when absent. */
  optionalCount(...names: readonly string[]): number | null {
    const value = this.optionalWhole(...names)
    if (value === 0) this.fail(this.#present(names), 'is 0, must be a positive whole number')
    return value
  }

  /** Whole number of at least 0, or null when absent. */
  optionalWhole(...names: readonly string[]): number | null {
    const value = this.raw(...names)
    if (value === undefined) return null
    const name = this.#present(names)
    if (typeof value !== 'number') this.fail(name, `is ${describe(value)}, must be a whole number`)
    return this.#checkWhole(value, name)
  }

  /** Finite number of at least 0, or null when absent. */
  optionalNumber(...names: readonly string[]): number | null {
    const value = this.raw(...names)
    if (value === undefined) return null
    const name = this.#present(names)
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > maximumCount) {
      this.fail(name, `is ${describe(value)}, must be a number of at least 0`)
    }
    return value
  }

  optionalBoolean(...names: readonly string[]): boolean | null {
    const value = this.raw(...names)
    if (value === undefined) return null
    if (typeof value !== 'boolean') {
      this.fail(this.#present(names), `is ${describe(value)}, must be true or false`)
    }
    return value
  }

  boolean(name: string, otherwise: boolean): boolean {
    return this.optionalBoolean(name) ?? otherwise
  }

  optionalString(...names: readonly string[]): string | null {
    const value = this.raw(...names)
    if (value === undefined) return null
    if (typeof value !== 'string') this.fail(this.#present(names), `is ${describe(value)}, must be a string`)
    return value
  }

  optionalList(...names: readonly string[]): readonly JsonValue[] | null {
    const value = this.raw(...names)
    if (value === undefined) return null
    if (!Array.isArray(value)) this.fail(this.#present(names), `is ${describe(value)}, must be a list`)
    return value as readonly JsonValue[]
  }

  /** List with exactly one entry per layer (or a prefix of it when `atLeast`), or null when absent. */
  perLayerList(layers: number, name: string, atLeast = false): readonly JsonValue[] | null {
    const list = this.optionalList(name)
    if (list === null) return null
    if (list.length !== layers && !(atLeast && list.length > layers)) {
      this.fail(name, `has ${list.length} entries for ${layers} layers`)
    }
    return list.slice(0, layers)
  }

  /** List of words from a closed set, one per layer, or null when absent. */
  perLayerWords<Word extends string>(
    layers: number,
    name: string,
    allowed: readonly Word[],
    atLeast = false,
  ): readonly Word[] | null {
    const list = this.perLayerList(layers, name, atLeast)
    if (list === null) return null
    return list.map((entry, index) => {
      const word = allowed.find(candidate => candidate === entry)
      if (word === undefined) {
        this.refuse(name, `entry ${index} is ${describe(entry)}; known here: ${allowed.join(', ')}`)
      }
      return word
    })
  }

  perLayerWholes(layers: number, name: string, atLeast = false): readonly number[] | null {
    const list = this.perLayerList(layers, name, atLeast)
    if (list === null) return null
    return list.map((entry, index) => {
      if (typeof entry === 'boolean') return entry ? 1 : 0
      if (typeof entry !== 'number') {
        this.fail(name, `entry ${index} is ${describe(entry)}, must be a whole number`)
      }
      return this.#checkWhole(entry, `${name}[${index}]`)
    })
  }

  /** A count that some configs give once and others once per layer. */
  perLayerCount(layers: number, ...names: readonly string[]): readonly number[] | null {
    const value = this.raw(...names)
    if (value === undefined) return null
    const name = this.#present(names)
    if (Array.isArray(value)) return this.perLayerWholes(layers, name, true)
    return new Array<number>(layers).fill(this.count(name))
  }

  section(name: string): ConfigFields | null {
    const value = this.raw(name)
    if (value === undefined) return null
    if (!isJsonObject(value)) this.fail(name, `is ${describe(value)}, must be an object`)
    return new ConfigFields(value, `${this.#path}${name}.`, this.#where)
  }

  /** The entry of a list as a section. */
  entrySection(name: string, index: number, value: JsonValue): ConfigFields {
    if (!isJsonObject(value)) this.fail(`${name}[${index}]`, `is ${describe(value)}, must be an object`)
    return new ConfigFields(value, `${this.#path}${name}[${index}].`, this.#where)
  }

  /** Fields present with a value that nobody has read. */
  unread(): readonly (readonly [string, JsonValue])[] {
    return Object.entries(this.#object).filter(([name]) => !this.#read.has(name))
  }

  #missing(names: readonly string[]): never {
    const name = names[0] ?? ''
    const others = names.slice(1)
    this.fail(name, others.length === 0 ? 'is missing' : `is missing (nor is there ${others.join(' or ')})`)
  }

  #present(names: readonly string[]): string {
    return (
      names.find(name => this.#object[name] !== undefined && this.#object[name] !== null) ?? names[0] ?? ''
    )
  }

  #checkWhole(value: number, name: string): number {
    if (!Number.isInteger(value)) this.fail(name, `is ${value}, must be a whole number`)
    if (value < 0) this.fail(name, `is ${value}, must not be negative`)
    if (value > maximumCount) this.fail(name, `is ${value}, larger than any model has`)
    return value
  }
}

export function describe(value: JsonValue): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isJsonObject(value)) return 'an object'
  if (typeof value === 'number') return String(value)
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
