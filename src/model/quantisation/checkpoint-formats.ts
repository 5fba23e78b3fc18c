/** Number formats of a checkpoint as shipped: dtype, quantization_config and hf_quant_config.json together. */
import type { NumberFormat, WeightFormats } from '../architecture.ts'
import { ConfigFields } from '../config-fields.ts'
import { isJsonObject, parseLenientJson } from '../lenient-json.ts'
import { coverage, type ModuleMatcher, moduleMatcher, type Part } from './ignored-modules.ts'
import { readQuantisation } from './quantisation-section.ts'

/** What a quantisation section says, whatever its dialect. */
export interface Quantisation {
  /** Format of the linear layers it covers. */
  readonly linear: NumberFormat
  /** Format by part where the section states it directly. */
  readonly parts: Partial<Record<Part, NumberFormat>>
  /** Modules left in the base format. */
  readonly ignored: readonly string[]
  readonly keyValue: NumberFormat | null
}

export interface CheckpointFormats {
  readonly weights: WeightFormats
  readonly keyValue: NumberFormat | null
}

const dtypes: Readonly<Record<string, NumberFormat>> = {
  bfloat16: 'bf16',
  float16: 'bf16',
  half: 'bf16',
  auto: 'bf16',
  float32: 'fp32',
  float8_e4m3fn: 'fp8',
}

export function readCheckpointFormats(
  text: ConfigFields,
  root: ConfigFields,
  layers: number,
  quantConfigText: string | undefined,
  where: string,
): CheckpointFormats {
  const base = readDtype(text) ?? readDtype(root) ?? 'bf16'
  const quantisation = findQuantisation(text, root, quantConfigText, where)
  const expertFormat = text.optionalString('expert_dtype')
  if (quantisation === null) return { weights: uniform(base), keyValue: null }
  const matchers = quantisation.ignored.map(entry => moduleMatcher(entry, where))
  const formatOf = (part: Part) => partFormat(quantisation, matchers, part, layers, base)
  const weights: WeightFormats = {
    attention: formatOf('attention'),
    denseFeedForward: formatOf('denseFeedForward'),
    routedExperts: expertFormat === null ? formatOf('routedExperts') : expertDtype(text, expertFormat),
    sharedExperts: formatOf('sharedExperts'),
    // Embedding and head stay in the base format in every published quantised checkpoint we know.
    embedding: base,
    head: base,
  }
  return { weights, keyValue: quantisation.keyValue }
}

/** Parts that most layers leave out are in the base format. */
function partFormat(
  quantisation: Quantisation,
  matchers: readonly ModuleMatcher[],
  part: Part,
  layers: number,
  base: NumberFormat,
): NumberFormat {
  const direct = quantisation.parts[part]
  if (direct !== undefined) return direct
  return coverage(matchers, part, layers) > 0.5 ? base : quantisation.linear
}

/** DeepSeek V4: expert_dtype fp4 = e2m1 with one e8m0 scale per 32 elements, which is MXFP4. */
function expertDtype(text: ConfigFields, name: string): NumberFormat {
  if (name === 'fp4') return 'mxfp4'
  if (name === 'fp8') return 'fp8-block'
  return dtypes[name] ?? text.refuse('expert_dtype', `is "${name}"; known are fp4, fp8 and bfloat16`)
}

function uniform(format: NumberFormat): WeightFormats {
  return {
    attention: format,
    denseFeedForward: format,
    routedExperts: format,
    sharedExperts: format,
    embedding: format,
    head: format,
  }
}

/** float16 counts as the 16-bit format; absent means 16 bit too, as every engine loads it. */
function readDtype(fields: ConfigFields): NumberFormat | null {
  const field = fields.has('dtype') ? 'dtype' : 'torch_dtype'
  const name = fields.optionalString(field)
  if (name === null) return null
  const format = dtypes[name.replace('torch.', '')]
  return format ?? fields.refuse(field, `is "${name}"; known are ${Object.keys(dtypes).join(', ')}`)
}

function findQuantisation(
  text: ConfigFields,
  root: ConfigFields,
  quantConfigText: string | undefined,
  where: string,
): Quantisation | null {
  const section =
    root.section('quantization_config') ??
    text.section('quantization_config') ??
    root.section('compression_config')
  if (section !== null && section.unread().length > 0) return readQuantisation(section)
  if (quantConfigText === undefined) return null
  const file = `hf_quant_config.json beside ${where}`
  const parsed = parseLenientJson(quantConfigText, file)
  const fields = new ConfigFields(isJsonObject(parsed) ? parsed : {}, '', file)
  const quantisation = fields.section('quantization')
  return quantisation === null ? fields.fail('quantization', 'is missing') : readQuantisation(quantisation)
}
