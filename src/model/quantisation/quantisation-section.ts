/** Dialects of quantization_config: fp8 (DeepSeek), mxfp4, compressed-tensors, ModelOpt, GPTQ, AWQ, Quark and others. */
import type { NumberFormat } from '../architecture.ts'
import type { ConfigFields } from '../config-fields.ts'
import type { Quantisation } from './checkpoint-formats.ts'
import { moduleMatcher, type Part, partModules } from './ignored-modules.ts'

const ignoreNames = [
  'ignore',
  'modules_to_not_convert',
  'exclude_modules',
  'ignored_layers',
  'exclude',
] as const

export function readQuantisation(fields: ConfigFields): Quantisation {
  const method = fields.optionalString('quant_method')
  const algorithm = fields.optionalString('quant_algo')
  const ignored = readIgnored(fields)
  const base = { parts: {}, ignored, keyValue: readKeyValue(fields) }
  if (algorithm !== null) return readModelOpt(fields, algorithm, base)
  switch (method) {
    case 'fp8':
    case 'fbgemm_fp8':
      return { ...base, linear: fields.has('weight_block_size') ? 'fp8-block' : 'fp8' }
    case 'mxfp4':
      // Only experts are packed (transformers Mxfp4Config).
      return { ...base, linear: 'bf16', parts: { routedExperts: 'mxfp4' } }
    case 'compressed-tensors':
    case 'modelopt':
    case null:
      return readGroups(fields, base)
    case 'gptq':
    case 'awq':
    case 'auto-round':
    case 'auto_round':
    case 'intel/auto-round':
      return { ...base, linear: integerFormat(fields, fields.count('bits', 'w_bit')) }
    case 'bitsandbytes':
      return { ...base, linear: fields.boolean('load_in_4bit', false) ? 'int4' : 'int8' }
    case 'quark':
      return readQuark(fields, base)
    default:
      return fields.refuse('quant_method', `is "${method}", which is not understood`)
  }
}

function readIgnored(fields: ConfigFields): readonly string[] {
  const list = fields.optionalList(...ignoreNames) ?? []
  return list.map(entry =>
    typeof entry === 'string' ? entry : fields.fail('ignore', 'must list module names as strings'),
  )
}

const algorithms: Readonly<Record<string, NumberFormat>> = {
  FP8: 'fp8',
  FP8_PER_CHANNEL_PER_TOKEN: 'fp8',
  FP8_PB_WO: 'fp8-block',
  FP8_PB_REAL: 'fp8-block',
  FP8_BLOCK_SCALES: 'fp8-block',
  NVFP4: 'nvfp4',
  NVFP4_AWQ: 'nvfp4',
  NVFP4_SVDQUANT: 'nvfp4',
  W4A8_NVFP4_FP8: 'nvfp4',
  MXFP4: 'mxfp4',
  W4A8_MXFP4_FP8: 'mxfp4',
  W4A16_MXFP4: 'mxfp4',
  W4A16: 'int4',
  W4A16_AWQ: 'int4',
  W4A8_AWQ: 'int4',
  W8A16: 'int8',
  W8A8_SQ_PER_CHANNEL: 'int8',
  INT8: 'int8',
}

function algorithmFormat(fields: ConfigFields, name: string): NumberFormat {
  return algorithms[name] ?? fields.refuse('quant_algo', `is "${name}", which is not understood`)
}

/** NVIDIA ModelOpt; MIXED_PRECISION lists an algorithm per module under quantized_layers, all else is left alone. */
function readModelOpt(
  fields: ConfigFields,
  algorithm: string,
  base: Omit<Quantisation, 'linear'>,
): Quantisation {
  if (algorithm !== 'MIXED_PRECISION') return { ...base, linear: algorithmFormat(fields, algorithm) }
  const modules = fields.section('quantized_layers') ?? fields.fail('quantized_layers', 'is missing')
  const parts: Partial<Record<Part, NumberFormat>> = {}
  for (const [name] of modules.unread()) {
    const entry = modules.section(name)
    const format = algorithmFormat(fields, entry?.optionalString('quant_algo') ?? 'none')
    for (const part of Object.keys(partModules) as Part[]) {
      if (partModules[part].flat().some(module => name.endsWith(`.${module}`))) parts[part] ??= format
    }
  }
  return { ...base, linear: 'bf16', parts }
}

/** compressed-tensors config_groups; the group for "Linear" covers what no other group names. */
function readGroups(fields: ConfigFields, base: Omit<Quantisation, 'linear'>): Quantisation {
  const groups = fields.section('config_groups') ?? fields.fail('config_groups', 'is missing')
  const common = fields.optionalString('format')
  const parts: Partial<Record<Part, NumberFormat>> = {}
  let linear: NumberFormat | null = null
  for (const [name] of groups.unread()) {
    const group = groups.section(name)
    if (group === null) continue
    const format = groupFormat(group, group.optionalString('format') ?? common)
    const targets = (group.optionalList('targets') ?? ['Linear']).filter(entry => typeof entry === 'string')
    if (targets.includes('Linear')) linear = format
    const matchers = targets.filter(entry => entry !== 'Linear').map(entry => moduleMatcher(entry, name))
    for (const part of Object.keys(partModules) as Part[]) {
      const covered = partModules[part].flat().some(module => {
        return matchers.some(matches => matches(`model.layers.1.${module}`))
      })
      if (covered) parts[part] ??= format
    }
  }
  if (linear === null && Object.keys(parts).length === 0)
    fields.fail('config_groups', 'covers no linear layer')
  return { ...base, linear: linear ?? 'bf16', parts }
}

function groupFormat(group: ConfigFields, format: string | null): NumberFormat {
  const weights = group.section('weights')
  if (weights === null) return 'bf16'
  const bits = weights.count('num_bits')
  const size = weights.optionalWhole('group_size')
  if (weights.optionalString('type') === 'int') return integerFormat(weights, bits)
  if (bits === 8) return weights.has('block_structure') ? 'fp8-block' : 'fp8'
  if (bits !== 4) weights.fail('num_bits', `is ${bits}; floats have 4 or 8`)
  return format?.startsWith('mxfp4') === true || size === 32 ? 'mxfp4' : 'nvfp4'
}

/** AMD Quark: global_quant_config.weight gives dtype and group size (a list when quantised in two stages). */
function readQuark(fields: ConfigFields, base: Omit<Quantisation, 'linear'>): Quantisation {
  const section = fields.section('global_quant_config') ?? fields.fail('global_quant_config', 'is missing')
  const list = section.raw('weight')
  const weight = Array.isArray(list)
    ? section.entrySection('weight', 0, list[0] ?? null)
    : section.section('weight')
  if (weight === null) return section.fail('weight', 'is missing')
  const dtype = weight.optionalString('dtype') ?? ''
  if (dtype.startsWith('fp8')) return { ...base, linear: 'fp8' }
  if (dtype === 'fp4') return { ...base, linear: 'mxfp4' }
  if (dtype.endsWith('int4')) return { ...base, linear: 'int4' }
  if (dtype.endsWith('int8')) return { ...base, linear: 'int8' }
  return weight.refuse('dtype', `is "${dtype}", which is not understood`)
}

function integerFormat(fields: ConfigFields, bits: number): NumberFormat {
  if (bits === 8) return 'int8'
  if (bits === 4) return 'int4'
  return fields.refuse('bits', `is ${bits}; known are 4 and 8`)
}

/** KV-cache format: ModelOpt's kv_cache_quant_algo, compressed-tensors' kv_cache_scheme, Quark's kv_cache_quant_config. */
function readKeyValue(fields: ConfigFields): NumberFormat | null {
  const name = fields.optionalString('kv_cache_quant_algo')
  if (name !== null) {
    if (name === 'FP8') return 'fp8'
    if (name === 'INT8') return 'int8'
    if (name === 'NVFP4') return 'nvfp4'
    return fields.refuse('kv_cache_quant_algo', `is "${name}"; known are FP8, INT8 and NVFP4`)
  }
  const scheme = fields.section('kv_cache_scheme')
  if (scheme === null) return null
  const bits = scheme.count('num_bits')
  if (scheme.optionalString('type') === 'int') return integerFormat(scheme, bits)
  if (bits === 8) return 'fp8'
  if (bits === 4) return 'nvfp4'
  return scheme.refuse('num_bits', `is ${bits}; known are 4 and 8`)
}
